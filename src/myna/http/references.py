"""Files that clients name by path: inside one directory, or not at all."""

from pathlib import Path, PurePosixPath, PureWindowsPath

from myna.http.refusals import ReferenceNotFound


def resolve_reference(directory: Path | None, path: str) -> Path:
    """Return the recording a client means by `path`, which must really lie inside `directory`.

    Raises `ReferenceNotFound`, which names the client's path and nothing of this machine.
    """
    if directory is None:
        raise ReferenceNotFound(
            f"Reference {path!r} cannot be read: this server reads none by path. Send the name of "
            "a voice, or set `http.reference_directory`."
        )
    found = find_inside(directory, path)
    if found is None:
        raise ReferenceNotFound(
            f"No reference recording {path!r} lies in the server's reference directory. Put it "
            "there, or send the name of a voice."
        )
    return found


def find_inside(directory: Path, path: str, *, follows_links: bool = False) -> Path | None:
    """Return the file that a client means, or None where it does not really lie inside.

    Relative paths start at the directory; absolute ones count if they lead into it. Clients that
    lower-case what they send still find their file. `follows_links`: a link that is inside counts
    wherever it leads, as in a directory that nobody but its owner fills.
    """
    root = directory.resolve()
    try:
        found = _walk(root, _parts(path, root)) if "\0" not in path else None
    except OSError:  # such as a name longer than the disk takes
        return None
    if found is not None and not follows_links:
        found = found.resolve()
    if found is None or not found.is_relative_to(root) or not found.is_file():
        return None
    return found


def _parts(path: str, root: Path) -> tuple[str, ...]:
    windows = "\\" in path and "/" not in path
    parts = (PureWindowsPath(path) if windows else PurePosixPath(path)).parts
    absolute = root.parts
    if tuple(part.lower() for part in parts[: len(absolute)]) == tuple(
        part.lower() for part in absolute
    ):
        return parts[len(absolute) :]
    return parts


def _walk(root: Path, parts: tuple[str, ...]) -> Path | None:
    """Follow the path a name at a time, in the exact case where there is one."""
    place = root
    for part in parts:
        if part in ("..", "/") or ":" in part:
            return None
        if part == ".":
            continue
        exact = place / part
        place = exact if exact.exists() else _any_case(place, part)
        if not place.exists():
            return None
    return place


def _any_case(folder: Path, name: str) -> Path:
    if not folder.is_dir():
        return folder / name
    matches = sorted(entry for entry in folder.iterdir() if entry.name.lower() == name.lower())
    return matches[0] if matches else folder / name
