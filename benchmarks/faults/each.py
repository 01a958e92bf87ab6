"""Every fault there is a test of: what a listener hears, how long the silence is, what is lost."""

import itertools
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.scene import ANSWER, SENTENCE, Scene, laid, spread
from myna.core.engine import Engine
from myna.core.speech import Chunk, Utterance
from myna.engines.cached import CachedEngine
from myna.engines.fallback import FallbackEngine
from myna.engines.resuming import ResumingEngine
from myna.storage.results import ResultFolder
from tests.faults.line import Fault, Kind
from tests.unit.engines.remote.scripted import scripted
from tests.unit.engines.remote.test_speaking import certificate, speech

ROOMY, TIGHT = 100_000_000, 2_000_000  # bytes
ROOT = Path(__file__).parents[2]

_turns = itertools.count()


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody heard who played a sentence while it came."""

    first_sound: float
    """Milliseconds from the question to the first chunk."""
    silence: float
    """Milliseconds of the longest silence after that: nothing to play, or a pause after a break."""
    words_lost: int
    engines: tuple[str, ...]


def measure_each(scene: Scene, runs: int) -> None:
    """Print a line for each fault."""
    print(f"each fault, {runs} times: heard from | words lost | first sound | longest silence")
    for name, listen in _FAULTS.items():
        heard = [listen(scene) for _ in range(runs)]
        engines = ", ".join(dict.fromkeys(e for each in heard for e in each.engines))
        print(f"  {name}: {engines} | {sum(each.words_lost for each in heard)}")
        print(f"    first sound:     {spread([each.first_sound for each in heard])}")
        print(f"    longest silence: {spread([each.silence for each in heard])}")


def listened(chunks: Iterable[Chunk], text: str = SENTENCE) -> Heard:
    """Play chunks as they come, on a clock instead of a loudspeaker."""
    asked = time.perf_counter()
    first, plays_until, run, longest = 0.0, 0.0, 0.0, 0.0
    words, engines = [], dict[str, None]()
    for chunk in chunks:
        now = time.perf_counter()
        if not engines:
            first, plays_until = now - asked, now
        run += max(0.0, now - plays_until)
        is_silent = not chunk.audio.samples.any()
        run += chunk.audio.duration if is_silent else 0.0
        longest = max(longest, run)
        if not is_silent:
            run = 0.0
        plays_until = max(plays_until, now) + chunk.audio.duration
        words += [word.text for word in chunk.words]
        engines[chunk.engine] = None
    lost = sum(word not in words for word in text.split())
    return Heard(first * 1000, longest * 1000, lost, tuple(engines))


# ---- the line -----------------------------------------------------------------------------------


def asked(scene: Scene, chain: Engine) -> Heard:
    """Ask a chain for the sentence."""
    return listened(chain.speak(Utterance(SENTENCE, "en"), scene.voice))


def on_line(kind: Kind, after: int, *, is_gone: bool) -> Callable[[Scene], Heard]:
    """Return what listens on a line that breaks once so many bytes have come."""

    def listen(scene: Scene) -> Heard:
        line, chain = laid(scene)
        faults = iter([Fault(after, kind)])
        line.plan = lambda _: next(faults, Fault(0) if is_gone else None)
        heard = asked(scene, chain)
        line.cut()
        return heard

    return listen


def without_a_name(scene: Scene) -> Heard:
    """Ask for a server that no name server knows."""
    return asked(scene, scene.chain(scene.remote_at("http://server.invalid:8000")))


def with_a_wrong_certificate(scene: Scene) -> Heard:
    """Ask a server whose certificate nobody vouches for."""
    with tempfile.TemporaryDirectory() as folder:
        trust, _ = certificate(Path(folder))
        with scripted(speech, trust) as server:
            return asked(scene, scene.chain(scene.remote_at(f"https://127.0.0.1:{server.port}")))


def while_it_comes_and_goes(scene: Scene) -> Heard:
    """Ask again and again while a server comes and goes; tell of the time it is gone."""
    line, chain = laid(scene, cooldown=0.01)
    line.cut()
    gone = asked(scene, chain)
    line.mend()
    asked(scene, chain)
    line.cut()
    return gone


# ---- the cache ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Device:
    """A chain with a cache, the server it speaks through cut off once it has spoken."""

    scene: Scene
    folder: Path
    text: str

    def chain(self, max_bytes: int = ROOMY) -> Engine:
        """Return the embedded engine behind a cache, as wired for a listener."""
        cached = CachedEngine(self.scene.embedded, ResultFolder(self.folder, max_bytes))
        recalls = {cached.name: cached.recall}
        return ResumingEngine(FallbackEngine([cached], recalls=recalls))

    def listen(self, max_bytes: int = ROOMY) -> Heard:
        """Ask for the text, in what may be another process's life."""
        utterance = Utterance(self.text, "en")
        chunks = self.chain(max_bytes).speak(utterance, self.scene.voice)
        return listened(chunks, self.text)

    def file(self) -> Path:
        """Return the cached sentence."""
        (path,) = self.folder.rglob("*.speech")
        return path


