import numpy as np
import pytest

from myna.core.audio import Audio
from myna.core.errors import BadReference
from myna.core.voice import Voice
from myna.studio.reference_check import check_reference

OTHER_WORDS = (
    "Printing, in the only sense with which we are at present concerned, differs from most if not "
    "from all the arts and crafts represented in the exhibition."
)


def with_noise(audio: Audio, level: float) -> Audio:
    noise = np.random.default_rng(1).normal(0, level, len(audio.samples)).astype(np.float32)
    return Audio(audio.samples + noise, audio.sample_rate)


def check(audio: Audio, voice: Voice) -> tuple[str, ...]:
    return check_reference(audio, voice.transcript, voice.language)


def test_a_good_recording_has_nothing_said_against_it(sample: Voice):
    assert check(sample.reference, sample) == ()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda a: a.between(0.0, 0.5), "too short"),
        (lambda a: Audio(a.samples[:0], a.sample_rate), "too short"),
        (lambda a: Audio.silence(5.0, a.sample_rate), "silent"),
        (lambda a: Audio.join([a.between(0, 0.4), Audio.silence(5, a.sample_rate)]), "only 0"),
        (lambda a: Audio(np.clip(a.samples * 40, -1, 1), a.sample_rate), "clipped"),
        (lambda a: with_noise(a, 0.3), "noisy"),
    ],
)
def test_a_recording_beyond_use_is_refused_with_what_to_do(sample: Voice, spoil, reason: str):
    with pytest.raises(BadReference, match=reason) as refused:
        check(spoil(sample.reference), sample)
    assert "ecord" in str(refused.value)


def test_words_that_are_not_said_are_refused_or_doubted(sample: Voice):
    try:
        remarks = check_reference(sample.reference, OTHER_WORDS, "en")
    except BadReference as refused:
        remarks = (str(refused),)
    assert any("misfit" in remark or "does not fit" in remark for remark in remarks)


def test_a_transcript_impossible_in_the_time_is_refused(sample: Voice):
    with pytest.raises(BadReference, match="does not fit"):
        check_reference(sample.reference.between(0, 2), sample.transcript * 5, "en")


@pytest.mark.parametrize(
    ("spoil", "remark"),
    [
        (lambda a: with_noise(a, 0.05), "noisy"),
        (lambda a: Audio(a.samples * 0.01, a.sample_rate), "quiet"),
        (lambda a: Audio(np.clip(a.samples * 2, -1, 1), a.sample_rate), "clipped in places"),
    ],
)
def test_what_would_be_better_is_remarked(sample: Voice, spoil, remark: str):
    assert any(remark in said for said in check(spoil(sample.reference), sample))


def test_a_missing_transcript_is_remarked(sample: Voice):
    (said,) = check_reference(sample.reference, "", "en")
    assert "transcript" in said


def test_little_speech_is_remarked(sample: Voice):
    said = check_reference(sample.reference.between(0, 2.0), "", "en")
    assert any("seconds" in remark or " s of speech" in remark for remark in said)
