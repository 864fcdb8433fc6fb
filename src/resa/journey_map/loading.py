"""Reading the maps of a workspace: every file, every problem, and the maps that are right."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import RootModel

from resa.base.errors import MapError, Problem, QuestionError, did_you_mean
from resa.base.language import sentence
from resa.documents import Document, Finding, Written, read_document, spelling, validate, walk
from resa.journey_map.customer_shapes import SegmentsFile, SegmentShape, TraitsFile, TraitShape
from resa.journey_map.customers import check_segments_shared
from resa.journey_map.flows import ReactionShape
from resa.journey_map.names import normalised
from resa.journey_map.reacting import check_reaction
from resa.journey_map.references import Place, References
from resa.journey_map.resolving import resolve
from resa.journey_map.shapes import (
    ExpectShape,
    MapShape,
    ReactionFile,
    ReactionsFile,
    SignalsFile,
    SignalShape,
    TouchpointShape,
)
from resa.journey_map.signalling import check_strangers, former_names, shared_signals
from resa.model.journey import JourneyMap

__all__ = ["Loaded", "load_maps", "load_texts", "map_files", "map_key", "read_map"]

_SECTIONS = {
    "stages": "touchpoint",
    "touchpoints": "expectation",
    "personas": "persona",
    "improvements": "improvement",
    "reactions": "reaction",
    "channels": "channel",
}
"""Which names each section of a file defines."""

_ARROWS = {"expect", "promise"}

_SHARED = ("signals.yaml", "traits.yaml", "segments.yaml")
"""Files that belong to every map, beside those of `reactions/`."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What was read from a workspace.

    Attributes:
        maps: The maps without errors, by key.
        problems: Everything that is wrong in any file, in the order of files and lines. Warnings stop nothing.
        texts: The files that were read, as the user would name them, with what stood in them.
        findings: The problems with their repairs.
        places: For each map, where its things stand.
        folder: Where it was read from, if from a folder.
    """

    maps: Mapping[str, JourneyMap] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    texts: Mapping[str, bytes | str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    places: Mapping[str, Mapping[Place, Written]] = field(default_factory=dict)
    folder: Path | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that were read."""
        return tuple(self.texts)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop a map from being used."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    def map(self, key: str | None = None) -> JourneyMap:
        """One map; without a key the only one.

        Raises:
            MapError: The map's files are wrong; holds all problems.
            QuestionError: There is no such map, or there are several and none was named.
        """
        if key is None and len(self.maps) == 1 and not self.errors:
            return next(iter(self.maps.values()))
        if key is not None and key in self.maps:
            return self.maps[key]
        if self.errors:
            raise MapError(self.errors)
        names = ", ".join(sorted(self.maps)) or sentence("none yet")
        if key is None:
            raise QuestionError(sentence("name one of the maps with --map: {names}", names=names))
        raise QuestionError(
            sentence(
                "there is no map '{key}'; there are: {names}{suggestion}",
                key=key,
                names=names,
                suggestion=did_you_mean(key, self.maps),
            )
        )

    def text(self, journey_map: JourneyMap) -> str:
        """What stands in the file of a map."""
        return _as_text(self.texts[journey_map.file])

    def version_text(self, journey_map: JourneyMap) -> str:
        """The files that a map is made of, whole, as a JSON object of text by name: what a version keeps."""
        names = (journey_map.file, *_shared(self.texts))
        return json.dumps({name: _as_text(self.texts[name]) for name in names}, ensure_ascii=False, indent=1)


def _shared(files: Iterable[str]) -> tuple[str, ...]:
    """The files that belong to every map of a workspace."""
    return tuple(name for name in files if name in _SHARED or name.startswith("reactions/"))


def _as_text(content: bytes | str) -> str:
    return content if isinstance(content, str) else content.decode("utf-8-sig", "replace")


@dataclass
class _Read:
    """The files of a workspace while they are read."""

    findings: list[Finding] = field(default_factory=list)
    signals: dict[Written, SignalShape] = field(default_factory=dict)
    reactions: dict[Written, ReactionShape] = field(default_factory=dict)
    segments: dict[Written, SegmentShape] = field(default_factory=dict)
    traits: dict[Written, TraitShape] = field(default_factory=dict)
    shapes: dict[str, tuple[MapShape, Document, frozenset[str]]] = field(default_factory=dict)
    hurt: set[tuple[str, int]] = field(default_factory=set)  # keys below which something could not be read
    unsure: frozenset[str] = frozenset()  # kinds of names in shared files of which some could not be read
    broken: bool = False  # a map could not be read, so its names are unknown
    shared_wrong: bool = False


