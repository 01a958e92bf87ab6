"""Named bytes in a bucket of an S3-compatible store."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from myna.core.errors import PackageMissing, StorageError
from myna.storage.blobs import BlobMissing, key_of

CONNECT_SECONDS, REQUEST_SECONDS = 3, 30
RETRIES = 3


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """Where a bucket is, and the keys to it."""

    bucket: str
    endpoint: str | None = None
    """None: Amazon's, for the region."""
    region: str = "us-east-1"
    access_key_id: str | None = None
    """None: from the environment or the machine, as Amazon's own tools find it."""
    secret_access_key: str | None = None
    prefix: str = ""
    """What all names begin with, for a bucket shared with others."""


class BlobBucket:
    """Keeps bytes under the same keys as `BlobFolder`, for any number of servers."""

    def __init__(self, address: BucketAddress) -> None:
        try:
            import obstore
            from obstore.exceptions import BaseError
            from obstore.store import S3Store
        except ImportError:
            raise PackageMissing("A bucket", "s3") from None
        self._obstore = obstore
        self._failure = BaseError
        self._name = f"{address.endpoint or 'Amazon S3'}, bucket {address.bucket}"
        is_plain = (address.endpoint or "").startswith("http://")
        self._store = S3Store(
            address.bucket,
            prefix=address.prefix or None,
            endpoint=address.endpoint,
            region=address.region,
            access_key_id=address.access_key_id,
            secret_access_key=address.secret_access_key,
            virtual_hosted_style_request=address.endpoint is None,
            client_options={
                "allow_http": is_plain,
                "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
                "timeout": timedelta(seconds=REQUEST_SECONDS),
            },
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": timedelta(seconds=REQUEST_SECONDS),
            },
        )

    def put(self, content: bytes, *, prefix: str, suffix: str) -> str:
        """Keep `content` and return its key. The same content under a prefix is kept once."""
        key = key_of(content, prefix, suffix)
        with self._telling(f"write {key!r}"):
            self._obstore.put(self._store, key, content)
        return key

    def get(self, key: str) -> bytes:
        """Return the bytes under `key`."""
        with self._telling(f"read {key!r}"):
            try:
                return bytes(self._obstore.get(self._store, key).bytes())
            except FileNotFoundError as error:
                raise BlobMissing(
                    f"The file {key!r} is missing from {self._name}. Restore it from a backup, or "
                    "add the voice again."
                ) from error

    def delete(self, key: str) -> None:
        """Forget the bytes under `key`; it is no error if they are gone."""
        with self._telling(f"delete {key!r}"):
            self._obstore.delete(self._store, key)

    @contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        try:
            yield
        except (self._failure, OSError) as error:
            reason = " ".join(str(error).partition("Debug source")[0].split())
            raise StorageError(
                f"Cannot {what} at {self._name}: {reason}. Check that the store runs, and the "
                "settings `s3`."
            ) from error
