from pathlib import Path

import pytest

from myna.http.references import resolve_reference
from myna.http.refusals import ReferenceNotFound


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "References"
    (folder / "Mina").mkdir(parents=True)
    (folder / "Mina" / "Hello.wav").write_bytes(b"x")
    (tmp_path / "secret.wav").write_bytes(b"x")
    (folder / "link.wav").symlink_to(tmp_path / "secret.wav")
    (folder / "inner.wav").symlink_to(folder / "Mina" / "Hello.wav")
    return folder


@pytest.mark.parametrize(
    "path",
    ["Mina/Hello.wav", "./Mina/Hello.wav", "mina/hello.wav", "Mina\\Hello.wav", "inner.wav"],
)
def test_a_path_leads_into_the_directory_in_any_case(directory: Path, path: str):
    assert resolve_reference(directory, path) == (directory / "Mina" / "Hello.wav").resolve()


def test_an_absolute_path_counts_where_it_leads_inside(directory: Path):
    inside = directory / "Mina" / "Hello.wav"
    assert resolve_reference(directory, str(inside)) == inside
    assert resolve_reference(directory, str(inside).lower()) == inside


@pytest.mark.parametrize(
    "path",
    [
        "../secret.wav",
        "Mina/../../secret.wav",
        "link.wav",
        "/etc/passwd",
        "C:\\Windows\\win.ini",
        "",
        ".",
        "Mina",
        "nothing.wav",
        "Mina/Hello.wav\0.png",
    ],
)
def test_whatever_leads_elsewhere_is_not_found(directory: Path, path: str):
    with pytest.raises(ReferenceNotFound) as refusal:
        resolve_reference(directory, path)
    assert str(directory) not in str(refusal.value)


def test_an_absolute_path_elsewhere_is_not_found(directory: Path, tmp_path: Path):
    with pytest.raises(ReferenceNotFound):
        resolve_reference(directory, str(tmp_path / "secret.wav"))


def test_without_a_directory_nothing_is_read():
    with pytest.raises(ReferenceNotFound, match="reference_directory"):
        resolve_reference(None, "a.wav")
