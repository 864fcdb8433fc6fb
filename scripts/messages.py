"""Brings the catalogues of `src/resa/locale` up to date with the words they translate: `python -m scripts.messages`.

New words come in untranslated, words that are no longer said go. What a translator wrote stays.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from typer.main import get_command

from resa.analytics.results.plain_text import CELLS, HEADINGS
from resa.base.language import LANGUAGES
from resa.base.settings import Settings
from resa.cli.app import PLACES, app
from resa.cli.helping import texts_of
from resa.discovery.words import ENGLISH as FIRST_MAP
from resa.drawing.words import WORDS
from resa.reporting.words import ENGLISH
from resa.screens.words import ENGLISH as SCREENS
from resa.workspace.wording import texts

SOURCE = Path(__file__).parents[1] / "src/resa"

_KEYWORDS: dict[str, tuple[int, ...] | None] = {"sentence": None, "sentences": (1, 2), "pattern": None}
"""The calls whose first arguments are words: see `resa.base.language`."""

_TABLES = (
    ("picture", "drawing/words.py", WORDS),
    ("report", "reporting/words.py", ENGLISH),
    ("screen", "screens/words.py", SCREENS),
    ("draft", "discovery/words.py", FIRST_MAP),
    ("heading", "analytics/results/plain_text.py", HEADINGS),
    ("cell", "analytics/results/plain_text.py", CELLS),
)
"""Words that stand in tables, by a key that becomes their context."""


DOMAINS = ("resa", "templates")


def file_of(language: str, domain: str = "resa") -> Path:
    """Where a catalogue of a language lies."""
    return SOURCE / "locale" / language / f"LC_MESSAGES/{domain}.po"


def _words_of_templates() -> Catalog:
    """Every word of the files of new workspaces."""
    found = Catalog(charset="utf-8", fuzzy=False)
    for folder in sorted((SOURCE / "workspace_templates").iterdir()):
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            for kind, text in texts(file.read_text(encoding="utf-8"), file.name):
                context = ".".join(filter(None, (folder.name, kind)))
                place = file.relative_to(SOURCE / "workspace_templates").as_posix()
                found.add(text, locations=[(place, 0)], context=context)
    return found


def _words_of_the_code() -> Catalog:
    found = Catalog(project="resa", charset="utf-8", fuzzy=False)
    for context, file, table in _TABLES:
        for key, english in table.items():
            stem, _, form = key.rpartition(".")
            if form == "other" and f"{stem}.one" in table:
                continue
            if form == "one" and f"{stem}.other" in table:
                found.add((english, table[f"{stem}.other"]), locations=[(file, 0)], context=f"{context}.{stem}")
            else:
                found.add(english, locations=[(file, 0)], context=f"{context}.{key}")
    method = [("**.py", "python")]
    for file, _, words, comments, _ in sorted(
        extract_from_dir(SOURCE, method, keywords=_KEYWORDS, comment_tags=("Translators:",)),
        key=lambda entry: entry[:2],
    ):
        if words:
            found.add(words, locations=[(file, 0)], auto_comments=comments)
    for text in (*texts_of(get_command(app)), *(place.about for place in PLACES.values())):
        found.add(text, locations=[("cli", 0)])
    for setting in Settings.table():
        found.add(str(setting.about), locations=[("base/settings.py", 0)])
    return found


def catalogue_of(language: str, domain: str = "resa") -> Catalog:
    """A catalogue of a language as it lies there; empty if there is none."""
    file = file_of(language, domain)
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def updated(language: str, domain: str = "resa") -> bytes:
    """A catalogue of a language with the words that are said, no others, and the translations that it has."""
    known = catalogue_of(language, domain)
    words = _words_of_templates() if domain == "templates" else _words_of_the_code()
    fresh = Catalog(
        locale=language, project="Resa", version="", copyright_holder="the Resa authors", fuzzy=False, charset="utf-8"
    )
    what = "What the files of a new workspace say" if domain == "templates" else "What Resa says"
    fresh.header_comment = f"# {what}, in {known.locale.english_name if known.locale else language}."
    for entry in words:
        if not entry.id:
            continue
        old = known.get(entry.id if isinstance(entry.id, str) else entry.id[0], entry.context)
        same = old is not None and old.id == entry.id
        fresh.add(
            entry.id,
            old.string if old is not None and same else None,
            locations=entry.locations,
            flags=["fuzzy"] if old is not None and old.fuzzy else [],
            auto_comments=entry.auto_comments,
            user_comments=old.user_comments if old is not None else (),
            context=entry.context,
        )
    written = BytesIO()
    write_po(written, fresh, width=120, include_lineno=False)
    # Dates and names of programs would change with every run and tell nobody anything.
    lines = written.getvalue().split(b"\n")
    noise = (
        b'"POT-Creation-Date',
        b'"PO-Revision-Date',
        b'"Generated-By',
        b'"Last-Translator',
        b'"Report-Msgid',
        b'"Language-Team',
        b'"Project-Id',
    )
    return b"\n".join(line for line in lines if not line.startswith(noise))


def main() -> None:
    """Write all catalogues, and say what is left to translate."""
    for language in LANGUAGES:
        if language == "en":
            continue
        for domain in DOMAINS:
            file = file_of(language, domain)
            content = updated(language, domain)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            missing = [entry for entry in catalogue_of(language, domain) if entry.id and not _translated(entry.string)]
            sys.stdout.write(f"{language}, {domain}: {len(missing)} to translate\n")


def _translated(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


if __name__ == "__main__":
    main()
