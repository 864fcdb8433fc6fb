"""What expressions say of event files, kept by file while a process lives: files never change, new ones are small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from resa.expressions import Compiled
from resa.storage.evaluation import evaluate_files, joined
from resa.storage.records import EventFile

__all__ = ["AnswersByFile"]

_Question = tuple[str, tuple[tuple[str, object], ...]]


class AnswersByFile:
    """Answers `evaluate_files`, asking each file once; what it knows of files that are asked for no more is dropped."""

    def __init__(self) -> None:
        self._known: dict[tuple[_Question, int], pa.Array] = {}

    def __call__(self, files: Sequence[EventFile], columns: Mapping[str, Compiled]) -> pa.Table:
        """One row for each row of the files, in their global order; one column for each expression."""
        questions = {name: (one.sql, tuple(sorted(one.parameters.items()))) for name, one in columns.items()}
        listed = {file.id for file in files}
        self._known = {key: answer for key, answer in self._known.items() if key[1] in listed}
        for name, question in questions.items():
            new = [file for file in files if (question, file.id) not in self._known]
            if new:
                answers = evaluate_files(new, {name: columns[name]}).column(name)
                begin = 0
                for file in new:
                    part = answers.slice(begin, file.rows).combine_chunks()
                    self._known[question, file.id] = pa.concat_arrays([part])  # without what lies beside it
                    begin += file.rows
        if not files:
            return evaluate_files(files, columns)
        return pa.table(
            {name: joined([self._known[question, file.id] for file in files]) for name, question in questions.items()}
        )
