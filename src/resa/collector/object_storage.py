"""Object storage by URL: `s3://`, `gs://`, `az://`. The door to obstore, which fsspec then opens files with."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Final

__all__ = ["failures", "know_object_storage"]

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


def failures(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """What is raised when a file, here or in object storage, cannot be listed or read; and other errors beside."""
    if "obstore" not in sys.modules:
        return (OSError, *others)
    from obstore.exceptions import BaseError  # noqa: PLC0415 - see above

    return (OSError, BaseError, *others)
