"""A specification out of a file, with everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from resa.base.errors import InputError, Problem, did_you_mean
from resa.base.language import as_it_is, sentence
from resa.documents import Document, read_document
from resa.model.names import thing
from resa.simulation.columns import BUILT_IN, placeholders
from resa.simulation.specification import Specification, State

__all__ = ["check", "read_specification", "specification_from"]


def read_specification(path: Path) -> Specification:
    """Read a specification from its YAML file.

    Raises:
        InputError: With every problem of the file, each with its place.
    """
    document = read_document(path)
    wrong = [problem for problem in document.problems if problem.severity == "error"]
    if not isinstance(document.data, dict):
        said = Problem(message=sentence("this is no simulation: it has no `states:`"), file=path.name, line=1, column=1)
        raise InputError(wrong or said)
    try:
        specification = specification_from(document.data, file=path.name)
    except InputError as error:
        wrong += [_placed(problem, document) for problem in error.problems if not document.damaged]
        raise InputError(wrong) from None
    if wrong:
        raise InputError(wrong)
    return specification


def _placed(problem: Problem, document: Document) -> Problem:
    """The problem with the line and column of the nearest thing that its field names."""
    line, column = document.position(tuple((problem.field or "").split(".")))
    return problem.at(line=line, column=column)


def specification_from(data: Mapping[str, Any], *, file: str | None = None) -> Specification:
    """Make a specification of plain data, as a YAML file holds them.

    Raises:
        InputError: With every problem that was found.
    """
    specification, wrong, lost = _well_formed(data)
    problems = [_problem(details, file) for details in wrong]
    if specification is not None:
        quoted = [f"'{name}'" for name in lost]  # what was left out is defined all the same
        found = [problem for problem in check(specification) if not any(name in problem.message for name in quoted)]
        problems += [problem.at(file=file) for problem in found]
    if problems or specification is None:
        raise InputError(problems)
    return specification


def _well_formed(data: Mapping[str, Any]) -> tuple[Specification | None, list[dict[str, Any]], set[str]]:
    """What the data say, wrong parts left out (`None` if too little is left); what is wrong; the keys left out."""
    kept = deepcopy(dict(data))
    lost: set[str] = set()
    first: list[dict[str, Any]] = []
    for _ in range(20):
        try:
            return TypeAdapter(Specification).validate_python(kept), first, lost
        except ValidationError as error:
            wrong: list[dict[str, Any]] = [dict(details) for details in error.errors()]
        first = first or wrong  # what is missing later was left out here
        paths = [details["loc"][:-1] if details["type"] == "missing" else details["loc"] for details in wrong]
        for inside, key in [place for path in paths for place in _innermost(kept, path)]:
            inside.pop(key, None)
            lost.add(str(key))
    return None, first, lost


def _innermost(data: Any, path: tuple[Any, ...]) -> list[tuple[dict[Any, Any], Any]]:
    """The mapping and the key of the innermost thing on a path that can be left out, if there is one."""
    found: list[tuple[dict[Any, Any], Any]] = []
    for step in path:
        if not isinstance(data, dict) or step not in data:
            break
        found.append((data, step))
        data = data[step]
    return found[-1:]


def _problem(details: dict[str, Any], file: str | None) -> Problem:
    place = ".".join(str(part) for part in details["loc"])
    return Problem(
        message=sentence("{place}: {message}", place=place, message=as_it_is(details["msg"])),
        file=file,
        field=place,
        code=str(details["type"]),
    )


class _Names:
    """Collects what is named but not defined."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def expect(self, name: str, known: Iterable[str], what: str, place: str) -> None:
        """Note a problem unless the name is known."""
        names = list(known)
        if name not in names:
            message = sentence(
                "{place}: {what} '{name}' is not defined{suggestion}",
                place=place,
                what=thing(what),
                name=name,
                suggestion=did_you_mean(name, names),
            )
            self.problems.append(Problem(message=message, field=place, code=f"unknown-{what}"))


def check(specification: Specification) -> list[Problem]:
    """What is wrong with a specification whose parts are each well formed; empty if nothing is."""
    names = _Names()
    for name in specification.entry:
        names.expect(name, specification.states, "state", "entry")
    for name, state in specification.states.items():
        _check_state(names, specification, f"states.{name}", state)
    for name, shape in specification.personas.items():
        for device in shape.devices:
            names.expect(device, specification.channels, "device", f"personas.{name}.devices")
    for name, number in specification.daily_numbers.items():
        names.expect(number.outlet, specification.outlets, "outlet", f"daily_numbers.{name}")
        names.expect(number.per, specification.lists, "list", f"daily_numbers.{name}")
    for name, outlet in specification.outlets.items():
        if outlet.rows.startswith("list:"):
            names.expect(outlet.rows.removeprefix("list:"), specification.lists, "list", f"outlets.{name}")
    return names.problems


def _check_state(names: _Names, specification: Specification, place: str, state: State) -> None:
    for target in (*state.next, *state.also):
        names.expect(target, specification.states, "state", f"{place}.next")
    for persona in specification.personas:
        total = sum(specification.chance(step.chance, persona) for step in state.next.values())
        if total > 1 + 1e-9:
            message = sentence(
                "{place}.next: the chances add up to {total:.0%} for persona '{persona}'; the most is 100 %",
                place=place,
                total=total,
                persona=persona,
            )
            names.problems.append(Problem(message=message, field=f"{place}.next", code="chances"))
    channels = set(specification.channels.values()) if state.channel == "device" else {state.channel}
    for outlet in channels if state.outlet == "channel" else {state.outlet} - {None}:
        names.expect(str(outlet), specification.outlets, "outlet", f"{place}.outlet")
    listed = [f"{name}.{key}" for name, entries in specification.lists.items() for entry in entries for key in entry]
    for field, value in state.fields.items():
        for placeholder in placeholders(value):
            names.expect(placeholder, (*BUILT_IN, *listed), "placeholder", f"{place}.fields.{field}")
