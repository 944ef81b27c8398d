"""Opens the storage of files that FILES_URL names."""

from datetime import timedelta

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from backend.core.config import ConfigurationError
from backend.integrations.folder_storage import FolderStorage
from backend.integrations.object_storage import ObjectStorage, first_line
from backend.services.storage import FileStorage

_BUCKETS = ("s3://", "gs://", "az://")


def open_storage(url: str) -> FileStorage:
    """The storage at `file:///folder`, `s3://bucket/prefix`, `gs://...` or `az://...`.

    A folder is made if it is missing. Credentials and endpoints of buckets come from the usual
    variables, such as AWS_ENDPOINT_URL. Nothing is connected to yet.

    Raises:
        ConfigurationError: the URL can't be used.
    """
    try:
        return _open(url)
    except (BaseError, OSError, ValueError) as error:
        raise ConfigurationError(
            f"FILES_URL: {url!r} can't be used ({first_line(error)}); "
            "give a URL such as file:///var/lib/mvp/files or s3://bucket/prefix"
        ) from None


def _open(url: str) -> FileStorage:
    if url.startswith("file:///"):
        return FolderStorage(LocalStore.from_url(url, mkdir=True))
    if url.startswith(_BUCKETS):
        return ObjectStorage(_bucket(url))
    raise ValueError("it begins with none of file:///, s3://, gs:// and az://")


def _bucket(url: str) -> ObjectStore:
    return from_url(
        url,
        client_options={
            "connect_timeout": timedelta(seconds=3),
            "read_timeout": timedelta(seconds=20),
            # It counts until the last byte, and would cut off whoever downloads slowly.
            "timeout": timedelta(days=1),
            # Whoever gives an endpoint with http:// means it.
            "allow_http": True,
        },
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=15)},
    )
