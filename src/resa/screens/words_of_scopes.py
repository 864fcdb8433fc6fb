"""What keys may, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["OF_SCOPES"]

OF_SCOPES: Final[Mapping[str, str]] = {
    "no_keys": "There are no keys yet.",
    "scope_collect": "Send events",
    "scope_metrics": "Read metrics",
    "scope_consent": "Record consents",
    "scopes_of_api": "Or what it may ask the HTTP API",
    "scope_read_numbers": "Maps and numbers",
    "scope_read_customers": "Customers, without names",
    "scope_read_names": "What customers are called",
    "scope_read_sources": "Sources",
    "scope_read_audit": "The audit log",
    "scope_write_identity": "Say who is one customer",
    "scope_write_maps": "Change maps and segments",
    "scope_write_notes": "Comments, notes, views and reports, in your name",
    "scope_share_reports": "Show reports outside, in your name",
    "scope_erase_customers": "Erase customers",
    "scope_manage": "People, sessions and keys: whoever has it can get all else",
}
