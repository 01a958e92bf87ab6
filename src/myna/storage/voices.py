"""The voice library: names for voices, who is speaking, and on what permission."""

import json
import unicodedata
import zipfile
import zlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import sqlalchemy as sa

from myna.core.audio import Audio
from myna.core.errors import BadReference, InvalidOption, VoiceExists, VoiceNotFound
from myna.core.languages import LANGUAGES
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, decode, encode_file
from myna.storage.blobs import BlobMissing, BlobStore
from myna.storage.database import lock
from myna.storage.recent import Recent

VOICES_KEPT = 64  # in memory, about a megabyte each
NAME_LENGTH = 200  # characters
SUFFIX_LENGTH = 16  # characters of a file's suffix that is kept
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
_ROWS = sa.select(_VOICES).where(
    _VOICES.c.owner == sa.bindparam("owner_asked"),
    _VOICES.c.name.in_(sa.bindparam("names_asked", expanding=True)),
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
    """The voices of one owner. The default owner, "", is whoever runs this machine.

    A name is found however its characters are composed (NFC or NFD), and kept as NFC.
    """

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

    def add(self, name: str, new: NewVoice, *, replace: bool = False) -> VoiceRecord:
        """Name a voice. Raises `VoiceExists` where there is one, unless it is to `replace` that."""
        name = _checked_name(name)
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
            self._insert(record, new, flac, replace=replace)
        except sa.exc.IntegrityError:  # a rename took the name at the same moment
            raise VoiceExists(name) from None
        return record

    def get(self, name: str) -> Voice:
        """Return the voice of this name, decoded once for many requests."""
        voice = self._decoded.get(self._row(name)["voice_id"])
        if voice is None:
            row, content = self._recording(name, "reference_blob")
            voice = Voice(decode(content), row["transcript"], row["language"])
            self._decoded.put(voice.id, voice)
        return voice

    def record(self, name: str) -> VoiceRecord:
        """Return what is known of the voice of this name."""
        return _to_record(self._row(name))

    def given_file(self, name: str) -> tuple[bytes, str]:
        """Return the recording as it was given, and its file suffix."""
        row, content = self._recording(name, "given_blob")
        return content, Path(row["given_blob"]).suffix

    def list(self) -> list[VoiceRecord]:
        """Return every voice, by name."""
        query = sa.select(_VOICES).where(_VOICES.c.owner == self._owner).order_by(_VOICES.c.name)
        with self._database.connect() as connection:
            return [_to_record(row) for row in connection.execute(query).mappings()]

    def rename(self, name: str, new_name: str) -> None:
        """Give the voice another name. Raises `VoiceExists` if that is taken."""
        self.change(name, new_name=new_name)

    def change(
        self,
        name: str,
        *,
        new_name: str | None = None,
        speaker: str | None = None,
        consent: str | None = None,
    ) -> None:
        """Change the name, who is speaking or on what permission: all of it or nothing.

        None leaves it as it is. Raises `VoiceExists` where the new name is taken.
        """
        given = {"speaker": speaker, "consent": consent}
        values = {column: value for column, value in given.items() if value is not None}
        for field, value in values.items():
            _check_text(field, value)
        if new_name is not None:
            values["name"] = _checked_name(new_name)
        kept = self._row(name)["name"]
        if not values:
            return
        change = sa.update(_VOICES).where(*self._named(kept)).values(values)
        try:
            with self._database.begin() as connection:
                if connection.execute(change).rowcount == 0:
                    raise VoiceNotFound(name)
        except sa.exc.IntegrityError:
            raise VoiceExists(values["name"]) from None

    def remove(self, name: str) -> None:
        """Forget the voice, and its recording unless another name still uses it."""
        with self._database.begin() as connection:
            lock(connection)
            row = self._found(connection, name)
            if row is None:
                raise VoiceNotFound(name)
            self._forget(connection, row)

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

    def _insert(self, record: VoiceRecord, new: NewVoice, flac: bytes, *, replace: bool) -> None:
        folder = f"users/{_safe(self._owner)}/voices" if self._owner else "voices"
        suffix = new.given_suffix if len(new.given_suffix) <= SUFFIX_LENGTH else ""
        with self._database.begin() as connection:
            lock(connection)  # nobody removes a recording between its arrival and its row's
            earlier = self._found(connection, record.name)
            if earlier is not None and not replace:
                raise VoiceExists(record.name)
            blobs = {
                "given_blob": self._blobs.put(new.given, prefix=folder, suffix=suffix),
                "reference_blob": self._blobs.put(flac, prefix=folder, suffix=".flac"),
            }
            if earlier is not None:
                self._forget(connection, earlier, kept=frozenset(blobs.values()))
            row = {**asdict(record), "owner": self._owner, **blobs}
            connection.execute(sa.insert(_VOICES).values(row))

    def _forget(
        self, connection: sa.Connection, row: sa.RowMapping, kept: frozenset[str] = frozenset()
    ) -> None:
        """Remove a row, and its recordings unless they are `kept` or another row has them."""
        connection.execute(sa.delete(_VOICES).where(*self._named(row["name"])))
        for key in {row["given_blob"], row["reference_blob"]} - kept:
            used = sa.select(sa.func.count()).where(
                (_VOICES.c.given_blob == key) | (_VOICES.c.reference_blob == key)
            )
            if connection.execute(used).scalar_one() == 0:
                self._blobs.delete(key)

    def _recording(self, name: str, column: str) -> tuple[sa.RowMapping, bytes]:
        """Return a voice's row and one of its recordings, also while the name changes hands."""
        row = self._row(name)
        try:
            return row, self._blobs.get(row[column])
        except BlobMissing:
            with self._database.begin() as connection:
                lock(connection)  # whoever removes or replaces it has done so then
                now = self._found(connection, name)
            if now is None:
                raise VoiceNotFound(name) from None
            if now[column] == row[column]:
                raise
            return self._recording(name, column)

    def _named(self, name: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
        return _VOICES.c.owner == self._owner, _VOICES.c.name == name

    def _row(self, name: str) -> sa.RowMapping:
        with self._database.connect() as connection:
            row = self._found(connection, name)
        if row is None:
            raise VoiceNotFound(name)
        return row

    def _found(self, connection: sa.Connection, name: str) -> sa.RowMapping | None:
        """Return the voice of this name, spelt just so if there is one, else composed otherwise."""
        if not _is_text(name):
            return None
        spellings = {unicodedata.normalize(form, name) for form in ("NFC", "NFD")} | {name}
        asked = {"owner_asked": self._owner, "names_asked": sorted(spellings)}
        rows = connection.execute(_ROWS, asked).mappings().all()
        return min(rows, key=lambda row: row["name"] != name, default=None)


def _to_record(row: sa.RowMapping) -> VoiceRecord:
    return VoiceRecord(**{name: row[name] for name in VoiceRecord.__slots__})


def _checked_name(name: str) -> str:
    """Return a name as it is kept. Raises `InvalidOption`."""
    if not name.strip() or len(name) > NAME_LENGTH or any(not c.isprintable() for c in name):
        raise InvalidOption("name", name, f"use 1 to {NAME_LENGTH} printable characters")
    if "/" in name or "\\" in name or name.startswith("."):
        raise InvalidOption("name", name, "leave out slashes and a leading dot")
    return unicodedata.normalize("NFC", name)


def _check_text(field: str, value: str) -> None:
    if not _is_text(value):
        raise InvalidOption(field, value, "leave out what is no text")


def _is_text(value: str) -> bool:
    """Whether a database takes it: no zeros, no halves of characters."""
    return "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)


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
            if fields["language"] not in LANGUAGES:
                raise ValueError(f"language {fields['language']!r}")
            given = next(n for n in archive.namelist() if n.startswith("given"))
            reference = decode(archive.read("reference.flac"))
            return fields, reference, archive.read(given), Path(given).suffix
    except _NO_EXPORT as error:
        raise BadReference(
            f"This is not a voice exported by `myna voices export`: {error!r}."
        ) from error


_NO_EXPORT = (
    *(zipfile.BadZipFile, zlib.error, EOFError, RuntimeError),  # damaged, or encrypted
    *(KeyError, StopIteration, ValueError, TypeError),  # something else
)
_EXPORTED = ("name", "language", "transcript", "speaker", "consent")