def map_files(folder: Path) -> tuple[dict[str, bytes], list[Problem]]:
    """The files that belong to the maps of a workspace, by name relative to it, and those that cannot be read."""
    if not folder.is_dir():
        return {}, [
            Problem(
                message=sentence("there is no folder {folder}; name one that holds a map", folder=folder),
                code="no-folder",
            )
        ]
    names = [folder / "journey.yaml", *sorted((folder / "journeys").glob("*.yaml"))]
    names += [folder / name for name in _SHARED]
    names += sorted((folder / "reactions").glob("*.yaml"))
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    for path in names:
        name = path.relative_to(folder).as_posix()
        try:
            files[name] = path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            message = sentence("the file cannot be read: {strerror}", strerror=error.strerror)
            problems.append(Problem(message=message, file=name, code="unreadable-file"))
    for pattern in ("journey.yml", "signals.yml", "traits.yml", "segments.yml", "journeys/*.yml", "reactions/*.yml"):
        for path in sorted(folder.glob(pattern)):
            name = path.relative_to(folder).as_posix()
            message = sentence("files end in .yaml here, so this one is not read; call it {stem}.yaml", stem=path.stem)
            problems.append(Problem(message=message, file=name, severity="warning", code="file-name"))
    if not any(name == "journey.yaml" or name.startswith("journeys/") for name in files) and not problems:
        message = sentence(
            "there is no map here; write one in journey.yaml or journeys/<name>.yaml, or try: resa new FOLDER; "
            "from collected events: resa map discover -o journey.yaml; a map that is elsewhere: -w FOLDER"
        )
        problems.append(Problem(message=message, code="no-map"))
    return files, problems


def load_maps(folder: Path | str) -> Loaded:
    """Read all maps of a workspace: `journey.yaml`, `journeys/`, the files that maps share, `reactions/`.

    Never raises for what stands in the files: all that is wrong in any of them is in `problems`.
    """
    folder = Path(folder)
    files, problems = map_files(folder)
    return replace(load_texts(files, problems), folder=folder)


def load_texts(files: Mapping[str, bytes | str], problems: Iterable[Problem] = ()) -> Loaded:
    """Read maps from texts that are named as the files of a workspace are."""
    read = _Read(findings=[Finding(problem) for problem in problems])
    maps: dict[str, JourneyMap] = {}
    places: dict[str, Mapping[Place, Written]] = {}
    for name, text in files.items():
        if name in _SHARED:
            _read_shared(name, text, read)
        elif name.startswith("reactions/"):
            _read_reactions(name, text, read)
    shared = _shared(files)
    read.shared_wrong = any(_is_error(finding) and finding.problem.file in shared for finding in read.findings)
    for name, text in files.items():
        if name not in shared:
            _read_shape(name, text, read)
    for key, (shape, document, unsure) in read.shapes.items():
        journey_map, names = resolve(
            shape,
            key=key,
            unsure=unsure | read.unsure,
            hurt=frozenset(read.hurt),
            signals=shared_signals(shape, read.signals),
            reactions=read.reactions,
            segments={name: said for name, said in read.segments.items() if said.map == key or len(read.shapes) == 1},
            traits=read.traits,
        )
        read.findings += names.findings
        wrong = any(
            _is_error(finding)
            for finding in [*names.findings, *(one for one in read.findings if one.problem.file == document.file)]
        )
        places[key] = MappingProxyType(names.places)
        if not wrong and not read.shared_wrong:
            digest = _digest(files, [document.file, *shared])
            maps[key] = replace(journey_map, file=document.file, hash=digest)
    _check_shared(read)
    findings = _with_paths(_in_order(read.findings, list(files)), files)
    return Loaded(
        maps=MappingProxyType(maps),
        problems=tuple(finding.problem for finding in findings),
        texts=MappingProxyType(dict(files)),
        findings=findings,
        places=MappingProxyType(places),
    )


def _with_paths(findings: tuple[Finding, ...], files: Mapping[str, bytes | str]) -> tuple[Finding, ...]:
    """The same, each also with the way to it in the map: forms name that, texts their lines."""
    bare = {finding.problem.file for finding in findings if finding.problem.field is None}
    documents = {name: read_document(name, files[name]) for name in bare if name is not None and name in files}

    def placed(finding: Finding) -> Finding:
        problem = finding.problem
        if problem.field is not None or problem.line is None or problem.file not in documents:
            return finding
        path = documents[problem.file].path_at(problem.line, problem.column or 1)
        return replace(finding, problem=replace(problem, field=".".join(map(str, path)) or None))

    return tuple(map(placed, findings))


