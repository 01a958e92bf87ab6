import unicodedata
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import obstore
import pytest
from obstore.store import S3Store

from myna.core.errors import (
    BadAudio,
    BadReference,
    InvalidOption,
    StorageError,
    VoiceExists,
    VoiceNotFound,
)
from myna.core.voice import Voice
from myna.storage.blobs import BlobFolder
from myna.storage.bucket import BlobBucket, BucketAddress
from myna.storage.database import open_database
from myna.storage.recent import Recent
from myna.storage.voices import NewVoice, VoiceLibrary
from tests.conftest import tone


@pytest.fixture(params=["sqlite and folder", "postgres and bucket"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> VoiceLibrary:
    if request.param == "sqlite and folder":
        return VoiceLibrary(open_database(tmp_path / "myna.db"), BlobFolder(tmp_path / "blobs"))
    url, bucket = (request.getfixturevalue(name) for name in ("new_postgres", "new_bucket"))
    return VoiceLibrary(open_database(url), BlobBucket(bucket))


@pytest.fixture
def kept(library: VoiceLibrary, request: pytest.FixtureRequest, tmp_path: Path):
    """Return what lists the keys of every recording that is kept."""

    def keys() -> list[str]:
        if (tmp_path / "myna.db").exists():
            blobs = tmp_path / "blobs"
            return [str(p.relative_to(blobs)) for p in blobs.rglob("*") if p.is_file()]
        address: BucketAddress = request.getfixturevalue("new_bucket")
        store = S3Store(
            address.bucket,
            prefix=address.prefix,
            endpoint=address.endpoint,
            access_key_id="key",
            secret_access_key="secret",
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
        )
        return [found["path"] for page in obstore.list(store) for found in page]

    return keys


def new_voice(frequency: float = 220.0, consent: str = "") -> NewVoice:
    voice = Voice(tone(2.0, frequency), "안녕하세요", "ko")
    return NewVoice(voice, b"as given" + bytes([int(frequency) % 256]), ".mp3", "할머니", consent)


def test_a_voice_comes_back_as_it_was_kept(library: VoiceLibrary):
    record = library.add("할머니", new_voice(consent="family"))
    voice = library.get("할머니")
    assert (voice.transcript, voice.language) == ("안녕하세요", "ko")
    assert voice.id == record.voice_id == library.get("할머니").id
    assert library.record("할머니").consent == "family"
    assert library.given_file("할머니") == (b"as given" + bytes([220]), ".mp3")


def test_a_taken_name_is_refused_and_the_voice_stays(library: VoiceLibrary, kept):
    first = library.add("a", new_voice())
    before = sorted(kept())
    with pytest.raises(VoiceExists, match="'a'"):
        library.add("a", new_voice(330.0))
    assert library.record("a") == first
    assert sorted(kept()) == before


def test_renaming_keeps_the_voice_and_frees_the_old_name(library: VoiceLibrary):
    record = library.add("a", new_voice())
    library.add("b", new_voice(330.0))
    with pytest.raises(VoiceExists, match="'b'"):
        library.rename("a", "b")
    library.rename("a", "c")
    assert library.record("c").voice_id == record.voice_id
    with pytest.raises(VoiceNotFound, match="'a'"):
        library.get("a")
    with pytest.raises(VoiceNotFound, match="'nobody'"):
        library.rename("nobody", "d")


def test_removing_one_of_two_names_keeps_the_recording(library: VoiceLibrary, kept):
    library.add("a", new_voice())
    library.add("b", new_voice())
    library.remove("a")
    assert library.get("b").transcript == "안녕하세요"
    library.remove("b")
    assert kept() == []
    with pytest.raises(VoiceNotFound):
        library.remove("b")


def test_an_exported_voice_is_the_same_voice_elsewhere(library: VoiceLibrary, tmp_path: Path):
    record = library.add("할머니", new_voice(consent="family"))
    other = VoiceLibrary(open_database(tmp_path / "other.db"), BlobFolder(tmp_path / "other"))
    imported = other.import_(library.export("할머니"), "grandma")
    assert imported.voice_id == record.voice_id
    assert (imported.name, imported.consent) == ("grandma", "family")
    assert other.given_file("grandma") == library.given_file("할머니")


@pytest.mark.parametrize("packed", [b"", b"not a zip", b"PK\x05\x06" + bytes(18)])
def test_a_file_that_is_no_exported_voice_is_refused(library: VoiceLibrary, packed: bytes):
    with pytest.raises(BadReference, match="myna voices export"):
        library.import_(packed)


def test_a_damaged_or_encrypted_file_of_a_voice_is_refused(library: VoiceLibrary):
    library.add("a", new_voice())
    packed = library.export("a")
    for at in range(0, len(packed), len(packed) // 30):
        torn = packed[:at] + bytes(reversed(packed[at : at + 40])) + packed[at + 40 :]
        with suppress(BadReference, BadAudio, VoiceExists):
            library.import_(torn)
    flags = packed.index(b"PK\x01\x02") + 8
    for locked in (packed[:6] + b"\1" + packed[7:], packed[:flags] + b"\1" + packed[flags + 1 :]):
        with pytest.raises((BadReference, VoiceExists)):
            library.import_(locked)
    assert [record.name for record in library.list()] == ["a"]


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..\\x", ".hidden", "a\nb", "x" * 201])
def test_a_name_that_could_be_misread_is_refused(library: VoiceLibrary, name: str):
    with pytest.raises(InvalidOption):
        library.add(name, new_voice())


def test_owners_never_see_each_others_voices(library: VoiceLibrary, kept):
    library.of("u1").add("mine", new_voice())
    library.of("../u1").add("mine", new_voice(330.0))
    with pytest.raises(VoiceNotFound):
        library.get("mine")
    with pytest.raises(VoiceNotFound):
        library.of("u2").get("mine")
    assert library.of("u1").get("mine").id != library.of("../u1").get("mine").id
    assert {key.rsplit("/", 1)[0] for key in kept()} == {
        "users/u1/voices",
        "users/_2e__2e__2f_u1/voices",
    }


def test_adding_and_removing_at_once_never_loses_a_recording(library: VoiceLibrary):
    def come_and_go(number: int) -> None:
        for _ in range(3):
            library.add(f"v{number}", new_voice())  # all of them the same recording
            assert library.get(f"v{number}").transcript == "안녕하세요"
            library.remove(f"v{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(come_and_go, range(4)))
    assert library.list() == []


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_what_is_no_text_is_refused(library: VoiceLibrary, text: str):
    voice = new_voice(consent=text)
    with pytest.raises(InvalidOption, match="consent"):
        library.add("a", voice)
    library.add("a", new_voice())
    with pytest.raises(InvalidOption, match="speaker"):
        library.change("a", speaker=text)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_found_however_it_is_composed(library: VoiceLibrary, form: str):
    composed, asked = (unicodedata.normalize(f, "할머니 José") for f in ("NFC", form))
    other = unicodedata.normalize("NFD", composed)
    assert library.add(asked, new_voice()).name == composed
    assert library.record(other).name == composed
    with pytest.raises(VoiceExists):
        library.add(other, new_voice(330.0))
    library.change(other, speaker="mum")
    library.rename(composed, "b")
    library.rename("b", other)
    assert [kept.name for kept in library.list()] == [composed]
    library.remove(other)
    assert library.list() == []


@pytest.mark.parametrize("name", ["nobody", "\udcff", "a\0b", ""])
def test_what_cannot_be_a_name_is_nobodys(library: VoiceLibrary, name: str):
    for ask in (library.get, library.record, library.remove, library.export):
        with pytest.raises(VoiceNotFound):
            ask(name)
    with pytest.raises(VoiceNotFound):
        library.change(name, speaker="mum")


def test_a_change_is_made_whole_or_not_at_all(library: VoiceLibrary):
    library.add("a", new_voice())
    library.add("b", new_voice(330.0))
    with pytest.raises(VoiceExists):
        library.change("a", new_name="b", speaker="mum")
    assert library.record("a").speaker == "할머니"
    library.change("a", new_name="c", speaker="mum", consent="")
    record = library.record("c")
    assert (record.speaker, record.consent) == ("mum", "")


def test_a_voice_that_is_replaced_is_there_all_the_time(library: VoiceLibrary, kept):
    known = {library.add("a", new_voice(200.0)).voice_id}
    heard = set()
    with ThreadPoolExecutor(4) as pool:
        adding = [
            pool.submit(library.add, "a", new_voice(210.0 + number), replace=True)
            for number in range(6)
        ]
        while not all(done.done() for done in adding):
            library._decoded = Recent(1)  # as in a server that has just been started
            heard.add(library.get("a").id)
            library.given_file("a")
    assert heard <= known | {done.result().voice_id for done in adding}
    assert len(kept()) == 2  # of the last one


def test_two_names_at_once_both_arrive(library: VoiceLibrary):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: library.add(f"v{i}", new_voice(200.0 + i)), range(8)))
    assert [r.name for r in library.list()] == [f"v{i}" for i in range(8)]


def test_a_lost_recording_is_named(tmp_path: Path):
    library = VoiceLibrary(open_database(tmp_path / "myna.db"), BlobFolder(tmp_path / "blobs"))
    library.add("a", new_voice())
    for path in (tmp_path / "blobs").rglob("*.flac"):
        path.unlink()
    with pytest.raises(StorageError, match=r"voices/.*\.flac"):
        library.get("a")
