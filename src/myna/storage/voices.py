"""The voice library: names for voices, who is speaking, and on what permission."""

import json
import zipfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import sqlalchemy as sa

from myna.core.audio import Audio
from myna.core.errors import BadReference, InvalidOption, VoiceExists, VoiceNotFound
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, decode, encode_file
from myna.storage.blobs import BlobStore
from myna.storage.database import lock
from myna.storage.recent import Recent

VOICES_KEPT = 64  # in memory, about a megabyte each
NAME_LENGTH = 200  # characters
ARCHIVE_BYTES = 200_000_000  # an exported voice is never larger

_VOICES = sa.table(
    "voices",
    sa.column("owner"),
    sa.column("name"),
    sa.column("voice_id"),
    sa.column("language"),
    sa.column("transcript"),
    sa.column("speaker"),
    sa.column("consent"),
    sa.column("duration_seconds"),
    sa.column("sample_rate"),
    sa.column("given_blob"),
    sa.column("reference_blob"),
    sa.column("created_at"),
)
_ROW = sa.select(_VOICES).where(
    _VOICES.c.owner == sa.bindparam("owner_asked"), _VOICES.c.name == sa.bindparam("name_asked")
)


@dataclass(frozen=True, slots=True)
class VoiceRecord:
    """What the library knows of a voice."""

    name: str
    voice_id: str
    language: str
    transcript: str
    speaker: str
    """Who is speaking; empty if nobody said."""
    consent: str
    """On what permission the voice is used; empty if nobody said."""
    duration_seconds: float
    sample_rate: int
    created_at: str
    """ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class NewVoice:
    """A recording about to get a name."""

    voice: Voice
    given: bytes
    """The recording's file as it was given."""
    given_suffix: str = ".wav"
    speaker: str = ""
    consent: str = ""


