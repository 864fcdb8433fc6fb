"""The same question for elsewhere: as a command, in Python, and as a document."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any, Final

from resa.analytics import Question

__all__ = ["as_command", "as_document", "as_python"]

_NAMED_BEHIND: Final[Mapping[str, str]] = {
    "funnel": "steps",
    "expectations": "names",
    "trend": "of",
    "planned": "plans",
    "conformance": "plans",
    "improvements": "names",
    "metrics": "names",
    "channels": "of",
}
"""What stands behind the kind of question in a command."""

_WITH_COMMAS: Final = frozenset({"unless", "start", "end", "returns", "brackets", "compare"})
_SAID_OTHERWISE: Final = {"kinds": "kind"}


def as_command(question: Question) -> str:
    """The command that asks the same; empty: none can, since a name holds a comma."""
    document = question.document
    kind = document.pop("kind")
    behind = document.pop(_NAMED_BEHIND.get(kind, ""), [])
    left_out = document.pop("optional", [])
    words = [
        ",".join(one) if isinstance(one, list) else one for one in ([behind] if isinstance(behind, str) else behind)
    ]
    words = [f"{word}?" if word in left_out else word for word in words]
    for name, value in document.items():
        option = "--" + _SAID_OTHERWISE.get(name, name).replace("_", "-")
        match value:
            case bool() if name == "curve":
                words += ["--part", "curve"]
            case bool():
                words.append(option if value else option.replace("--", "--no-", 1))
            case list() if name in _WITH_COMMAS:
                if any("," in one or one != one.strip() for one in value):
                    return ""
                words += [option, ",".join(value)]
            case list():
                words += [word for one in value for word in (option, one)]
            case float():
                words += [option, f"{value * 100:g} %"]
            case _:
                words += [option, str(value)]
    return shlex.join(["resa", "measure", kind, *words])


def as_python(question: Question) -> str:
    """The line of Python that asks the same of `shop`."""
    document = question.document
    kind = document.pop("kind")
    words: dict[str, Any] = {{"from": "since"}.get(name, name): value for name, value in document.items()}
    return f"shop.measure.{kind}({', '.join(f'{name}={value!r}' for name, value in words.items())})"


def as_document(question: Question) -> str:
    """The question as JSON, which is YAML too."""
    return json.dumps(question.document, ensure_ascii=False, indent=2)