def read_map(path: Path | str, text: str | bytes | None = None) -> JourneyMap:
    """Read one map by itself, without `signals.yaml` and `reactions/`.

    Args:
        path: The file; with `text`, only its name.
        text: What it holds, when it was read already.

    Raises:
        MapError: Something is wrong with it; holds every problem.
        OSError: The file cannot be opened.
    """
    name = str(path)
    loaded = load_texts({name: Path(path).read_bytes() if text is None else text})
    if loaded.errors or not loaded.maps:
        raise MapError(loaded.problems)
    return next(iter(loaded.maps.values()))


def _is_error(finding: Finding) -> bool:
    return finding.problem.severity == "error"


def _in_order(findings: Iterable[Finding], files: list[str]) -> tuple[Finding, ...]:
    """Without repeats, by file, line and column."""
    unique = {(str(finding.problem), finding.problem.code): finding for finding in _widest(findings)}
    order = {name: number for number, name in enumerate(files)}
    return tuple(
        sorted(
            unique.values(),
            key=lambda finding: (
                order.get(finding.problem.file or "", -1),
                finding.problem.line or 0,
                finding.problem.column or 0,
            ),
        )
    )


def _widest(findings: Iterable[Finding]) -> list[Finding]:
    """Without findings whose repair lies inside the repair of another one: the wider one mends both."""
    every = list(findings)
    spans = {
        (finding.problem.file, finding.edits[0].start, finding.edits[-1].end) for finding in every if finding.edits
    }
    return [
        finding
        for finding in every
        if not finding.edits
        or not any(
            file == finding.problem.file
            and start <= finding.edits[0].start
            and finding.edits[-1].end <= end
            and end - start > finding.edits[-1].end - finding.edits[0].start
            for file, start, end in spans
        )
    ]


def _digest(files: Mapping[str, bytes | str], names: Iterable[str]) -> str:
    digest = blake2b(digest_size=16)
    for name in names:
        content = files[name]
        data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        for part in (name.encode(), data):
            digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


def _read_shared(name: str, text: bytes | str, read: _Read) -> None:
    """Read a file that belongs to every map."""
    document = read_document(name, text)
    section = name.removesuffix(".yaml")
    shapes: dict[str, tuple[type[RootModel[Any]], dict[Written, Any]]] = {
        "signals": (SignalsFile, read.signals),
        "segments": (SegmentsFile, read.segments),
        "traits": (TraitsFile, read.traits),
    }
    shape, found = shapes[section]
    validated = validate(document, shape, at=_inside(document, section))
    read.hurt |= _hurt(document, validated.findings)
    read.findings += [*document.findings, *validated.findings]
    if section == "segments" and any(map(_is_error, (*document.findings, *validated.findings))):
        read.unsure |= {"segment"}
    if validated.value is not None:
        found.update(validated.value.root)


def _inside(document: Document, key: str) -> tuple[str, ...]:
    """A shared file may hold its section's own heading, as it stood in the map, or only what is under it."""
    root = document.root
    if root is not None and root.kind == "mapping" and len(root.pairs) == 1 and spelling(root.pairs[0][0].text) == key:
        return (root.pairs[0][0].text,)
    return ()


def _read_reactions(name: str, text: bytes | str, read: _Read) -> None:
    document = read_document(name, text)
    read.findings += document.findings
    at = _inside(document, "reactions")
    root = document.root
    single = not at and root is not None and any(spelling(key.text) in {"purpose", "steps"} for key, _ in root.pairs)
    found: dict[Written, ReactionShape] = {}
    if single and root is not None:
        reaction = validate(document, ReactionFile)
        read.hurt |= _hurt(document, reaction.findings)
        read.findings += reaction.findings
        if reaction.value is not None:
            found = {Written(normalised(Path(name).stem), document.source, root): reaction.value.root}
    else:
        several = validate(document, ReactionsFile, at=at)
        read.hurt |= _hurt(document, several.findings)
        read.findings += several.findings
        found = dict(several.value.root) if several.value is not None else {}
    for key, said in found.items():
        first = next((other for other in read.reactions if other == key), None)
        if first is not None:
            message = sentence("reaction '{key}' stands in {file} too; take one away", key=key, file=first.source.file)
            read.findings.append(Finding(key.problem(message, code="repeated-name")))
        read.reactions.setdefault(key, said)


def map_key(name: str) -> str:
    """The key of the map that a file holds, by the file's name."""
    return normalised(Path(name).stem).replace(".", "_") or "journey"


