"""What nobody waits for stops."""

from __future__ import annotations

import threading
import time

import pytest

from resa.base.wanted import Asker, NoLongerWanted, asked_by, check_wanted, stopped_by
from resa.engine import Engine

LONG = "SELECT count(*) AS n FROM range(300000000) a, range(300000000) b WHERE a.range * b.range % 7 = 1"


def test_nobody_in_particular_always_waits() -> None:
    check_wanted()
    with stopped_by(lambda: None):
        pass


def test_who_left_is_not_worked_for() -> None:
    asker = Asker()
    with asked_by(asker):
        check_wanted()
        asker.leave()
        with pytest.raises(NoLongerWanted):
            check_wanted()
        with pytest.raises(NoLongerWanted), stopped_by(lambda: None):
            raise AssertionError("it was begun")
    check_wanted()  # for others


def test_a_statement_is_stopped_and_the_connection_stays_good() -> None:
    asker = Asker()
    with Engine() as engine:
        threading.Timer(0.3, asker.leave).start()
        began = time.monotonic()
        with asked_by(asker), pytest.raises(NoLongerWanted):
            engine.query(LONG)
        assert time.monotonic() - began < 20  # it would take years
        assert engine.query("SELECT 1 AS one").to_pylist() == [{"one": 1}]


def test_a_stream_is_stopped_between_two_pieces() -> None:
    asker = Asker()
    with Engine() as engine, asked_by(asker):
        parts = engine.stream("SELECT range FROM range(10000000)", batch_rows=2048)
        next(parts)
        asker.leave()
        with pytest.raises(NoLongerWanted):
            next(parts)


def test_what_went_wrong_by_itself_is_told() -> None:
    with asked_by(Asker()), pytest.raises(OSError, match="full"), stopped_by(lambda: None):
        raise OSError("the disk is full")


def test_who_leaves_between_two_looks_is_worked_for_no_longer() -> None:
    asker = Asker()
    asker.leave()
    with pytest.raises(NoLongerWanted), asker.stopping(lambda: None):
        raise AssertionError("the statement would run to its end")
