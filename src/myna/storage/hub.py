"""A model hub as a source of files, or a mirror of it that speaks the same protocol.

Of huggingface_hub this takes the protocol: addresses, metadata, and transfers that resume after a
dropped connection. Its own cache is passed by, for since version 2 it throws away what an
interrupted process had fetched.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from myna.core.errors import PackageMissing
from myna.storage.downloads import Announced, DownloadFailed
from myna.storage.models import ModelFile

_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_RESUMES = "Run the command again: it goes on where it stopped."


class Hub:
    """Fetches from one endpoint; without one, from huggingface_hub's own."""

    def __init__(self, endpoint: str | None = None) -> None:
        try:
            from huggingface_hub.utils._headers import build_hf_headers
        except ImportError as error:
            raise PackageMissing("Downloading models", "pull") from error
        self._endpoint = endpoint.rstrip("/") if endpoint else None
        self._headers = build_hf_headers(token=False, library_name="myna")

    def announce(self, file: ModelFile) -> Announced:
        """Ask for size and digest. Raises `DownloadFailed`."""
        from huggingface_hub import get_hf_file_metadata, hf_hub_url

        url = hf_hub_url(
            file.repository, file.path, revision=file.revision, endpoint=self._endpoint
        )
        with _explained(file):
            found = get_hf_file_metadata(
                url, token=False, headers=self._headers, endpoint=self._endpoint
            )
        if found.size is None:
            raise DownloadFailed(
                f"The hub does not say how long {file.path!r} is. Try another endpoint."
            )
        etag = found.etag or ""
        digest = etag if _DIGEST.fullmatch(etag) else None
        return Announced(file, found.size, found.location, digest)

    def fetch(self, announced: Announced, part: Path, advance: Callable[[int], None]) -> None:
        """Append to `part` what it lacks. Raises `DownloadFailed`."""
        from huggingface_hub.file_download import http_get

        with part.open("ab") as file, _explained(announced.file):
            http_get(
                announced.location,
                cast(BinaryIO, _Counted(file, advance)),
                resume_size=part.stat().st_size,
                headers=self._headers | {"Accept-Encoding": "identity"},
                expected_size=announced.size,
                tqdm_class=_NoBar,
            )


class _Counted:
    """A file that tells how much is written to it."""

    def __init__(self, file: BinaryIO, advance: Callable[[int], None]) -> None:
        self._file = file
        self._advance = advance

    def write(self, content: bytes) -> int:
        count = self._file.write(content)
        self._advance(count)
        return count

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int) -> int:
        self._advance(offset - self._file.tell())
        return self._file.seek(offset)

    def truncate(self) -> int:
        return self._file.truncate()


class _NoBar:
    """Stands where huggingface_hub would draw a progress bar of its own."""

    def __init__(self, **_: Any) -> None:
        pass

    def __enter__(self) -> "_NoBar":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, count: int) -> None:
        pass


@contextmanager
def _explained(file: ModelFile) -> Iterator[None]:
    """Turn what the hub's library raises into `DownloadFailed`; errors of the disk pass."""
    import httpx2
    from huggingface_hub.errors import (
        EntryNotFoundError,
        HfHubHTTPError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    try:
        yield
    except (EntryNotFoundError, RepositoryNotFoundError) as error:
        raise DownloadFailed(
            f"The hub has no {file.path!r} in {file.repository!r}. If the endpoint is a mirror, "
            "it may not carry it: try another one."
        ) from error
    except HfHubHTTPError as error:
        raise DownloadFailed(
            f"The hub refused {file.path!r} (HTTP {error.response.status_code}). {_RESUMES}"
        ) from error
    except OfflineModeIsEnabled as error:
        raise DownloadFailed(
            "HF_HUB_OFFLINE forbids downloads. Unset it, or give a folder with `--from`."
        ) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise DownloadFailed(
            f"No connection to the hub for {file.path!r} ({error}). Check the network and the "
            f"endpoint, or give a folder with `--from`. {_RESUMES}"
        ) from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise DownloadFailed(f"{file.path!r} did not arrive whole ({error}). {_RESUMES}") from error
