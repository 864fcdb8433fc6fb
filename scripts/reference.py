"""Write `docs/reference/` from the program itself: `python -m scripts.reference`. A test fails when a page is stale."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from resa.analytics import COLUMNS, COMPARED_COLUMNS, KINDS, VIEWS, VIEWS_VERSION, Column, Question
from resa.base.settings import Settings
from resa.cli.app import EXIT_CODES, app
from resa.collector import WORDS, source_schema
from resa.consent import consent_schema
from resa.expressions import EVENT_FIELDS, FUNCTIONS, Scope
from resa.identity import KINDS as KINDS_OF_IDENTIFIERS
from resa.identity import rules_schema
from resa.journey_map import json_schema
from resa.screens import api
from resa.web import METRICS, openapi

__all__ = ["pages"]

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"

_MADE = "<!-- Made by `python -m scripts.reference`; change the program, not this page. -->\n"


def pages() -> dict[str, str]:
    """Every page by file name."""
    return {
        "commands.md": _page("Commands", _commands()),
        "consent.md": _page("consent.yaml", _consent()),
        "expressions.md": _page("Expressions", _expressions()),
        "http.md": _page("What there is over HTTP", _http()),
        "identity.md": _page("identity.yaml", _identity()),
        "journey_file.md": _page("The journey file", _journey_file()),
        "metrics.md": _page("Metrics of the server", _metrics()),
        "questions.md": _page("Questions and answers", _questions()),
        "settings.md": _page("Settings", _settings()),
        "sources.md": _page("Source files", _sources()),
        "views.md": _page("Views of `resa sql`", _views()),
    }


def _page(title: str, parts: Iterable[str]) -> str:
    return f"# {title}\n\n{_MADE}\n" + "\n".join(parts).rstrip() + "\n"


def _table(headings: tuple[str, ...], rows: Iterable[Iterable[str]]) -> str:
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _commands() -> Iterator[str]:
    yield "Every command takes `-h`. Data go to stdout, everything else to stderr.\n"
    yield _table(("exit code", "means"), ((f"`{code}`", meaning) for code, meaning in EXIT_CODES.items()))
    yield from _command(get_command(app), "resa")


def _command(command: Any, name: str) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        context = command.make_context(name, [], resilient_parsing=True)
        for key in command.list_commands(context):
            yield from _command(command.get_command(context, key), f"{name} {key}")
        return
    yield f"## `{name}`\n"
    yield (command.help or "").strip() + "\n"
    rows = []
    for parameter in command.params:
        if parameter.name == "help":
            continue
        shown = ", ".join(f"`{option}`" for option in parameter.opts) or f"`{parameter.name}`"
        if parameter.param_type_name == "argument":
            shown = f"`{parameter.name.upper()}`"
        default = parameter.default
        plain = default is None or default is False or callable(default) or default == ()
        rows.append(
            (shown, getattr(parameter, "help", "") or "", "" if plain else f"`{getattr(default, 'value', default)}`")
        )
    if rows:
        yield _table(("", "", "default"), rows)


def _settings() -> Iterator[str]:
    yield (
        "In `resa.toml` of the workspace; an environment variable overrules the file, and an option of a command, "
        "where there is one, both. `resa settings` shows what holds, and where it was said.\n"
    )
    yield _table(
        ("setting", "type", "default", "environment", "what it does"),
        (
            (f"`{one.name}`", one.kind, f"`{json.dumps(one.default)}`", f"`{one.variable}`", one.about)
            for one in Settings.table()
        ),
    )


def _metrics() -> Iterator[str]:
    yield (
        "`resa serve` gives them at `/metrics` in the text format of Prometheus, to this machine, and to who has a key "
        "of the scope `metrics` ([how](../howto/run_as_a_service.md)). None tells of a person.\n"
    )
    yield _table(
        ("metric", "kind", "labels", "what it says"),
        (
            (f"`{one.shown}`", one.kind, ", ".join(f"`{label}`" for label in one.labels), one.about)
            for one in METRICS.values()
        ),
    )
    yield (
        "`way`: `segment`, `hook`, `link`, `pixel`, `consent`, `setup`, or `other`. `reason`: the `code` of an answer, "
        "or `gone`; of "
        "429 `rate_limited` or `no_room`. On Linux the numbers of the process that takes requests come with them: "
        "`process_cpu_seconds_total`, "
        "`process_resident_memory_bytes`, `process_open_fds`, `process_max_fds`, `process_start_time_seconds`, "
        "`process_virtual_memory_bytes`.\n"
    )


def _http() -> Iterator[str]:
    yield (
        "From the OpenAPI documents that `resa serve` gives: of what it takes at `/openapi.json`, and of what it tells "
        "at `/api/v1/openapi.json`. Tests send what they allow, and what they do not, and find no other answer.\n"
    )
    yield "## Events, and how the server is doing\n"
    yield from _operations(openapi(), "Answers that refuse")
    yield "## What the screens show\n"
    yield "With a key as `Authorization: Bearer resa_…` ([how](../howto/ask_by_http.md)).\n"
    yield from _operations(api.openapi(), "Answers of the API that refuse")


def _operations(document: dict[str, Any], heading: str) -> Iterator[str]:
    rows = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            scopes = [scope for key in operation.get("security", ()) for scope in key.get("bearer", ())]
            needs = f" (`{'`, `'.join(scopes)}`)" if scopes else ""
            rows.append((f"`{method.upper()} {path}`", operation["summary"] + needs, ", ".join(operation["responses"])))
    yield _table(("address", "what for", "answers"), rows)
    yield f"### {heading}\n"
    refused = document["components"]["responses"].items()
    yield _table(("status", "means"), ((name.removeprefix("Problem"), one["description"]) for name, one in refused))


def _expressions() -> Iterator[str]:
    yield (
        "One language for `when`, `who`, `value`, `score`, filters and the rows of sources. It is SQL's: `and`, `or`, "
        "`not`, `=`, `<>`, `<`, `between`, `in`, `is null`, `like`, `case`, `+ - * /`. What cannot be computed is "
        "null, and null is not true.\n"
    )
    yield "## Fields of an event\n"
    yield _table(("field", "holds"), ((f"`{name}`", kind) for name, kind in EVENT_FIELDS.items()))
    yield "`properties.a.b` reads into the event's properties, `traits.a` into a customer's traits.\n"
    titles = {
        Scope.EVENT: "Events: `when`, `value`, `score`, `--events`",
        Scope.CUSTOMER: "Customers: `who`, `if`, `--where`",
        Scope.ROW: "Rows of a file: `expression:` and `select:`",
    }
    for scope, title in titles.items():
        yield f"## {title}\n"
        rows = (
            (f"`{function.signature}`", function.meaning)
            for function in sorted(FUNCTIONS, key=lambda function: function.name)
            if scope in function.scopes and (scope is Scope.EVENT or function.scopes != frozenset(Scope))
        )
        yield _table(("function", "gives"), rows)


def _questions() -> Iterator[str]:
    yield (
        "A question is a JSON document; `resa measure` and `Workspace.measure` say the same. An answer has one or more "
        "tables with these columns. On a screen `resa measure` leaves some columns out; `--format` writes all.\n"
    )
    yield "## All questions\n"
    yield _table(("asks", "means"), _attributes(Question))
    yield "A group-by adds the column `group` in front. `compare` puts the table `compared` in front of all others:\n"
    yield "what a row is about, and then\n"
    yield _column_table(COMPARED_COLUMNS)
    for kind, question in KINDS.items():
        yield f"## {kind}\n"
        yield _first_paragraph(question.__doc__) + "\n"
        own = list(_attributes(question))
        if own:
            yield _table(("asks", "means"), own)
        for part, columns in COLUMNS[kind].items():
            yield f"Table `{part}`:\n"
            yield _column_table(columns)


def _column_table(columns: Iterable[Column]) -> str:
    return _table(("column", "type", "says"), ((f"`{c.name}`", str(c.type), c.about) for c in columns))


def _attributes(question: type) -> Iterator[tuple[str, str]]:
    """What a question takes beside what all take, from its docstring."""
    _, _, listed = (question.__doc__ or "").partition("Attributes:\n")
    for name, about in re.findall(r"^ {8}(\w+): (.*(?:\n {12}.*)*)", listed, re.MULTILINE):
        yield f"`{name}`", " ".join(about.split())


def _views() -> Iterator[str]:
    yield (
        "`resa sql` runs one SELECT (DuckDB's SQL) over these; `resa views export` writes them as Parquet files. They "
        f"are read-only, and stable. This is version {VIEWS_VERSION}: what is added raises its second number; what is "
        "renamed, removed, or comes to mean another thing raises the first. See "
        "[Read the views elsewhere](../howto/read_elsewhere.md).\n"
    )
    for name, view in VIEWS.items():
        yield f"## `{name}`\n"
        yield view.about + "\n"
        yield _column_table(view.columns)


def _journey_file() -> Iterator[str]:
    yield "`resa map schema` writes this as JSON Schema, for editors that complete and check while one writes.\n"
    yield (
        "A block has short forms: a stage may be the list of its touchpoints, a channel its kind, a pain point its "
        "text, an emotion one number. A step is one of those below.\n"
    )
    yield from _schema(json_schema())
    yield "## `segments.yaml`\n"
    yield "Shared by all maps: the name of a segment, and what it is, or the condition alone.\n"
    yield _keys(json_schema("segments")["$defs"]["SegmentShape"]["properties"])
    yield "## `traits.yaml`\n"
    yield "Shared by all maps: the name of a trait, and how it is computed, or whose word counts.\n"
    yield _keys(json_schema("traits")["$defs"]["TraitShape"]["properties"])


def _identity() -> Iterator[str]:
    schema = rules_schema()
    yield (
        "Which identifiers may join, in the folder of the workspace. Every key may be left out, and so may the file "
        "([what the rules do](../explanation/identity.md)). `resa map check` checks it; `resa map schema identity` "
        "writes this as JSON Schema.\n"
    )
    yield _keys(schema["properties"])
    yield "## A kind\n"
    yield "Under `kinds:`, by its name, what differs from its defaults.\n"
    yield _keys(schema["$defs"]["KindShape"]["properties"])
    yield "## Likeness\n"
    yield "Under `likeness:`, probabilities from 0 to 1 that two customers who are alike are one.\n"
    yield _keys(schema["$defs"]["LikenessShape"]["properties"])
    yield "## Defaults\n"
    rows = (
        (f"`{kind.name}`", kind.names, "yes" if kind.unique else "", str(kind.limit), _beyond(kind.shared_beyond))
        for kind in KINDS_OF_IDENTIFIERS.values()
    )
    yield _table(("kind", "names", "unique", "limit", "shared beyond"), rows)


def _consent() -> Iterator[str]:
    schema = consent_schema()
    parts = schema["$defs"]
    yield (
        "What customers are asked for, in the folder of the workspace ([how](../howto/consent.md), "
        "[why](../explanation/consent.md)). `resa map check` checks it; `resa map schema consent` writes this as "
        "JSON Schema.\n"
    )
    yield _keys(schema["properties"])
    for heading, about, name in (
        ("A purpose", "Under `purposes:`, by its key.", "PurposeShape"),
        ("A topic", "Under `topics:`, by its key.", "TopicShape"),
        ("Events", "Under `events:`.", "EventsShape"),
    ):
        yield f"## {heading}\n"
        yield f"{about}\n"
        yield _keys(parts[name]["properties"])


def _beyond(number: int | None) -> str:
    return "never" if number is None else str(number)


def _sources() -> Iterator[str]:
    yield (
        "`sources/<name>.yaml`, one file a source. `path:`, `database:` or `hook:`, and one of `columns:` "
        "and `select:`, are needed. A column is named by its name alone, or by a block (see Cell).\n"
    )
    shown: set[tuple[str, str]] = set()
    for kind, schema in source_schema().items():
        yield f"## `kind: {kind}`\n"
        yield _first_paragraph(schema["description"]) + "\n"
        yield _keys({key: entry for key, entry in schema["properties"].items() if (key, str(entry)) not in shown})
        shown |= {(key, str(entry)) for key, entry in schema["properties"].items()}
        if len(shown) > len(schema["properties"]):
            yield "And the keys that `events` has, but for `without_customer` and `exclude`.\n"
        for name, block in schema["$defs"].items():
            if block.get("properties") and (name, str(block)) not in shown:
                shown.add((name, str(block)))
                yield f"### {_words(name)}\n"
                yield _first_paragraph(block["description"]) + "\n"
                yield _keys(block["properties"])
    yield "## Why rows are refused\n"
    yield "A refused row is kept with the first reason that applies.\n"
    yield _table(("reason", "says"), ((f"`{reason}`", words) for reason, words in sorted(WORDS.items())))


def _schema(schema: dict[str, Any]) -> Iterator[str]:
    blocks = {"": schema, **schema.get("$defs", {})}
    for name, block in blocks.items():
        if not block.get("properties"):
            continue
        yield f"## {_words(name)}\n" if name else "## Top level\n"
        if block.get("description") and name:
            yield _first_paragraph(block["description"]) + "\n"
        yield _keys(block["properties"])


def _keys(entries: dict[str, Any]) -> str:
    rows = ((f"`{key}`", _takes(entry), entry.get("description", "")) for key, entry in entries.items())
    return _table(("key", "takes", "means"), rows)


def _takes(entry: dict[str, Any], *, inside: bool = False) -> str:
    """What an entry may be, in words; inside a list or a mapping a block's short forms are left out."""
    if "$ref" in entry:
        name = entry["$ref"].rpartition("/")[2]
        return "step" if name.endswith("Step") else _words(name)
    if "enum" in entry or "const" in entry:
        return ", ".join(f"`{value}`" for value in entry.get("enum", [entry.get("const")]))
    several = entry.get("anyOf") or entry.get("oneOf")
    if several:
        blocks = [part for part in several if "$ref" in part] if inside else []
        words = dict.fromkeys(_takes(part, inside=inside) for part in blocks or several if part.get("type") != "null")
        return f"({' or '.join(words)})" if inside and len(words) > 1 else " or ".join(words)
    if entry.get("type") == "array":
        return f"list of {_takes(entry.get('items', {}), inside=True)}"
    if isinstance(entry.get("additionalProperties"), dict):
        return f"name: {_takes(entry['additionalProperties'], inside=True)}"
    kind = entry.get("type", "text")
    return {"string": "text", "boolean": "true or false", "object": "mapping"}.get(str(kind), str(kind))


def _words(name: str) -> str:
    """`TouchpointShape` as `Touchpoint`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Shape").strip("_")).capitalize()


def _first_paragraph(text: str | None) -> str:
    return " ".join((text or "").strip().split("\n\n")[0].split())


def main() -> None:
    """Write all pages."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        typer.echo(f"wrote docs/reference/{name}")


if __name__ == "__main__":
    main()
