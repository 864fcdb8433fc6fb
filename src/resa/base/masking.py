"""Secrets in URLs, kept out of what is shown, logged or stored."""

from __future__ import annotations

import re

__all__ = ["masked"]

_PERSON = re.compile(r"(://+)[^/\s'\"@]+@")
_PARAMETER = re.compile(
    r"([?&][^=&\s'\"#]*(?:sig|token|secret|password|passwd|pwd|key|credential|auth|code)[^=&\s'\"#]*=)[^&\s'\"#]*",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """The text with user names, passwords, signatures and tokens of the URLs in it as `***`."""
    if "://" not in text:
        return text
    return _PARAMETER.sub(r"\1***", _PERSON.sub(r"\1***@", text))
