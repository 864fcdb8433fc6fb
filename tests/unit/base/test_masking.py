"""Secrets in URLs are not shown."""

from __future__ import annotations

import pytest

from resa.base.masking import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("s3://AKIA:se/cret@bucket/a.csv", "s3://AKIA:se/cret@bucket/a.csv"),  # not a URL: a slash must be escaped
        ("s3://AKIA:se%2Fcret@bucket/a.csv", "s3://***@bucket/a.csv"),
        ("'ftp://anna:x@host/a.csv' cannot be reached", "'ftp://***@host/a.csv' cannot be reached"),
        ("https://host/a@b.csv", "https://host/a@b.csv"),
        (
            "https://h/a.csv?table=orders&X-Amz-Signature=0f&X-Amz-Credential=AK&part=2",
            "https://h/a.csv?table=orders&X-Amz-Signature=***&X-Amz-Credential=***&part=2",
        ),
        ("https://h/a.csv?sv=1&sig=x%3D#top", "https://h/a.csv?sv=1&sig=***#top"),
        ('{"path": "https://h/a?token=abc", "b": 1}', '{"path": "https://h/a?token=***", "b": 1}'),
        ("incoming/anna@host.csv?token=1", "incoming/anna@host.csv?token=1"),
    ],
)
def test_secrets_of_urls_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown
