"""Drafts of maps: what people edit on screens, step by step, until it is saved into the file.

The file is the map; a draft is one person's and changes nothing that others see. It remembers the file that it was made
of. If that has changed by the time it is saved, by somebody else's draft or by an editor on the disk, both are put
together first, and where they disagree a person chooses. What a file was before it was saved is kept, whoever wrote it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import unified_diff
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from resa.base.errors import MapError, Problem, QuestionError
from resa.base.files import write_text_durably
from resa.base.language import sentence
from resa.documents import MAXIMUM_CHARACTERS, Choice, Part, merge, merged_text, read_document, steps_between
from resa.journey_map import (
    Change,
    Loaded,
    Place,
    Span,
    edited,
    innermost,
    load_texts,
    map_files,
    map_key,
    places_of,
)
from resa.model.journey import JourneyMap
from resa.storage import (
    DraftStep,
    SavedText,
    add_step,
    drop_draft,
    list_steps,
    redo_step,
    save_text,
    saved_text,
    saved_texts_of,
    saving_alone,
    settle_draft,
    undo_step,
)

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["Draft", "Drafts", "Overtaken", "difference", "fingerprint", "text_in"]

_TRIES = 20
"""So often a change is made anew of a draft that somebody changes at the same moment, in another browser."""

_LOOKED_BACK = 12
"""So many steps are looked at for one whose map can be read; then the file is."""

_NOBODY = 0
"""The number of no person: whose drafts there are none of."""

_MOVED = sentence("your draft was changed elsewhere meanwhile; look at it as it is now")
_OVERTAKEN = sentence("the file has changed meanwhile; look at both and take it in")


class Overtaken(QuestionError):
    """Somebody else changed the file meanwhile."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One person's draft of a map's file; without steps, the file as it is.

    Attributes:
        key: Of the map.
        file: Relative to the workspace.
        found: What stands in the file now.
        steps: What was changed, oldest first, with what was undone and can be done again.
        others: All files of the maps, as they are now.
    """

    key: str
    file: str
    found: str
    steps: tuple[DraftStep, ...]
    others: Loaded

    @property
    def done(self) -> tuple[DraftStep, ...]:
        """The steps that were not undone."""
        return tuple(step for step in self.steps if not step.undone)

    @property
    def redoable(self) -> DraftStep | None:
        """What would be done again."""
        return next((step for step in self.steps if step.undone), None)

    @property
    def text(self) -> str:
        """The file as in the draft."""
        return self.done[-1].text if self.done else self.found

    @property
    def base(self) -> str:
        """The file that the draft was made of."""
        return self.done[-1].base if self.changed else self.found

    @property
    def number(self) -> int:
        """Of the newest step that holds; 0: there is none."""
        return self.done[-1].number if self.done else 0

    def text_seen(self, seen: str) -> str | None:
        """The text of any of its steps, or of the file, by its fingerprint; `None`: there was none such."""
        texts = (self.text, self.found, *(text for step in self.steps for text in (step.text, step.base)))
        return next((text for text in texts if fingerprint(text) == seen), None)

    @property
    def changed(self) -> bool:
        """Whether it says anything else than the file."""
        return self.text != self.found

    @property
    def overtaken(self) -> bool:
        """Whether somebody changed the file since the draft was made of it."""
        return self.changed and self.base != self.found

    @cached_property
    def loaded(self) -> Loaded:
        """The maps of the workspace as they would be with this draft."""
        return _loaded({**self.others.texts, self.file: self.text})

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with it, errors first."""
        return tuple(sorted(self.loaded.problems, key=lambda one: one.severity != "error"))

    @property
    def wrong(self) -> tuple[Problem, ...]:
        """What stops it from being saved: errors, in whichever file, that are not there without it."""
        before = {str(one) for one in self.others.errors}
        new = tuple(one for one in self.loaded.errors if str(one) not in before)
        return new or (self.loaded.errors if self.map is None else ())

    @property
    def map(self) -> JourneyMap | None:
        """The map as it would be; `None`: its file or one that it needs is wrong."""
        return self.loaded.maps.get(self.key)

    @cached_property
    def whole(self) -> Draft:
        """The draft when its map could last be read: as it is now, some steps ago, or the file without it."""
        steps = [*range(len(self.done), 0, -1)][:_LOOKED_BACK]
        earlier = (self if number == len(self.done) else replace(self, steps=self.done[:number]) for number in steps)
        return next((one for one in earlier if one.map is not None), replace(self, steps=()))

    @cached_property
    def places(self) -> Mapping[Place, Span]:
        """Where its text says what, as far as it can be read."""
        return _places(self.file, self.text)

    @cached_property
    def amiss(self) -> Mapping[Place, Sequence[Problem]]:
        """What is wrong in its text, by what of the wall it belongs to most closely."""
        found: defaultdict[Place, list[Problem]] = defaultdict(list)
        for problem in self.problems:
            if problem.file == self.file and problem.line is not None:
                place = innermost(self.places, (problem.line, problem.column or 1))
                if place is not None:
                    found[place].append(problem)
        return found

    @cached_property
    def parts(self) -> Sequence[Part]:
        """The draft and the file that has changed meanwhile, put together."""
        return merge(self.base, self.text, self.found)


class Drafts:
    """The drafts of a workspace.

    Args:
        shop: The workspace.
    """

    def __init__(self, shop: Workspace) -> None:
        self._shop = shop

    def of(self, person: int, key: str) -> Draft:
        """A person's draft of a map.

        Raises:
            QuestionError: There is no file of such a map.
        """
        files, _ = map_files(self._shop.folder)
        file = next((name for name in files if _is_map(name) and map_key(name) == key), None)
        if file is None:
            self._shop.map(key)
            raise QuestionError(sentence("the map has no file"))
        texts = {name: text_in(name, content) for name, content in files.items()}
        return Draft(
            key=key,
            file=file,
            found=texts[file],
            steps=tuple(list_steps(self._shop.store, person, file)),
            others=_loaded(texts),
        )

    def change(self, person: int, key: str, about: str, *changes: Change) -> Draft:
        """Change the map in a person's draft.

        Args:
            person: Whose draft.
            key: Of the map.
            about: What is changed, in words.
            *changes: See `resa.journey_map.editing`.

        Raises:
            QuestionError: It cannot be changed so.
            InputError: The file is written so that this cannot be changed in place.
            MapError: The map would be wrong; nothing was changed.
        """
        for _ in range(_TRIES):
            draft = self.of(person, key)
            if draft.map is None:
                raise MapError(draft.loaded.errors)
            text = edited(draft.file, draft.text, *changes)
            after = replace(draft, steps=(*draft.done, _step(draft, text)))
            if after.map is None or after.wrong:
                raise MapError(after.wrong)
            if (kept := self._kept(person, draft, text, about)) is not None:
                return kept
        raise QuestionError(_MOVED)

    def write(self, person: int, key: str, about: str, text: str, *, seen: str | None = None) -> Draft:
        """Write the text of a person's draft, right or wrong; what is wrong cannot be saved.

        Args:
            person: Whose draft.
            key: Of the map.
            about: What is changed, in words.
            text: The whole of it.
            seen: `fingerprint` of the text that this was made of; `None`: of whatever stands there.

        Raises:
            QuestionError: The draft is another one meanwhile, or the text is too long.
        """
        draft = self.of(person, key)
        if len(text) > MAXIMUM_CHARACTERS:
            raise QuestionError(sentence("the file is too large to be written by a person"))
        if seen not in (None, fingerprint(draft.text)):
            raise QuestionError(_MOVED)
        kept = self._kept(person, draft, _with_line_ends_of(draft.text, text), about)
        if kept is None:
            raise QuestionError(_MOVED)
        return kept

    def _kept(self, person: int, draft: Draft, text: str, about: str, base: str | None = None) -> Draft | None:
        """The draft with a step more; `None`: it is another one meanwhile."""
        if text == draft.text and base is None:
            return draft
        made = draft.base if base is None else base
        store = self._shop.store
        added = add_step(store, person, draft.file, after=draft.number, base=made, text=text, about=about)
        return self.of(person, draft.key) if added else None

    def undo(self, person: int, key: str) -> None:
        """Take the last change back."""
        undo_step(self._shop.store, person, self.of(person, key).file)

    def redo(self, person: int, key: str) -> None:
        """Do again what was taken back."""
        redo_step(self._shop.store, person, self.of(person, key).file)

    def drop(self, person: int, key: str) -> None:
        """Throw the draft away; step by step it can be done again, until something else is changed."""
        drop_draft(self._shop.store, person, self.of(person, key).file)

    def take_in(self, person: int, key: str, about: str, choices: Sequence[Choice] = (), *, seen: str) -> Draft:
        """Put what others changed meanwhile into a person's draft.

        Args:
            person: Whose draft.
            key: Of the map.
            about: What is changed, in words.
            choices: Where both disagree, in order, whose words hold.
            seen: `fingerprint` of the file that the choices are about.

        Raises:
            QuestionError: A choice is missing, or the file has changed again.
        """
        draft = self.of(person, key)
        if fingerprint(draft.found) != seen:
            raise QuestionError(sentence("the file has changed again; look at what is different now"))
        text = merged_text(draft.parts, choices)
        if text is None:
            raise QuestionError(sentence("choose whose words hold at every place where both changed the same"))
        kept = self._kept(person, draft, text, about, draft.found)
        if kept is None:
            raise QuestionError(_MOVED)
        return kept

    def save(self, person: int, key: str, who: str, *, seen: str | None = None) -> None:
        """Write the draft into the file, durably. What stood there is kept, and what is saved.

        Args:
            person: Whose draft.
            key: Of the map.
            who: Their address.
            seen: `fingerprint` of the draft that they looked at; `None`: whatever it is now.

        Raises:
            QuestionError: The file or the draft has changed meanwhile.
            MapError: The map is wrong, or another file with it.
            OSError: The file cannot be written.
        """
        store = self._shop.store
        with saving_alone(store):
            draft = self.of(person, key)
            if draft.overtaken:
                raise QuestionError(_OVERTAKEN)
            if seen not in (None, fingerprint(draft.text)):
                raise QuestionError(_MOVED)
            if draft.wrong:
                raise MapError(draft.wrong)
            self._write(draft, who)
            settle_draft(store, person, draft.file, saved=draft.number, text=draft.text)

    def with_text(self, key: str, text: str, *, seen: str, base: str | None = None) -> Draft:
        """A map with another text of its file, which a program wrote and which is kept nowhere yet.

        Args:
            key: Of the map.
            text: The whole of it.
            seen: `fingerprint` of the file that it was made of.
            base: That file, for what others changed meanwhile to be put into the text; `None`: that is not wanted.

        Raises:
            Overtaken: The file has changed meanwhile, and both cannot be put together, or shall not be.
            QuestionError: There is no file of such a map, or the text is too long.
        """
        if len(text) > MAXIMUM_CHARACTERS:
            raise QuestionError(sentence("the file is too large to be written by a person"))
        draft = self.of(_NOBODY, key)
        if fingerprint(draft.found) != seen:
            if base is None or fingerprint(base) != seen:
                raise Overtaken(_OVERTAKEN)
            both = merged_text(merge(base, text, draft.found))
            if both is None:
                raise Overtaken(sentence("others changed the same place meanwhile; read the file, and choose"))
            text = both
        return replace(draft, steps=(_step(draft, text),))

    def put(self, key: str, text: str, who: str, *, seen: str, base: str | None = None) -> Draft:
        """Write such a text into the file, durably. What stood there is kept, and what is saved.

        Raises:
            Overtaken: As above.
            QuestionError: As above.
            MapError: The map would be wrong, or another file with it.
            OSError: The file cannot be written.
        """
        with saving_alone(self._shop.store):
            draft = self.with_text(key, text, seen=seen, base=base)
            if draft.wrong:
                raise MapError(draft.wrong)
            self._write(draft, who)
        return draft

    def _write(self, draft: Draft, who: str) -> None:
        """Write a draft into the file, unless it says the same."""
        store = self._shop.store
        if draft.changed:
            also = self._shop.audit.also("map.save", who=who, map=draft.key)
            save_text(store, draft.file, draft.found, who="", also=also)
            path = self._shop.folder / draft.file
            if read_document(draft.file, path.read_bytes()).text != draft.found:
                raise Overtaken(_OVERTAKEN)  # an editor on the disk was quicker
            write_text_durably(path, draft.text)
            save_text(store, draft.file, draft.text, who=who)

    def history(self, key: str) -> list[SavedText]:
        """What the file of a map was, newest first."""
        return saved_texts_of(self._shop.store, self.of(_NOBODY, key).file)

    def saved(self, key: str, number: int) -> SavedText:
        """What the file of a map was, by its number.

        Raises:
            QuestionError: There is none.
        """
        found = saved_text(self._shop.store, number)
        if found is None or found.file != self.of(_NOBODY, key).file:
            raise QuestionError(sentence("there is no such version of this map"))
        return found


