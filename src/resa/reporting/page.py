"""From content to one self-contained HTML page: no script, no other file, no address of another host."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from resa.base.version import __version__
from resa.drawing import font_css, tokens_css
from resa.reporting.content import Report
from resa.reporting.words import words_in

__all__ = ["page"]


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_resource("report.html.jinja"))


def _resource(name: str) -> str:
    return (files("resa.reporting") / "templates" / name).read_text(encoding="utf-8")


def page(report: Report) -> str:
    """The report as HTML. Text of people and of data is escaped; pictures come escaped from `drawing`."""
    styles = "\n".join([font_css(), tokens_css(), _resource("report.css")])
    return _template().render(report=report, words=words_in(report.language), styles=styles, version=__version__)
