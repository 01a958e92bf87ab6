from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from myna.core.errors import StorageError
from myna.storage.blobs import BlobFolder, BlobMissing, BlobStore
from myna.storage.bucket import BlobBucket, BucketAddress


def test_what_is_put_comes_back_under_its_key(blobs: BlobStore):
    content = bytes(range(256)) * 5000
    key = blobs.put(content, prefix="users/mina/voices", suffix=".flac")
    assert key.startswith("users/mina/voices/")
    assert key.endswith(".flac")
    assert blobs.get(key) == content


def test_the_same_content_is_kept_once(blobs: BlobStore):
    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(lambda _: blobs.put(b"same", prefix="voices", suffix=".wav"), range(8)))
    assert len(keys) == 1
    assert blobs.get(keys.pop()) == b"same"


def test_keys_are_the_same_in_a_folder_and_a_bucket(tmp_path: Path, new_bucket: BucketAddress):
    stores = (BlobFolder(tmp_path), BlobBucket(new_bucket))
    assert len({store.put(b"x", prefix="voices", suffix=".wav") for store in stores}) == 1


def test_what_is_forgotten_is_gone_and_forgetting_twice_is_no_error(blobs: BlobStore):
    key = blobs.put(b"short-lived", prefix="voices", suffix=".wav")
    blobs.delete(key)
    blobs.delete(key)
    with pytest.raises(StorageError, match="missing"):
        blobs.get(key)


def test_a_file_that_cannot_be_read_is_not_said_to_be_missing(tmp_path: Path):
    store = BlobFolder(tmp_path)
    key = store.put(b"x", prefix="voices", suffix=".wav")
    for unreadable in ("voices", f"{key}/inside", "x" * 1000):
        with pytest.raises(StorageError, match="cannot be read: ") as raised:
            store.get(unreadable)
        assert not isinstance(raised.value, BlobMissing)
    with pytest.raises(BlobMissing, match="missing"):
        store.get("voices/nothing.wav")


def test_a_file_that_cannot_be_removed_is_named(tmp_path: Path):
    store = BlobFolder(tmp_path)
    (tmp_path / "voices" / "folder").mkdir(parents=True)
    with pytest.raises(StorageError, match=r"'voices/folder'.*cannot be removed"):
        store.delete("voices/folder")


def test_a_bucket_that_is_not_there_is_named(new_bucket: BucketAddress):
    with pytest.raises(StorageError, match=r"bucket elsewhere.*NoSuchBucket"):
        BlobBucket(replace(new_bucket, bucket="elsewhere")).put(b"x", prefix="v", suffix="")


def test_a_store_that_is_not_there_is_named_without_its_secret(new_bucket: BucketAddress):
    nowhere = replace(new_bucket, endpoint="http://127.0.0.1:1", secret_access_key="hush")
    with pytest.raises(StorageError, match=r"127\.0\.0\.1:1.*settings `s3`") as raised:
        BlobBucket(nowhere).get("voices/x.flac")
    assert "hush" not in str(raised.value)
