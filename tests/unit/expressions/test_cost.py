"""What an expression may do on every row is bounded, however it is written."""

from __future__ import annotations

import pytest

from resa.base.errors import ExpressionError
from resa.expressions import Scope, compile_expression


@pytest.mark.parametrize("joined", [" || ".join(["event"] * 60), f"concat({', '.join(['event'] * 120)})"])
def test_joining_many_texts_costs_by_their_number(joined: str) -> None:
    with pytest.raises(ExpressionError, match="does too much"):
        compile_expression(f"{joined} = 'x'", scope=Scope.EVENT, expects="boolean")


def test_joining_a_few_texts_is_allowed() -> None:
    compile_expression("concat(event, '-', channel, '-', device) = 'x'", scope=Scope.EVENT, expects="boolean")
