"""Object storage by URL: `s3://`, `gs://`, `az://`. The door to obstore, which fsspec then opens files with."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

__all__ = ["FAILURES", "know_object_storage"]

try:
    from obstore.exceptions import BaseError
except ImportError:
    FAILURES: tuple[type[Exception], ...] = (OSError,)
else:
    FAILURES = (OSError, BaseError)
"""What is raised when a file cannot be listed or read."""

_SCHEMES: Final = ("s3", "gs", "az", "abfs")


@lru_cache(maxsize=1)
def know_object_storage() -> None:
    """Let fsspec open URLs of object storage by obstore, where it is installed (extra `cloud`).

    Who may read is said by the environment, as the storages' own tools have it: `AWS_ACCESS_KEY_ID`,
    `AWS_ENDPOINT_URL`, `GOOGLE_APPLICATION_CREDENTIALS`, `AZURE_STORAGE_ACCOUNT_NAME`.
    """
    try:
        from obstore.fsspec import register  # noqa: PLC0415 - an extra, and heavy
    except ImportError:
        return  # fsspec says which package it would need
    register(_SCHEMES)
