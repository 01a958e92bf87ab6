import numpy as np

from myna.core.audio import Audio
from myna.core.voice import Voice
from myna.dsp.resample import resample
from myna.dsp.speaker_change import speaker_changes
from myna.espeak.render import SourceVoice, render
from myna.text.reading import read

TEXT = "The kettle is on and the tea will be ready soon. Somebody else is speaking now, I believe."


def test_one_speaker_is_one_speaker(sample: Voice):
    assert speaker_changes(sample.reference) == []


def test_another_speaker_is_noticed_where_it_begins(sample: Voice):
    first = resample(sample.reference, 16000).between(0, 6)
    second = resample(render(read(TEXT, "en"), SourceVoice()).audio, 16000)
    louder = np.sqrt(np.mean(first.samples**2) / np.mean(second.samples**2))
    both = Audio.join([first, Audio((second.samples * louder).astype(np.float32), 16000)])
    (change,) = speaker_changes(both)
    assert abs(change - 6.0) < 0.8


def test_too_little_speech_says_nothing():
    assert speaker_changes(Audio.silence(1.0, 16000)) == []