_places = lru_cache(maxsize=8)(places_of)
"""Where texts say what, which is asked for at each look at a wall with its text."""


@lru_cache(maxsize=64)
def text_in(file: str, content: bytes) -> str:
    """A file as text, however it is encoded; of those that were asked for just before, nothing is read again."""
    return read_document(file, content).text


def _loaded(texts: Mapping[str, bytes | str]) -> Loaded:
    """The maps that texts say; those that were asked for just before are not read again."""
    return _loaded_of(tuple(texts.items()))


@lru_cache(maxsize=8)
def _loaded_of(texts: tuple[tuple[str, bytes | str], ...]) -> Loaded:
    return load_texts(dict(texts))


def fingerprint(text: str) -> str:
    """By which a text is known again."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """What changes between two texts: each line with its sign, `+`, `-`, a space, or `@` where lines are left out."""
    lines = list(unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm=""))[2:]
    return [(line[:1] or " ", line[1:] if line[:1] in {"+", "-", " "} else "") for line in lines]


def _is_map(name: str) -> bool:
    return name == "journey.yaml" or name.startswith("journeys/")


def _step(draft: Draft, text: str) -> DraftStep:
    """A step that is not kept yet, by which it is looked at what the map would be."""
    return DraftStep(
        number=draft.number + 1, base=draft.base, text=text, about="", at=datetime.min.replace(tzinfo=UTC), undone=False
    )


def _with_line_ends_of(before: str, text: str) -> str:
    """A text as a browser sends it, with the line ends, and the mark at its beginning, of the one before it."""
    mark = "\ufeff" if before.startswith("\ufeff") and not text.startswith("\ufeff") else ""
    ending = "\r\n" if before.count("\r\n") * 2 > before.count("\n") else "\n"
    old, new = before.removeprefix("\ufeff").splitlines(keepends=True), text.splitlines(keepends=True)
    bare, wanted = ([line.rstrip("\r\n") for line in lines] for lines in (old, new))
    lines: list[str] = []
    for kind, first, _, start, end in steps_between(bare, wanted):
        for step in range(end - start):
            ended = new[start + step] != wanted[start + step]
            there = old[first + step] if kind == "equal" else ""
            same = there and ended == (there != bare[first + step])
            lines.append(there if same else wanted[start + step] + (ending if ended else ""))
    return mark + "".join(lines)
