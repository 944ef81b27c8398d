"""Opens the storage of files that FILES_URL names."""

from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from backend.core.config import ConfigurationError
from backend.integrations.files.storage_on_demand import FolderOnDemand
from backend.services.files.storage import FileStorage

_BUCKETS = ("s3://", "gs://", "az://")


def open_storage(url: str) -> FileStorage:
    """Return the storage at `file:///folder`, `s3://bucket/prefix`, `gs://...` or `az://...`.

    A missing folder is created. Credentials and endpoints of buckets come from the usual variables,
    such as AWS_ENDPOINT_URL. Opens no connection yet.

    Raises:
        ConfigurationError: the URL can't be used.
    """
    try:
        return _open(url)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"FILES_URL: {url!r} can't be used ({error}); "
            "give a URL such as file:///var/lib/mvp/files or s3://bucket/prefix"
        ) from None


def _open(url: str) -> FileStorage:
    if url.startswith("file:///"):
        folder = Path(url2pathname(urlsplit(url).path))
        folder.mkdir(parents=True, exist_ok=True)
        return FolderOnDemand(folder)
    if url.startswith(_BUCKETS):
        # Loaded now, as only obstore can check the URL and its variables.
        from backend.integrations.files import bucket_storage  # noqa: PLC0415  # see above

        return bucket_storage.open_bucket(url)
    raise ValueError("it does not begin with file:///, s3://, gs:// or az://")
