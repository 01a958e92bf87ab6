"""A process that speaks through a cache, to be limited, doubled or killed by the tests.

    python -m tests.faults.cache_writer FOLDER MAX_BYTES FIRST COUNT [FILE_LIMIT]

Says COUNT sentences from number FIRST on, without end if COUNT is 0, and writes for each its
number, whether it was replayed, and a digest of the sound.
"""

import hashlib
import itertools
import resource
import sys
from collections.abc import Generator
from pathlib import Path

import numpy as np

from myna.core.audio import Audio
from myna.core.engine import Capabilities
from myna.core.speech import Chunk, Utterance
from myna.core.voice import Voice
from myna.engines.cached import CachedEngine
from myna.storage.results import ResultFolder

SENTENCES = 12


class Noise:
    """Says a number as two seconds of noise of its own. Quick to import, unlike other doubles."""

    name = "noise"
    fingerprint = "noise"
    capabilities = Capabilities(frozenset({"en"}), 16000)

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        samples = np.random.default_rng(int(utterance.text)).uniform(-0.5, 0.5, 32000)
        yield Chunk(Audio(samples.astype(np.float32), 16000), engine=self.name)


def main() -> None:
    folder, max_bytes, first, count, *limit = sys.argv[1:]
    if limit:  # a disk with so much room for one file
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit[0]), resource.RLIM_INFINITY))
    engine = CachedEngine(Noise(), ResultFolder(Path(folder), int(max_bytes)))
    voice = Voice(Audio.silence(1.0, 16000), "x", "en")
    numbers = itertools.count(int(first))
    for number in numbers if count == "0" else itertools.islice(numbers, int(count)):
        turned = number % SENTENCES
        chunks = list(engine.speak(Utterance(str(turned), "en"), voice))
        sound = Audio.join(chunk.audio for chunk in chunks).pcm16()
        digest = hashlib.sha256(sound).hexdigest()
        sys.stdout.write(f"{turned} {chunks[0].cached} {digest}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
