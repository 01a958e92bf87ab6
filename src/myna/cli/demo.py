"""`myna demo`: hear it work."""

import time
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from myna.cli.terminal import stdout, write_file
from myna.core.errors import StorageError
from myna.core.speech import Chunk, SpeechRequest
from myna.dsp.codec import save_audio
from myna.settings import CacheSettings, Settings
from myna.studio.plot import plot_speech
from myna.studio.studio import Studio, collect
from myna.studio.subtitles import SubtitleFormat, write_subtitles

SENTENCES = {
    "korean": "안녕하세요. 오늘 저녁 7시 30분에 약 두 알을 드실 시간이에요.",
    "english": "Good evening. It is half past seven, and time to take your two tablets.",
}


def demo(
    folder: Annotated[Path, typer.Argument(help="Where to write.")] = Path("demo"),
) -> None:
    """Speak a Korean and an English sentence in the sample voice: audio, picture, subtitles."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"Cannot write to {str(folder)!r}: {error.strerror}. Name another folder."
        ) from error
    settings = Settings(home=folder / ".myna", cache=CacheSettings(enabled=False))
    studio = Studio.open(settings)
    voice = studio.voice("sample")
    warm = SpeechRequest("One.", voice)  # the voice is fitted once, then kept
    fitting = time.perf_counter()
    studio.speak(warm)
    stdout.print(f"voice 'sample' fitted in {time.perf_counter() - fitting:.1f} s")
    for name, text in SENTENCES.items():
        started = time.perf_counter()
        first, heard = 0.0, list[Chunk]()
        with closing(studio.stream(SpeechRequest(text, voice, timestamps=True))) as chunks:
            for chunk in chunks:
                first = first or time.perf_counter() - started
                heard.append(chunk)
        took = time.perf_counter() - started
        speech = collect(heard)
        target = folder / f"{name}.wav"
        save_audio(target, speech.audio)
        plot_speech(speech.audio, speech.words, target.with_suffix(".png"), title=text)
        duration = speech.audio.duration
        subtitles = write_subtitles(speech.words, SubtitleFormat.SRT, duration, text=text)
        write_file(target.with_suffix(".srt"), subtitles)
        stdout.print(f"\n{text}", highlight=False)
        stdout.print(
            f"  {target}, .png, .srt: {speech.audio.duration:.1f} s, engine "
            f"{', '.join(speech.engines)}, real-time factor {took / speech.audio.duration:.2f}, "
            f"first chunk after {first * 1000:.0f} ms"
        )
    stdout.print(
        "\nYour own voice:   myna say 'Any text.' --voice you.wav --transcript 'What you said.' "
        "-o out.wav\nA closer likeness: a neural engine. `myna engines` shows each one and what it "
        "needs.",
        highlight=False,
    )
