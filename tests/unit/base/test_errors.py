from __future__ import annotations

from resa.base import errors
from resa.base.errors import ExtraMissing, InputError, Problem, did_you_mean
from resa.base.language import in_language, said_by, sentence


def test_a_problem_is_one_line_with_its_place_first() -> None:
    problem = Problem(message=sentence("touchpoint 'chekout' is not defined"), file="journey.yaml", line=31, column=18)
    assert str(problem) == "journey.yaml:31:18 touchpoint 'chekout' is not defined"
    assert str(Problem(message=sentence("overdue"), file="a.yaml", severity="warning")) == "a.yaml warning: overdue"
    assert str(Problem(message=sentence("alone"), column=3)) == "alone"


def test_a_place_is_filled_in_only_where_it_is_unknown() -> None:
    problem = Problem(message=sentence("x"), line=4).at(file="a.yaml", line=9, column=2)
    assert (problem.file, problem.line, problem.column) == ("a.yaml", 4, 2)


def test_an_input_error_holds_all_problems() -> None:
    error = InputError([Problem(message=sentence("one")), Problem(message=sentence("two"), file="b.yaml")])
    assert str(error) == "one\nb.yaml two"
    assert InputError(sentence("plain")).problems == (Problem(message=sentence("plain")),)


def test_an_input_error_of_one_sentence_is_said_in_the_language_of_who_reads_it() -> None:
    error = InputError(sentence("'{text}' is no day; write such as 2026-03-31", text="hej"))
    assert str(error) == "'hej' is no day; write such as 2026-03-31"
    assert in_language(said_by(error), "sv") == "”hej” är ingen dag; skriv till exempel 2026-03-31"


def test_suggestions() -> None:
    assert did_you_mean("chekout", ["cart", "checkout"]) == "; did you mean 'checkout'?"
    assert did_you_mean("CHECKOUT", ["Checkout"]) == "; did you mean 'Checkout'?"
    assert did_you_mean("zzz", ["cart"]) == ""


def test_a_missing_extra_says_what_to_install() -> None:
    assert str(ExtraMissing("polars", "polars", sentence("to_polars()"))).endswith("pip install 'resa[polars]'")


def test_the_tree_in_the_docstring_is_the_tree_in_the_code() -> None:
    drawn = [line.split() for line in (errors.__doc__ or "").splitlines() if "──" in line]
    names = {next(word for word in words if word[0].isalpha()) for words in drawn} | {"ResaError"}
    real = {name for name in errors.__all__ if isinstance(getattr(errors, name), type)} - {"Problem"}
    assert names == real
