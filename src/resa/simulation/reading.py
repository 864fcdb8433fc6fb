"""A specification out of a file, with everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from resa.base.errors import InputError, Problem, did_you_mean
from resa.documents import Document, read_document
from resa.simulation.columns import BUILT_IN, placeholders
from resa.simulation.specification import Specification, State

__all__ = ["check", "read_specification", "specification_from"]


def read_specification(path: Path) -> Specification:
    """Read a specification from its YAML file.

    Raises:
        InputError: With every problem of the file, each with its place.
    """
    document = read_document(path)
    if document.problems:
        raise InputError(document.problems)
    if not isinstance(document.data, dict):
        raise InputError(Problem(message="this is no simulation: it has no `states:`", file=path.name))
    try:
        return specification_from(document.data, file=path.name)
    except InputError as error:
        raise InputError([_placed(problem, document) for problem in error.problems]) from None


def _placed(problem: Problem, document: Document) -> Problem:
    """The problem with the line and column of the nearest thing that its field names."""
    line, column = document.position(tuple((problem.field or "").split(".")))
    return problem.at(line=line, column=column)


def specification_from(data: Mapping[str, Any], *, file: str | None = None) -> Specification:
    """Make a specification of plain data, as a YAML file holds them.

    Raises:
        InputError: With every problem that was found.
    """
    try:
        specification = TypeAdapter(Specification).validate_python(data)
    except ValidationError as error:
        raise InputError([_problem(dict(details), file) for details in error.errors()]) from None
    found = check(specification)
    if found:
        raise InputError([problem.at(file=file) for problem in found])
    return specification


def _problem(details: dict[str, Any], file: str | None) -> Problem:
    place = ".".join(str(part) for part in details["loc"])
    return Problem(message=f"{place}: {details['msg']}", file=file, field=place, code=str(details["type"]))


class _Names:
    """Collects what is named but not defined."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def expect(self, name: str, known: Iterable[str], what: str, place: str) -> None:
        """Note a problem unless the name is known."""
        names = list(known)
        if name not in names:
            message = f"{place}: {what} '{name}' is not defined{did_you_mean(name, names)}"
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
            message = f"{place}.next: the chances add up to {total:.0%} for persona '{persona}'; the most is 100 %"
            names.problems.append(Problem(message=message, field=f"{place}.next", code="chances"))
    channels = set(specification.channels.values()) if state.channel == "device" else {state.channel}
    for outlet in channels if state.outlet == "channel" else {state.outlet} - {None}:
        names.expect(str(outlet), specification.outlets, "outlet", f"{place}.outlet")
    listed = [f"{name}.{key}" for name, entries in specification.lists.items() for entry in entries for key in entry]
    for field, value in state.fields.items():
        for placeholder in placeholders(value):
            names.expect(placeholder, (*BUILT_IN, *listed), "placeholder", f"{place}.fields.{field}")