def _read_shape(name: str, text: bytes | str, read: _Read) -> None:
    document = read_document(name, text)
    validated = validate(document, MapShape)
    read.hurt |= _hurt(document, validated.findings)
    read.findings += [*document.findings, *validated.findings]
    key = map_key(name)
    if key in read.shapes:
        message = sentence(
            "another file is called '{key}' too, apart from capitals, spaces and hyphens; rename one", key=key
        )
        read.findings.append(Finding(Problem(message=message, file=name, code="repeated-name")))
        return
    if validated.value is None:
        read.broken = True
        return
    read.shapes[key] = (validated.value, document, _unsure(document, validated.findings))


def _unsure(document: Document, findings: Iterable[Finding]) -> frozenset[str]:
    """Kinds of names of which some could not be read."""
    if document.damaged or document.root is None:
        return frozenset(_SECTIONS.values())
    unsure: set[str] = set()
    for finding in findings:
        where = tuple(map(spelling, _path(document, finding)))
        if not _is_error(finding):
            continue
        if where and where[0] not in _SECTIONS and finding.problem.code == "unknown-key":
            unsure |= set(_SECTIONS.values())
        elif where and where[0] in _SECTIONS and _hides_names(where):
            unsure.add(_SECTIONS[where[0]])
    return frozenset(unsure)


def _hides_names(where: tuple[str, ...]) -> bool:
    """Whether a mistake at this path of a section could keep one of the names that the section defines from being read.

    Stages list touchpoints, so any mistake does. Arrows are named by `name:` and `next:`. Elsewhere the names are keys.
    """
    if where[0] == "stages" or len(where) <= 2:
        return True
    if where[0] != "touchpoints":
        return False
    if where[2] in _ARROWS:
        return len(where) <= 4 or where[4] in {"name", "next"} or where[4] not in ExpectShape.model_fields
    return where[2] not in {field.alias or name for name, field in TouchpointShape.model_fields.items()}


def _path(document: Document, finding: Finding) -> tuple[str, ...]:
    """Where in its document a mistake is: as validation says, or the innermost thing that stands there."""
    if finding.problem.field:
        return tuple(finding.problem.field.split("."))
    place = (finding.problem.line or 0, finding.problem.column or 0)
    found: tuple[str | int, ...] = ()
    if document.root is not None:
        for path, node, _ in walk(document.root):
            start, end = document.source.position(node.start), document.source.position(node.end)
            if start == place or start <= place < end:
                found = path
    return tuple(map(str, found))


def _hurt(document: Document, findings: Iterable[Finding]) -> set[tuple[str, int]]:
    """Keys, by file and offset, just below which something is wrong, or all of what they hold."""
    if document.root is None:
        return set()
    wrong: set[tuple[str, ...]] = set()
    for finding in findings:
        if _is_error(finding):
            where = tuple(step for step in map(spelling, _path(document, finding)) if not step.startswith("<"))
            wrong |= {where, where[:-1]}
    hurt = {
        (document.file, node.start)
        for path, node, is_key in walk(document.root)
        if is_key and tuple(spelling(str(step)) for step in path) in wrong
    }
    return hurt | ({(document.file, document.root.start)} if () in wrong else set())


def _check_shared(read: _Read) -> None:
    """Report names in shared files that no map has, and what is wrong with reactions that no map uses."""
    everywhere = References(
        hurt=frozenset(read.hurt), unsure=frozenset(_SECTIONS.values()) if read.broken else frozenset()
    )
    used, own, former = set[str](), set[str](), dict[str, str]()
    for shape, _, unsure in read.shapes.values():
        everywhere.unsure |= unsure
        for stage, said in shape.stages.items():
            everywhere.stages[str(stage)] = tuple(map(str, said.touchpoints)) or everywhere.stages.get(str(stage), ())
            everywhere.touchpoints.update({str(name): str(stage) for name in said.touchpoints})
        everywhere.personas += tuple(map(str, shape.personas))
        everywhere.channels += tuple(map(str, shape.channels))
        own |= set(map(str, shape.signals))
        former |= former_names(shape)
        for touchpoint in shape.touchpoints.values():
            arrows = (*touchpoint.expect, *touchpoint.promise)
            used |= {str(name) for arrow in arrows for name in (arrow.if_met, arrow.if_missed) if name}
    check_strangers(read.signals, everywhere, own=own, former=former)
    for name, reaction in read.reactions.items():
        if str(name) not in used:
            check_reaction(name, reaction, everywhere)
    check_segments_shared(read.segments, read.traits, list(read.shapes), everywhere, broken=read.broken)
    read.findings += everywhere.findings
