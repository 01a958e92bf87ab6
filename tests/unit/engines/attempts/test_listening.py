"""Sentences that do not say their words are made again."""

import numpy as np

from myna.align.aligner import DOUBTFUL_COST
from myna.core.audio import Audio
from myna.core.speech import SpeechRequest, Utterance
from myna.core.voice import Voice
from myna.engines.attempts.listening import Listener, misfit
from myna.engines.attempts.plausibility import Pace
from myna.engines.embedded.engine import EmbeddedEngine

WRITTEN = "The kettle is on, and tea will be ready in four minutes."
OTHER = "He walked along the river until it was too dark to see."
PACE = Pace(fewest=0.5, typical=2.0, most=8.0, allowance=50, fewest_judged=8)


def said(text: str, sample: Voice) -> Audio:
    chunks = EmbeddedEngine().speak(Utterance(text, "en", SpeechRequest("", "").options), sample)
    return Audio.join(chunk.audio for chunk in chunks)


def test_speech_fits_its_own_words_and_no_others(sample: Voice) -> None:
    audio = said(WRITTEN, sample)
    assert misfit(audio, WRITTEN, "en") < DOUBTFUL_COST < misfit(audio, OTHER, "en")


def test_silence_and_too_many_words_are_hopeless(sample: Voice) -> None:
    silence = Audio(np.zeros(16000, np.float32), 16000)
    assert misfit(silence, WRITTEN, "en") > 2 * DOUBTFUL_COST
    assert misfit(said("Tea.", sample), f"{WRITTEN} {OTHER} " * 4, "en") > 2 * DOUBTFUL_COST


def test_what_says_other_words_is_drawn_again_and_the_best_is_kept(sample: Voice) -> None:
    """Attempts have the right number of tokens; only listening tells them apart."""
    texts = [OTHER, WRITTEN]
    listener = Listener(
        lambda tokens: [said(texts[tokens[0]], sample)],
        lambda sounds: misfit(Audio.join(sounds), WRITTEN, "en"),
    )
    redrawn: list[int] = []

    def draw(number: int) -> list[int]:
        return [number % 2, *range(2, 100)]

    best = PACE.best(draw, 50, 2, lambda: redrawn.append(1), listener)
    assert (best[0], len(redrawn)) == (1, 1)
    assert np.array_equal(listener.sound(best)[0].samples, said(WRITTEN, sample).samples)
    hopeless = PACE.best(lambda _: draw(0), 50, 1, lambda: None, listener)
    assert hopeless == draw(0)
