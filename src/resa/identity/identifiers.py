"""One form for each identifier, so that two ways of writing it are one, and two people never are.

Where a value could mean several things, it is not used: a join that is missing can be seen and made, a wrong one spoils
two histories. `docs/explanation/identity.md` says why each decision is as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import unquote

from resa.base.language import Sentence, sentence
from resa.identity.kinds import Kind
from resa.identity.placeholders import COMMON, folded

__all__ = ["Identifier", "NoIdentifier", "normalised"]

_LONGEST: Final = 500  # characters; what is longer is a text, not an identifier
_LONGEST_EMAIL: Final = 254  # RFC 5321, 4.5.3.1.3
_LONGEST_DOMAIN: Final = 253
_EXACT_DIGITS: Final = 15  # so many a floating-point number keeps


class Identifier(NamedTuple):
    """An identifier in its one form.

    Attributes:
        kind: Such as `email`.
        value: As `normalised` gives it.
    """

    kind: str
    value: str


class NoIdentifier(Enum):
    """Why a value names nobody."""

    EMPTY = "empty"
    PLACEHOLDER = "placeholder"
    TOO_LONG = "too-long"
    NOT_TEXT = "not-text"
    DIGITS_LOST = "digits-lost"
    NOT_AN_ADDRESS = "not-an-address"
    SEVERAL = "several"
    NOT_A_NUMBER = "not-a-number"
    COUNTRY_UNKNOWN = "country-unknown"

    @property
    def sentence(self) -> Sentence:
        """The reason as people read it; the value is not said, it may be personal."""
        return _SAID[self]


_SAID: Mapping[NoIdentifier, Sentence] = MappingProxyType(
    {
        NoIdentifier.EMPTY: sentence("nothing stands there"),
        NoIdentifier.PLACEHOLDER: sentence("it stands for nobody, such as null, undefined or test@test.com"),
        NoIdentifier.TOO_LONG: sentence("it is too long to be an identifier"),
        NoIdentifier.NOT_TEXT: sentence("it is no valid text"),
        NoIdentifier.DIGITS_LOST: sentence(
            "a spreadsheet has cut its digits, as in 1.23457E+11; export the column as text"
        ),
        NoIdentifier.NOT_AN_ADDRESS: sentence("it is no e-mail address"),
        NoIdentifier.SEVERAL: sentence("several stand in one cell"),
        NoIdentifier.NOT_A_NUMBER: sentence("it is no phone number of its country"),
        NoIdentifier.COUNTRY_UNKNOWN: sentence(
            "the phone number does not say its country; write `country:` in identity.yaml"
        ),
    }
)

_UUID = re.compile(r"(?:urn:uuid:)?\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?", re.IGNORECASE)
_WHOLE = re.compile(r"([0-9]+)\.0+")
_CUT = re.compile(r"[0-9][.,][0-9]+E\+[0-9]+", re.IGNORECASE)
_DASHES = re.compile(r"[\s\-\u2010-\u2015\u2212._]")


def normalised(kind: Kind, value: str) -> str | NoIdentifier:
    """A value in its one form, or why it names nobody. Never raises, and never gives an empty text.

    Args:
        kind: What it is, with its rules.
        value: As a source gave it.
    """
    if len(value) > _LONGEST:
        return NoIdentifier.TOO_LONG
    text = _clean(value)
    if not text:
        return NoIdentifier.EMPTY
    if not text.isascii() and any(letter == "\ufffd" or unicodedata.category(letter) == "Cs" for letter in text):
        return NoIdentifier.NOT_TEXT
    nothing = COMMON.holds(text) or folded(text) in kind.placeholders.words
    if nothing or not any(map(str.isalnum, text)):
        return NoIdentifier.PLACEHOLDER
    found = _FORMS[kind.form](kind, text)
    if isinstance(found, str) and kind.placeholders.holds(found):
        return NoIdentifier.PLACEHOLDER
    return found


def _clean(value: str) -> str:
    """Without characters that nobody sees, and with single spaces inside alone; letters composed."""
    if value.isascii() and value.isprintable():
        return " ".join(value.split())
    seen = "".join(letter for letter in value if unicodedata.category(letter) not in {"Cc", "Cf"} or letter.isspace())
    return " ".join(unicodedata.normalize("NFC", " ".join(seen.split())).split())


def _id(kind: Kind, text: str) -> str | NoIdentifier:
    """Numbers that systems give: case and leading zeros stay; only what spreadsheets and UUIDs vary is undone."""
    del kind
    if uuid := _UUID.fullmatch(text):
        return uuid[1].lower()
    if _CUT.fullmatch(text):
        return NoIdentifier.DIGITS_LOST
    if number := _WHOLE.fullmatch(text):
        return number[1] if len(number[1]) <= _EXACT_DIGITS else NoIdentifier.DIGITS_LOST
    return text


def _card(kind: Kind, text: str) -> str | NoIdentifier:
    """Numbers that people read off a card: the gaps and the case in which they type them say nothing."""
    found = _id(kind, unicodedata.normalize("NFKC", text))
    if isinstance(found, NoIdentifier):
        return found
    bare = unicodedata.normalize("NFKC", _DASHES.sub("", found).upper())
    return bare or NoIdentifier.PLACEHOLDER


def _email(kind: Kind, text: str) -> str | NoIdentifier:
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    text = _address_alone(text)
    local, at, domain = text.rpartition("@")
    if not at:
        return NoIdentifier.NOT_AN_ADDRESS
    if "@" in local:
        return NoIdentifier.SEVERAL if _SEPARATED.search(text) else NoIdentifier.NOT_AN_ADDRESS
    if quoted := _QUOTED.fullmatch(local):
        local = quoted[1]
    local = unicodedata.normalize("NFKC", local.lower())
    host = _domain(domain)
    if host is None or not local or _NOT_LOCAL.search(local):
        return NoIdentifier.NOT_AN_ADDRESS
    if "plus_tags" in kind.fold and local.find("+") > 0:
        local = local[: local.index("+")]
    if "gmail_dots" in kind.fold and host in {"gmail.com", "googlemail.com"}:
        local, host = local.replace(".", ""), "gmail.com"
    if not any(map(str.isalnum, local)) or len(local) + 1 + len(host) > _LONGEST_EMAIL:
        return NoIdentifier.NOT_AN_ADDRESS
    return f"{local}@{host}"


_SEPARATED = re.compile(r"[;,/|\s]")
_QUOTED = re.compile(r'"([^"\\@\s]+)"')
_NOT_LOCAL = re.compile(r"[\s<>()\[\]:;,\\\"]")
_IN_BRACKETS = re.compile(r"[^<>@]*<([^<>]+)>")
_PLAIN_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")


def _address_alone(text: str) -> str:
    """The address in `mailto:`, in a link's writing, or behind a person's name."""
    if text[:7].lower() == "mailto:":
        text = unquote(text[7:].partition("?")[0])
    elif "@" not in text and text.lower().count("%40") == 1:
        text = unquote(text)
    if named := _IN_BRACKETS.fullmatch(text):
        text = named[1]
    text = " ".join(text.split()).rstrip(";,. ")
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _domain(text: str) -> str | None:
    """The name of a host as the network writes it (IDNA 2008, UTS 46, ASCII); `None` if it is none."""
    name = text.lower().rstrip(".")
    if not name.isascii() or "xn--" in name:
        import idna  # noqa: PLC0415  # its tables are large, and few addresses need them

        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    return name if len(name) <= _LONGEST_DOMAIN and _PLAIN_DOMAIN.fullmatch(name) else None


_PHONE_PREFIX = re.compile(r"(?:tel|phone|callto|sms)\s*[:.]\s*", re.IGNORECASE)
_EXTENSION = re.compile(
    r"(?:;ext=|[\s,]*(?:ext\.?|extension|anknytning|ankn\.?|internnr\.?|mellék|x|#)\s*)([0-9]{1,6})$", re.IGNORECASE
)
_BETWEEN_NUMBERS = re.compile(r"[;,|]|(?<=[0-9 )])/(?=[ +]*0)|(?<=[0-9)])\s*\+")
_NOT_DIALLED = re.compile(r"[^\d\s()+./~\u2010-\u2015\u2212-]")


def _phone(kind: Kind, text: str) -> str | NoIdentifier:
    """E.164, with `;ext=` where an extension is dialled. A `+` or the rules say the country; it is never guessed."""
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    text = _PHONE_PREFIX.sub("", text, count=1) if _PHONE_PREFIX.match(text) else text
    if _CUT.fullmatch(text):
        return NoIdentifier.DIGITS_LOST
    if number := _WHOLE.fullmatch(text):
        text = number[1]
    extension = _EXTENSION.search(text)
    dialled = (text[: extension.start()] if extension else text).strip(";,| ")
    if _BETWEEN_NUMBERS.search(dialled):
        return NoIdentifier.SEVERAL
    if kind.placeholders.holds("".join(str(unicodedata.decimal(digit)) for digit in dialled if digit.isdecimal())):
        return NoIdentifier.PLACEHOLDER
    if _NOT_DIALLED.search(dialled):
        return NoIdentifier.NOT_A_NUMBER
    if "+" not in dialled and kind.country is None:
        return NoIdentifier.COUNTRY_UNKNOWN
    plain = _e164(dialled, kind.country)
    return NoIdentifier.NOT_A_NUMBER if plain is None else f"{plain};ext={extension[1]}" if extension else plain


def _e164(dialled: str, country: str | None) -> str | None:
    """A number that its country has given out, or `None`."""
    import phonenumbers  # noqa: PLC0415  # loads the plans of all countries

    try:
        found = phonenumbers.parse(dialled, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(found):
        return None
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


_FORMS: Mapping[str, Callable[[Kind, str], str | NoIdentifier]] = MappingProxyType(
    {"id": _id, "card": _card, "device": _id, "email": _email, "phone": _phone}
)
