"""The espeak-ng shared library: one per process, made when first spoken through."""

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from myna.core.errors import PackageMissing, SynthesisFailed
from myna.espeak.data_folder import DataFolder, telling

SAMPLE_RATE = 22050  # Hz, of every espeak-ng voice

_SYNCHRONOUS = 2
_BUFFER_MILLISECONDS = 1000
_PHONEME_EVENTS_IN_IPA = 0x0001 | 0x0002
_DO_NOT_EXIT = 0x8000
_UTF8 = 1
_END_PAUSE = 0x1000
_PHONEME_MODE_IPA_WITH_BARS = 0x02 | (ord("|") << 8)
_RATE = 1  # espeak-ng's number for the parameter "words a minute"
_EVENT_STRING_BYTES = 8

STEADY_LINES = ("flutter 0", "roughness 0")
"""Without these espeak-ng varies with what it said before: no two renderings would be equal."""


class EventKind(IntEnum):
    """The espeak-ng events we use, by its own numbers."""

    WORD = 1
    END = 5
    PHONEME = 7


@dataclass(frozen=True, slots=True)
class Event:
    """Something that begins at a sample."""

    kind: EventKind
    sample: int
    position: int
    """Offset into the text of the character it belongs to."""
    name: str
    """The IPA of a phoneme; a tone or a pause has none."""


_USED = frozenset(int(kind) for kind in EventKind)


class _Identity(ctypes.Union):
    _fields_ = (
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * _EVENT_STRING_BYTES),
    )


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Library:
    """espeak-ng with a data directory of its own. Not safe for two threads: see `library()`."""

    def __init__(self, path: str, data: str) -> None:
        self._folder = DataFolder(Path(data))
        self._written: set[str] = set()
        self._pieces: list[bytes] = []
        self._events: list[Event] = []
        self._callback = _Callback(self._collect)
        self._native = _load(path)
        self._native.espeak_Terminate()  # a parent process may have opened it: start afresh
        rate = self._native.espeak_Initialize(
            _SYNCHRONOUS,
            _BUFFER_MILLISECONDS,
            os.fsencode(self._folder.path),
            _PHONEME_EVENTS_IN_IPA | _DO_NOT_EXIT,
        )
        if rate != SAMPLE_RATE:
            raise SynthesisFailed(
                f"espeak-ng did not start with the data in {data!r} (answer {rate!r}). "
                "Reinstall it: pip install --force-reinstall espeakng-loader"
            )
        self._native.espeak_SetSynthCallback(self._callback)

    def select(self, voice: str, variant: str, rate: int) -> None:
        """Speak on with a language's voice, changed by the lines of a variant, at a pace."""
        name = self._variant_name(variant)
        if self._native.espeak_SetVoiceByName(f"{voice}+{name}".encode()):
            raise SynthesisFailed(
                f"espeak-ng has no voice {voice!r}: its data are incomplete. "
                "Reinstall it: pip install --force-reinstall espeakng-loader"
            )
        self._native.espeak_SetParameter(_RATE, rate, 0)

    def synthesize(
        self, text: str, *, pause: bool = False
    ) -> tuple[npt.NDArray[np.int16], list[Event]]:
        """Return the samples and events of `text` in the selected voice, and a pause behind it."""
        self._pieces.clear()
        self._events.clear()
        encoded = _encoded(text)
        flags = _UTF8 | _END_PAUSE if pause else _UTF8
        failed = self._native.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, flags, None, None)
        if failed:
            raise SynthesisFailed(
                f"espeak-ng could not say {text!r} (error {failed}). Write it in other words."
            )
        return np.frombuffer(b"".join(self._pieces), np.int16), list(self._events)

    def phonemes(self, text: str) -> list[str]:
        """Return the IPA phonemes of `text` in the selected voice, without timing."""
        buffer = ctypes.create_string_buffer(_encoded(text))
        rest = ctypes.c_void_p(ctypes.addressof(buffer))
        names: list[str] = []
        while rest.value:
            clause = self._native.espeak_TextToPhonemes(
                ctypes.byref(rest), _UTF8, _PHONEME_MODE_IPA_WITH_BARS
            )
            names += clause.decode("utf-8", "ignore").replace(" ", "|").split("|")
        return [name for name in names if name]

    def _variant_name(self, variant: str) -> str:
        name = f"myna{sha256(variant.encode()).hexdigest()[:12]}"
        if name not in self._written:
            lines = ("language variant", f"name {name}", variant, *STEADY_LINES, "")
            with telling():
                (self._folder.variants / name).write_text("\n".join(lines), encoding="utf-8")
            self._written.add(name)
        return name

    def _collect(self, samples, count, events) -> int:  # type: ignore[no-untyped-def]  # ctypes
        if count > 0 and samples:
            self._pieces.append(ctypes.string_at(samples, 2 * count))
        index = 0
        while kind := events[index].type:
            event = events[index]
            index += 1
            if kind in _USED:
                name = _phoneme(event) if kind == EventKind.PHONEME else ""
                position = max(0, event.text_position - 1)
                self._events.append(Event(EventKind(kind), event.sample, position, name))
        return 0


_lock = threading.RLock()
_library: Library | None = None


@contextmanager
def library() -> Iterator[Library]:
    """Hold the process's espeak-ng: one thread at a time.

    Raises `PackageMissing` without the package that brings it.
    """
    with _lock:
        yield _opened()


def _opened() -> Library:
    global _library
    if _library is None:
        try:
            import espeakng_loader
        except ImportError as error:
            raise PackageMissing("Speaking without downloaded weights", "embedded") from error
        _library = Library(espeakng_loader.get_library_path(), espeakng_loader.get_data_path())
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_forget)
    return _library


def _forget() -> None:
    """A forked child opens its own: the parent's data directory may go before the child does."""
    global _library, _lock
    _lock = threading.RLock()
    _library = None


def _encoded(text: str) -> bytes:
    """Encode for C, to which a zero ends the text."""
    return text.replace("\0", " ").encode("utf-8", "replace")


def _load(path: str) -> ctypes.CDLL:
    native = ctypes.CDLL(path)
    native.espeak_TextToPhonemes.restype = ctypes.c_char_p
    native.espeak_Synth.argtypes = (
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.c_void_p,
        ctypes.c_void_p,
    )
    return native


def _phoneme(event: _Event) -> str:
    """Read the name by its address: eight full bytes have no terminating zero."""
    raw = ctypes.string_at(ctypes.addressof(event.id), _EVENT_STRING_BYTES)
    return raw.split(b"\0", 1)[0].decode("utf-8", "ignore")