@contextmanager
def device(scene: Scene, *, has_spoken: bool = True) -> Iterator[Device]:
    """Yield a device with an empty cache, or one that has said its sentence."""
    with tempfile.TemporaryDirectory() as folder:
        made = Device(scene, Path(folder), f"{SENTENCE} number {next(_turns)}")
        if has_spoken:
            made.listen()
        yield made


def with_a_full_disk(scene: Scene) -> Heard:
    """Ask for something new when no file can be written."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with device(scene, has_spoken=False) as made:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        try:
            return made.listen()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def with_a_file(damage: Callable[[Path], None]) -> Callable[[Scene], Heard]:
    """Return what listens to a sentence whose file in the cache something has happened to."""

    def listen(scene: Scene) -> Heard:
        with device(scene) as made:
            damage(made.file())
            return made.listen()

    return listen


def truncate(path: Path) -> None:
    """Leave half of a file."""
    os.truncate(path, path.stat().st_size // 2)


def alter(path: Path) -> None:
    """Flip one bit."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def put_into_the_future(path: Path) -> None:
    """Let the clock jump back by sixty years."""
    then = time.time() + 60 * 365 * 86400
    os.utime(path, (then, then))


def cut_the_power(path: Path) -> None:
    """Leave what a power cut between write and rename leaves."""
    path.rename(path.with_name(".writing-cut"))


def beside_another_process(scene: Scene) -> Heard:
    """Replay a sentence while another process fills the same small cache."""
    with device(scene) as made:
        command = [sys.executable, "-m", "tests.faults.cache_writer", str(made.folder), str(TIGHT)]
        other = subprocess.Popen([*command, "0", "0"], cwd=ROOT, stdout=subprocess.PIPE)
        with other, suppress(BrokenPipeError):
            assert other.stdout
            other.stdout.readline()  # it writes
            heard = made.listen(TIGHT)
            other.kill()
        return heard


_FAULTS: dict[str, Callable[[Scene], Heard]] = {
    "server killed in mid-sentence": on_line(Kind.CLOSE, ANSWER // 3, is_gone=True),
    "silence in mid-sentence": on_line(Kind.STALL, ANSWER // 3, is_gone=True),
    "silence before the first sound": on_line(Kind.STALL, 0, is_gone=True),
    "one connection reset": on_line(Kind.RESET, ANSWER // 3, is_gone=False),
    "no such name": without_a_name,
    "wrong certificate": with_a_wrong_certificate,
    "server that comes and goes": while_it_comes_and_goes,
    "disk full while caching": with_a_full_disk,
    "cache file truncated": with_a_file(truncate),
    "cache file tampered with": with_a_file(alter),
    "clock jumps": with_a_file(put_into_the_future),
    "power cut between write and rename": with_a_file(cut_the_power),
    "two processes share a cache": beside_another_process,
}