class VoiceLibrary:
    """The voices of one owner. The default owner, "", is whoever runs this machine."""

    def __init__(self, database: sa.Engine, blobs: BlobStore, owner: str = "") -> None:
        self._database = database
        self._blobs = blobs
        self._owner = owner
        self._decoded: Recent[Voice] = Recent(VOICES_KEPT)

    def of(self, owner: str) -> "VoiceLibrary":
        """Return the library of another owner: it shares no name with this one."""
        library = VoiceLibrary(self._database, self._blobs, owner)
        library._decoded = self._decoded
        return library

    def add(self, name: str, new: NewVoice) -> VoiceRecord:
        """Name a voice. Raises `VoiceExists` rather than replace one."""
        _check_name(name)
        for field, value in (("speaker", new.speaker), ("consent", new.consent)):
            _check_text(field, value)
        _check_text("transcript", new.voice.transcript)
        flac = encode_file(new.voice.reference, AudioFormat.FLAC)
        kept = Voice(decode(flac), new.voice.transcript, new.voice.language)
        record = VoiceRecord(
            name=name,
            voice_id=kept.id,
            language=kept.language,
            transcript=kept.transcript,
            speaker=new.speaker,
            consent=new.consent,
            duration_seconds=round(kept.reference.duration, 3),
            sample_rate=kept.reference.sample_rate,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        try:
            self._insert(record, new, flac)
        except sa.exc.IntegrityError:  # a rename took the name at the same moment
            raise VoiceExists(name) from None
        return record

    def get(self, name: str) -> Voice:
        """Return the voice of this name, decoded once for many requests."""
        row = self._row(name)
        voice = self._decoded.get(row["voice_id"])
        if voice is None:
            reference = decode(self._blobs.get(row["reference_blob"]))
            voice = Voice(reference, row["transcript"], row["language"])
            self._decoded.put(voice.id, voice)
        return voice

    def record(self, name: str) -> VoiceRecord:
        """Return what is known of the voice of this name."""
        return _to_record(self._row(name))

    def given_file(self, name: str) -> tuple[bytes, str]:
        """Return the recording as it was given, and its file suffix."""
        key = self._row(name)["given_blob"]
        return self._blobs.get(key), Path(key).suffix

    def list(self) -> list[VoiceRecord]:
        """Return every voice, by name."""
        query = sa.select(_VOICES).where(_VOICES.c.owner == self._owner).order_by(_VOICES.c.name)
        with self._database.connect() as connection:
            return [_to_record(row) for row in connection.execute(query).mappings()]

    def rename(self, name: str, new_name: str) -> None:
        """Give the voice another name. Raises `VoiceExists` if that is taken."""
        _check_name(new_name)
        change = sa.update(_VOICES).where(*self._named(name)).values(name=new_name)
        try:
            with self._database.begin() as connection:
                if connection.execute(change).rowcount == 0:
                    raise VoiceNotFound(name)
        except sa.exc.IntegrityError:
            raise VoiceExists(new_name) from None

    def describe(
        self, name: str, *, speaker: str | None = None, consent: str | None = None
    ) -> None:
        """Change who is speaking or on what permission; None leaves it as it is."""
        given = {"speaker": speaker, "consent": consent}
        values = {column: value for column, value in given.items() if value is not None}
        for field, value in values.items():
            _check_text(field, value)
        self._row(name)
        if values:
            with self._database.begin() as connection:
                connection.execute(sa.update(_VOICES).where(*self._named(name)).values(values))

    def remove(self, name: str) -> None:
        """Forget the voice, and its recording unless another name still uses it."""
        row = self._row(name)
        with self._database.begin() as connection:
            lock(connection)
            connection.execute(sa.delete(_VOICES).where(*self._named(name)))
            for column in (_VOICES.c.given_blob, _VOICES.c.reference_blob):
                key = row[column.name]
                used = sa.select(sa.func.count()).where(
                    (_VOICES.c.given_blob == key) | (_VOICES.c.reference_blob == key)
                )
                if connection.execute(used).scalar_one() == 0:
                    self._blobs.delete(key)

    def export(self, name: str) -> bytes:
        """Pack the voice into one file (a zip: voice.json and the recording as given)."""
        given, suffix = self.given_file(name)
        voice = self.get(name)
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("voice.json", json.dumps(asdict(self.record(name)), indent=2))
            archive.writestr(f"given{suffix}", given)
            archive.writestr("reference.flac", encode_file(voice.reference, AudioFormat.FLAC))
        return packed.getvalue()

    def import_(self, packed: bytes, name: str | None = None) -> VoiceRecord:
        """Add a voice that `export` packed, under its own name or another."""
        record, reference, given, suffix = _unpack(packed)
        voice = Voice(reference, record["transcript"], record["language"])
        new = NewVoice(voice, given, suffix, record["speaker"], record["consent"])
        return self.add(name or record["name"], new)

    def _insert(self, record: VoiceRecord, new: NewVoice, flac: bytes) -> None:
        folder = f"users/{_safe(self._owner)}/voices" if self._owner else "voices"
        with self._database.begin() as connection:
            lock(connection)  # nobody removes a recording between its arrival and its row's
            named = sa.select(_VOICES.c.name).where(*self._named(record.name))
            if connection.execute(named).first():
                raise VoiceExists(record.name)
            blobs = {
                "given_blob": self._blobs.put(new.given, prefix=folder, suffix=new.given_suffix),
                "reference_blob": self._blobs.put(flac, prefix=folder, suffix=".flac"),
            }
            row = {**asdict(record), "owner": self._owner, **blobs}
            connection.execute(sa.insert(_VOICES).values(row))

    def _named(self, name: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
        return _VOICES.c.owner == self._owner, _VOICES.c.name == name

    def _row(self, name: str) -> sa.RowMapping:
        with self._database.connect() as connection:
            found = connection.execute(_ROW, {"owner_asked": self._owner, "name_asked": name})
            row = found.mappings().first()
        if row is None:
            raise VoiceNotFound(name)
        return row


def _to_record(row: sa.RowMapping) -> VoiceRecord:
    return VoiceRecord(**{name: row[name] for name in VoiceRecord.__slots__})


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > NAME_LENGTH or any(not c.isprintable() for c in name):
        raise InvalidOption("name", name, f"use 1 to {NAME_LENGTH} printable characters")
    if "/" in name or "\\" in name or name.startswith("."):
        raise InvalidOption("name", name, "leave out slashes and a leading dot")


def _check_text(field: str, value: str) -> None:
    try:
        fits = "\0" not in value and value.encode() is not None
    except UnicodeEncodeError:
        fits = False
    if not fits:
        raise InvalidOption(field, value, "leave out what is no text")


def _safe(owner: str) -> str:
    """Return the owner as one folder name that no other owner shares."""
    return "".join(
        c if c.isascii() and (c.isalnum() or c == "-") else f"_{ord(c):x}_" for c in owner
    )


def _unpack(packed: bytes) -> tuple[dict[str, str], Audio, bytes, str]:
    try:
        with zipfile.ZipFile(BytesIO(packed)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > ARCHIVE_BYTES:
                raise BadReference(f"The voice file unpacks to more than {ARCHIVE_BYTES} bytes.")
            record = json.loads(archive.read("voice.json"))
            fields = {key: str(record[key]) for key in _EXPORTED}
            given = next(n for n in archive.namelist() if n.startswith("given"))
            reference = decode(archive.read("reference.flac"))
            return fields, reference, archive.read(given), Path(given).suffix
    except (zipfile.BadZipFile, KeyError, StopIteration, ValueError, TypeError) as error:
        raise BadReference(
            f"This is not a voice exported by `myna voices export`: {error!r}."
        ) from error


_EXPORTED = ("name", "language", "transcript", "speaker", "consent")
