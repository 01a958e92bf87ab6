import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from myna.core.errors import StorageError
from myna.core.speech import Chunk
from myna.core.timing import TimedText
from myna.storage.archives import BadArchive, export_results, import_results
from myna.storage.results import ResultFolder
from tests.conftest import tone

KEYS = [f"{number:02x}" + "0" * 62 for number in range(4)]


@pytest.fixture
def filled(tmp_path: Path) -> ResultFolder:
    results = ResultFolder(tmp_path / "here", 10_000_000)
    for number, key in enumerate(KEYS):
        results.put(key, [Chunk(tone(0.1 + 0.1 * number), (TimedText("가", 0.0, 0.1),), "tone")])
    return results


@pytest.fixture
def device(tmp_path: Path) -> ResultFolder:
    return ResultFolder(tmp_path / "device", 10_000_000)


def exported(results: ResultFolder) -> bytes:
    file = io.BytesIO()
    export_results(results, file)
    return file.getvalue()


def members(archive: bytes) -> list[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return [(m.name, opened.extractfile(m).read()) for m in opened]


def packed(parts: list[tuple[str, bytes]], kind: bytes = tarfile.REGTYPE) -> bytes:
    """Pack a list of digests and whatever follows it, as an attacker might."""
    file = io.BytesIO()
    digests = "".join(f"{hashlib.sha256(c).hexdigest()}  {n}\n" for n, c in parts).encode()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in [("SHA256SUMS", digests), *parts]:
            member = tarfile.TarInfo(name)
            if name != "SHA256SUMS":
                member.type, member.linkname = kind, "/etc/passwd"
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def nothing_arrived(device: ResultFolder) -> bool:
    return not device.folder.exists() or list(device.folder.rglob("*")) == []


def test_an_archive_carries_every_sentence(filled: ResultFolder, device: ResultFolder):
    device.put(KEYS[0], [Chunk(tone(0.1), (TimedText("가", 0.0, 0.1),), "tone")])
    done = import_results(device, io.BytesIO(exported(filled)))
    assert (done.sentences, done.new) == (4, 3)
    assert done.size == sum(sentence.size for sentence in filled.kept())
    for key in KEYS:
        here, there = filled.get(key), device.get(key)
        assert here and there
        assert here.audio.pcm16() == there.audio.pcm16()
        assert (here.words, here.engine) == (there.words, there.engine)
    assert [p.name for p in device.folder.iterdir() if p.name.startswith(".")] == []


def test_what_servers_said_of_themselves_travels_along(filled: ResultFolder, device: ResultFolder):
    file, told = io.BytesIO(), {"description-0123456789abcdef": b'{"fingerprint": "x"}'}
    assert export_results(filled, file, told).sentences == 4
    done = import_results(device, io.BytesIO(file.getvalue()))
    assert (done.sentences, done.new, done.remembered) == (4, 4, told)
    altered = file.getvalue().replace(b'"x"', b'"y"')
    with pytest.raises(BadArchive):
        import_results(device, io.BytesIO(altered))


def test_importing_twice_changes_nothing(filled: ResultFolder, device: ResultFolder):
    archive = exported(filled)
    import_results(device, io.BytesIO(archive))
    assert import_results(device, io.BytesIO(archive)).new == 0
    assert len(device.kept()) == 4


def test_a_damaged_sentence_is_not_exported(filled: ResultFolder, device: ResultFolder):
    path = filled.kept()[0].path
    path.write_bytes(path.read_bytes()[:-2])
    assert import_results(device, io.BytesIO(exported(filled))).sentences == 3


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
def test_a_truncated_archive_leaves_nothing(filled: ResultFolder, device: ResultFolder, at: float):
    archive = exported(filled)
    with pytest.raises(BadArchive, match="Nothing was taken"):
        import_results(device, io.BytesIO(archive[: round(len(archive) * at)]))
    assert nothing_arrived(device)


def test_one_flipped_bit_refuses_the_whole_archive(filled: ResultFolder, device: ResultFolder):
    archive = bytearray(exported(filled))
    archive[len(archive) * 3 // 4] ^= 1
    with pytest.raises(BadArchive):
        import_results(device, io.BytesIO(archive))
    assert nothing_arrived(device)


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04" + bytes(2000)])
def test_what_is_no_archive_is_refused(device: ResultFolder, content: bytes):
    with pytest.raises(BadArchive, match="myna cache export"):
        import_results(device, io.BytesIO(content))


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: f"../{name}",
        lambda name: f"/tmp/{name}",
        lambda name: f"00/../../{name}",
        lambda name: name.replace("/", "\\"),
        lambda name: f"zz/{name}",
        lambda name: "myna.toml",
        lambda name: "servers/../../description-0123456789abcdef",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(
    filled: ResultFolder, device: ResultFolder, tmp_path: Path, rename: Callable[[str], str]
):
    name, content = members(exported(filled))[1]
    before = {path for path in tmp_path.rglob("*") if device.folder not in path.parents}
    with pytest.raises(BadArchive, match="does not belong"):
        import_results(device, io.BytesIO(packed([(rename(name), content)])))
    after = {path for path in tmp_path.rglob("*") if device.folder not in path.parents}
    assert after - {device.folder} == before
    assert nothing_arrived(device)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_link_in_an_archive_is_refused(filled: ResultFolder, device: ResultFolder, kind: bytes):
    name, _ = members(exported(filled))[1]
    with pytest.raises(BadArchive, match="does not belong"):
        import_results(device, io.BytesIO(packed([(name, b"")], kind)))
    assert nothing_arrived(device)


def test_a_right_digest_of_something_else_is_refused(filled: ResultFolder, device: ResultFolder):
    name, _ = members(exported(filled))[1]
    with pytest.raises(BadArchive):
        import_results(device, io.BytesIO(packed([(name, b"no sentence")])))


def test_an_archive_larger_than_the_cache_is_refused(filled: ResultFolder, tmp_path: Path):
    small = ResultFolder(tmp_path / "small", filled.kept()[0].size + 100)
    with pytest.raises(StorageError, match=r"cache\.max_bytes"):
        import_results(small, io.BytesIO(exported(filled)))
    assert nothing_arrived(small)
