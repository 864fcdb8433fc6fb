"""From content to one self-contained HTML page: no script, no other file, no address of another host."""

from __future__ import annotations

from functools import lru_cache, partial
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from resa.base.version import __version__
from resa.drawing import font_css, tokens_css
from resa.reporting.content import Report
from resa.reporting.words import say

__all__ = ["page", "resource", "styled"]

_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Characters that turn the direction of writing, also of what stands after them; letters turn by themselves."""


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(resource("report.html.jinja"))


def resource(name: str) -> str:
    """A template or a style sheet."""
    return (files("resa.reporting") / "templates" / name).read_text(encoding="utf-8")


def styled(template: Template, **values: object) -> str:
    """A page with the styles of reports, and of the font what it needs. Text of people and of data is escaped."""
    # Set twice: the first time shows which characters the font that is carried inside must have.
    bare = template.render(values, styles="")
    styles = "\n".join([font_css([bare]), tokens_css(), resource("report.css")])
    html = template.render(values, styles=styles)
    # YAML's and JSON's escapes can name halves of a character: pairs are joined, a lone half becomes a sign for it.
    whole = html.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.translate(_TURNING)


def page(report: Report) -> str:
    """The report as HTML. Text of people and of data is escaped; pictures come escaped from `drawing`."""
    say_so = partial(say, language=report.language)
    return styled(_template(), report=report, say=say_so, version=__version__)
