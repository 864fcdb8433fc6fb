"""Help and mistakes of the command line in the reader's language, those words included that the framework says itself.

The framework has no catalogues. Its help is made of objects, whose texts are replaced before they are shown; what it
says of a mistake is recognised by its pattern, since it is a finished English sentence by then.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from typer.core import TyperGroup

from resa.base.errors import nearest
from resa.base.language import Sentence, as_it_is, catalogue, pattern, sentence
from resa.cli.speaking import spoken_in_terminal, told

__all__ = ["in_own_words", "paragraphs", "recognised", "show_mistake", "texts_of"]

_CONSTANTS: Final = {
    "DEFAULT_STRING": pattern("[default: {}]"),
    "ENVVAR_STRING": pattern("[env var: {}]"),
    "REQUIRED_LONG_STRING": pattern("[required]"),
    "ARGUMENTS_PANEL_TITLE": pattern("Arguments"),
    "OPTIONS_PANEL_TITLE": pattern("Options"),
    "COMMANDS_PANEL_TITLE": pattern("Commands"),
    "ERRORS_PANEL_TITLE": pattern("Error"),
    "ABORTED_TEXT": pattern("Aborted."),
    "RICH_HELP": pattern("Try [blue]'{command_path} {help_option}'[/] for help."),
}
"""Names in `typer.rich_utils`, and what the framework says by them."""

_USAGE: Final = {
    "Usage: ": pattern("Usage: "),
    "[OPTIONS]": pattern("[OPTIONS]"),
    "COMMAND [ARGS]...": pattern("COMMAND [ARGS]..."),
}
"""Words of a line of usage."""

_MISTAKES: Final = (
    pattern("Missing argument {name}."),
    pattern("Missing argument {name}. Choose from:\n\t{choices}"),
    pattern("Missing option {name}."),
    pattern("Missing command."),
    pattern("No such command {name}. Did you mean {names}?"),
    pattern("No such command {name}."),
    pattern("No such option: {name} (Possible options: {names})"),
    pattern("No such option: {name}"),
    pattern("Option {name} does not take a value."),
    pattern("Option {name} requires an argument."),
    pattern("Got unexpected extra argument(s) ({names})"),
    pattern("Invalid value for {name}: {message}"),
    pattern("Invalid value: {message}"),
    pattern("{value} is not one of {names}; did you mean '{near}'?"),
    pattern("{value} is not one of {names}."),
    pattern("{kind} {name} does not exist."),
    pattern("{kind} {name} is a directory."),
    pattern("Input should be a valid integer, unable to parse string as an integer"),
    pattern("Input should be a valid number, unable to parse string as a number"),
    pattern("Input should be greater than or equal to {least}"),
    pattern("Input should be less than or equal to {most}"),
    pattern("Input should be {names}"),
    pattern("{value} does not match the formats {names}."),
)
"""What the framework says of mistakes, the narrower before the wider."""

_KINDS: Final = (sentence("file"), sentence("path"), sentence("directory"))

_TYPES: Final = {
    "file": sentence("file name"),
    "directory": sentence("folder name"),
    "path": sentence("path name"),
    "str": sentence("text"),
    "int": sentence("number"),
    "float": sentence("number"),
}
"""What the framework calls the values of options, and what people do."""


def recognised(english: str) -> Sentence:
    """A finished message of the framework as a sentence; what is not known stays as it is."""
    english = _with_nearest(english.removeprefix("Value error, "))
    for known in _MISTAKES:
        form = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(known))
        if found := re.fullmatch(form, english, re.DOTALL):
            values: dict[str, object] = {**found.groupdict()}
            if "message" in values:
                values["message"] = recognised(found["message"])
            if "kind" in values:
                values["kind"] = next((kind for kind in _KINDS if kind == found["kind"]), found["kind"])
            return sentence(known, **values)
    return as_it_is(english)


def _with_nearest(english: str) -> str:
    """The message about a word that is none of those allowed, with the one that was probably meant."""
    found = re.fullmatch(r"'(?P<value>.*)' is not one of (?P<names>'.*')\.", english, re.DOTALL)
    near = found and nearest(found["value"], re.findall(r"'(.*?)'", found["names"]))
    return f"{english[:-1]}; did you mean '{near}'?" if near else english


def show_mistake(error: Any) -> int:
    """Tell what is wrong with a command line, and give its exit code.

    Args:
        error: What the framework raised.
    """
    from typer import rich_utils  # noqa: PLC0415 - heavy; most commands are right

    if type(error).__name__ == "NoArgsIsHelpError":  # the help was shown when it was made
        return int(error.exit_code)
    _translate_constants()
    own = getattr(error, "message", None)
    english = error.format_message()
    if isinstance(own, Sentence):
        before, _, _ = english.partition(own)
        message = recognised(f"{before}§")
        said = told(message).replace("§", told(own))
    else:
        said = told(recognised(english))
    error.format_message = lambda: said
    rich_utils.rich_format_error(error)
    return int(error.exit_code)


def _word(english: str) -> str:
    """A word of the framework, with the places that the framework fills left open."""
    return catalogue(spoken_in_terminal()).gettext(english)


def _translate_constants() -> None:
    from typer import rich_utils  # noqa: PLC0415 - see `show_mistake`

    for name, english in _CONSTANTS.items():
        setattr(rich_utils, name, _word(english))


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a help text, each on one line, as they are in the catalogues."""
    return [" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n") if part.strip()]


def in_own_words(command: Any) -> Any:
    """A command whose help is said in the language of the terminal, once somebody wants to see it."""
    usage, format_help = command.get_usage, command.format_help

    def get_usage(ctx: Any) -> str:
        line = str(usage(ctx))
        for english in _USAGE:
            line = line.replace(english, _word(english), 1)
        return line

    def show_help(ctx: Any, formatter: Any) -> None:
        _translate_constants()
        _translate_texts(command, ctx)
        format_help(ctx, formatter)

    command.get_usage, command.format_help = get_usage, show_help
    if isinstance(command, TyperGroup):
        command.commands = {name: in_own_words(one) for name, one in command.commands.items()}
    return command


def _translate_texts(command: Any, ctx: Any) -> None:
    for described in (command, *getattr(command, "commands", {}).values()):
        described.help, described.short_help = _said(described.help), _said(described.short_help)
    for parameter in command.get_params(ctx):  # those of the framework, too
        parameter.help = _said(getattr(parameter, "help", None))
        parameter.display_type_rich = partial(_said_type, parameter.display_type)


def _said_type(display_type: Callable[[Any], str], ctx: Any) -> str | None:
    """The type of an option's value; a choice stays as it is, and what is only named has none."""
    written = display_type(ctx)
    bare = written[1:-1].removeprefix("list[").removesuffix("]")
    if bare == "bool":
        return None
    return f"<{told(_TYPES[bare])}>" if bare in _TYPES else written


def _said(text: str | None) -> str | None:
    return text and "\n\n".join(told(as_it_is(part)) for part in paragraphs(text))


def texts_of(command: Any) -> Iterator[str]:
    """Every paragraph of the help of a command and of its own commands, for the catalogues."""
    context = command.make_context(command.name, [], resilient_parsing=True)
    option = command.get_help_option(context)
    for text in (command.help, command.short_help, option and option.help):
        yield from paragraphs(text or "")
    for parameter in command.params:
        yield from paragraphs(getattr(parameter, "help", None) or "")
    if isinstance(command, TyperGroup):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            yield from texts_of(found)
