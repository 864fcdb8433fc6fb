"""Making, changing and taking away segments: `segments.yaml` is the truth, and everything else in it stays as it is.

What somebody else saved meanwhile, on a screen or with an editor on the disk, is never written over: of another segment
it stays beside what is saved, of the same one it is shown first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from resa.base.errors import MapError, QuestionError
from resa.base.files import write_text_durably
from resa.base.language import sentence
from resa.journey_map import (
    SEGMENTS_FILE,
    Loaded,
    display_name,
    edited_segments,
    load_texts,
    map_files,
    new_key,
    remove_segment,
    segment_entries,
    segment_entry,
    segment_said,
    write_segment,
)
from resa.storage import save_text, saving_alone
from resa.workspace.drafting import difference, fingerprint, text_in

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["SegmentConflict", "SegmentEdits", "SegmentFile"]

_FIELDS: Final = ("name", "about", "owner", "map", "who")


class SegmentConflict(QuestionError):
    """Somebody else changed the segment meanwhile."""


@dataclass(frozen=True)
class SegmentFile:
    """`segments.yaml` as it is now, with all other files of the maps.

    Attributes:
        texts: The files, by name.
    """

    texts: Mapping[str, str]

    @property
    def text(self) -> str:
        """What stands in it; empty: there is none."""
        return self.texts.get(SEGMENTS_FILE, "")

    @cached_property
    def loaded(self) -> Loaded:
        """The maps as they are."""
        return load_texts(self.texts)

    def seen(self, key: str) -> str:
        """By which it is known again what the file says of a segment."""
        return fingerprint(json.dumps(segment_entry(self.text, key), sort_keys=True, ensure_ascii=False))

    def said(self, key: str) -> dict[str, str] | None:
        """What the file says of a segment; the name as people see it. `None`: there is no such segment."""
        entry = segment_entry(self.text, key)
        if entry is None:
            return None
        found = segment_said(entry)
        return {**found, "name": found["name"] or display_name(key)}

    def key_for(self, name: str) -> str:
        """The key of a new segment of this name.

        Raises:
            QuestionError: The name has neither letters nor digits.
        """
        taken = {*segment_entries(self.text), "segments"}  # a file may begin with this heading
        taken |= {persona.key for one in self.loaded.maps.values() for persona in one.personas}
        return new_key(name, taken)

    def with_words(self, key: str, words: Mapping[str, str]) -> str:
        """The file as it would be with these words of a segment."""
        before = self.said(key)
        name = words.get("name", "")
        usual = before is None and name == display_name(key)
        new = {
            field: " ".join(words[field].split()) if field != "who" else words[field].strip()
            for field in _FIELDS
            if field in words and not (field == "name" and usual)
        }
        said = {field: value for field, value in new.items() if before is None or before[field] != value}
        if "who" in said:
            said["who"] = " ".join(said["who"].split("\n"))
        return edited_segments(self.text, write_segment(key, said)) if said else self.text

    def check(self, text: str) -> None:
        """See that the maps would be right with this text.

        Raises:
            MapError: They would not be; holds what would be wrong and is not yet.
        """
        before = {str(one) for one in self.loaded.errors}
        new = [one for one in load_texts({**self.texts, SEGMENTS_FILE: text}).errors if str(one) not in before]
        if new:
            raise MapError(new)

    def difference(self, text: str) -> list[tuple[str, str]]:
        """What would change in it, line by line."""
        return difference(self.text, text)


class SegmentEdits:
    """Changes the segments of a workspace in their file.

    Args:
        shop: The workspace.
    """

    def __init__(self, shop: Workspace) -> None:
        self._shop = shop

    def file(self) -> SegmentFile:
        """The file as it is now."""
        files, _ = map_files(self._shop.folder)
        return SegmentFile({name: text_in(name, content) for name, content in files.items()})

    def save(self, key: str, words: Mapping[str, str], who: str, *, seen: str) -> None:
        """Write what is said of a segment into the file, durably; what stood there is kept.

        Args:
            key: Of the segment; it is new if there is none.
            words: Its name, about, owner, map and who; what is left out stays.
            who: The address of who does it.
            seen: `SegmentFile.seen` of the segment that the words were made of.

        Raises:
            SegmentConflict: Somebody else changed the segment meanwhile.
            MapError: It would be wrong.
            InputError: The file is written so that this cannot be changed in place.
            OSError: The file cannot be written.
        """
        self._write(key, seen, "segment.save", who, lambda file: file.with_words(key, words))

    def remove(self, key: str, who: str, *, seen: str) -> None:
        """Take a segment out of the file, durably.

        Raises:
            SegmentConflict: Somebody else changed it meanwhile.
            MapError: Something still asks for it.
            OSError: The file cannot be written.
        """
        self._write(key, seen, "segment.remove", who, lambda file: edited_segments(file.text, remove_segment(key)))

    def _write(self, key: str, seen: str, what: str, who: str, change: Any) -> None:
        store = self._shop.store
        with saving_alone(store):
            file = self.file()
            if file.seen(key) != seen:
                raise SegmentConflict(sentence("the segment was changed meanwhile; look at both, and save again"))
            text: str = change(file)
            if text == file.text:
                return
            file.check(text)
            save_text(store, SEGMENTS_FILE, file.text, who="", also=self._shop.audit.also(what, who=who, segment=key))
            if self.file().text != file.text:  # an editor on the disk was quicker
                raise SegmentConflict(sentence("the file has changed meanwhile; look at both and save again"))
            write_text_durably(self._shop.folder / SEGMENTS_FILE, text)
            save_text(store, SEGMENTS_FILE, text, who=who)
