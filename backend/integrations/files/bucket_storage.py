"""Opens a bucket with obstore."""

from datetime import timedelta

from obstore.exceptions import BaseError
from obstore.store import from_url

from backend.integrations.files.object_storage import ObjectStorage, first_line


def open_bucket(url: str) -> ObjectStorage:
    """Raises ValueError if obstore can't use the URL, or the variables that belong to it."""
    try:
        store = from_url(
            url,
            client_options={
                "connect_timeout": timedelta(seconds=3),
                "read_timeout": timedelta(seconds=20),
                # It includes the whole transfer, and would cut off slow downloads.
                "timeout": timedelta(days=1),
                # An endpoint with http:// is intentional.
                "allow_http": True,
            },
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=15)},
        )
    except BaseError as error:
        raise ValueError(first_line(error)) from error
    return ObjectStorage(store)
