"""Working a thing out once for all who ask for it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from resa.base.errors import WorkspaceBusy
from resa.base.once import Once
from resa.base.wanted import Asker, NoLongerWanted, asked_by, check_wanted


def failing() -> str:
    raise OSError("the disk is full")


def never() -> str:
    raise AssertionError("nobody should have been asked")


def test_what_holds_is_not_worked_out_again_and_what_was_not_asked_for_long_is_forgotten() -> None:
    kept: Once[str, str] = Once(2)
    assert kept.get("a", 1, lambda: "first") == "first"
    assert kept.get("a", 1, never) == "first"
    assert kept.get("a", 2, lambda: "second") == "second"
    kept.get("b", 2, lambda: "other")
    assert kept.get("a", 2, never) == "second"
    kept.get("c", 2, lambda: "third")  # b was asked for longest ago
    assert kept.get("a", 2, never) == "second"
    assert kept.get("b", 2, lambda: "anew") == "anew"


def test_what_fails_leaves_nothing_behind() -> None:
    kept: Once[str, str] = Once(8)
    for _ in range(3):
        with pytest.raises(OSError, match="full"):
            kept.get("a", 1, failing)
    assert not kept._under_way
    assert kept.get("a", 1, lambda: "good") == "good"


def waited(kept: Once[str, str], count: int) -> None:
    """Wait until so many wait for something that is being worked out."""
    until = time.monotonic() + 30
    while sum(kept._waiting.values()) < count:
        assert time.monotonic() < until
        time.sleep(0.001)


def test_who_asks_meanwhile_waits_for_the_first_and_of_many_some_are_sent_away() -> None:
    kept: Once[str, str] = Once(8, waiting=8)
    going, began = threading.Event(), threading.Event()

    def slowly() -> str:
        began.set()
        going.wait(30)
        return "one for all"

    with ThreadPoolExecutor(40) as many:
        first = many.submit(kept.get, "a", 1, slowly)
        assert began.wait(30)
        others = [many.submit(kept.get, "a", 1, never) for _ in range(8)]
        waited(kept, 8)
        sent_away = [many.submit(kept.get, "a", 1, never).exception(30) for _ in range(22)]
        going.set()
        assert [one.result(30) for one in [first, *others]] == ["one for all"] * 9
    assert all(isinstance(one, WorkspaceBusy) for one in sent_away)
    assert not kept._under_way
    assert not kept._waiting


def test_who_waits_for_one_who_went_away_works_it_out() -> None:
    kept: Once[str, str] = Once(8)
    going, began = threading.Event(), threading.Event()

    def given_up() -> str:
        began.set()
        going.wait(30)
        left = Asker()
        left.leave()
        with asked_by(left):
            check_wanted()
        return "nobody waits for this"

    with ThreadPoolExecutor(2) as two:
        first = two.submit(kept.get, "a", 1, given_up)
        assert began.wait(30)
        second = two.submit(kept.get, "a", 1, lambda: "mine")
        waited(kept, 1)
        going.set()
        assert second.result(30) == "mine"
        assert isinstance(first.exception(30), NoLongerWanted)


def renewed(kept: Once[str, str]) -> None:
    """Wait until nothing is worked out anew."""
    until = time.monotonic() + 30
    while kept._under_way:
        assert time.monotonic() < until
        time.sleep(0.001)


def test_a_moment_ago_is_good_enough_for_who_asks_so_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("resa.base.once.time.monotonic", lambda: now[0])
    kept: Once[str, str] = Once(8)
    made: list[int] = []

    def look(stamp: int) -> str:
        def make() -> str:
            made.append(stamp)
            return str(stamp)

        return kept.get("a", stamp, make, stale=10)

    assert look(1) == "1"
    now[0] += 50
    assert look(1) == "1"  # it holds still
    now[0] += 9
    assert look(2) == "1"  # it held a moment ago, and is worked out anew beside
    monkeypatch.undo()
    renewed(kept)
    monkeypatch.setattr("resa.base.once.time.monotonic", lambda: now[0])
    kept._kept["a"].held_at = now[0]
    assert look(2) == "2"
    now[0] += 11
    assert look(3) == "3"  # nobody looked for long: it is waited for
    assert made == [1, 2, 3]


def test_who_does_not_ask_for_the_past_never_gets_it() -> None:
    kept: Once[str, str] = Once(8)
    for stamp in range(5):
        assert kept.get("a", stamp, lambda stamp=stamp: str(stamp)) == str(stamp)  # type: ignore[misc]


def test_what_cannot_be_worked_out_anew_is_told_to_who_has_to_wait() -> None:
    kept: Once[str, str] = Once(8)
    kept.get("a", 1, lambda: "old")
    assert kept.get("a", 2, failing, stale=1000) == "old"
    renewed(kept)
    assert kept.get("a", 2, failing, stale=1000) == "old"
    renewed(kept)
    with pytest.raises(OSError, match="full"):
        kept.get("a", 2, failing)


def test_what_was_begun_before_everything_is_forgotten_is_shown_to_nobody_afterwards() -> None:
    kept: Once[str, str] = Once(8)
    going, began = threading.Event(), threading.Event()

    def with_the_forgotten() -> str:
        began.set()
        assert going.wait(30)
        return "of who was erased"

    with ThreadPoolExecutor(2) as pool:
        asked = pool.submit(kept.get, "a", 1, with_the_forgotten)
        assert began.wait(30)
        kept.forget()
        try:  # who asks afterwards does not wait for that one
            assert pool.submit(kept.get, "a", 1, lambda: "anew").result(10) == "anew"
            kept.forget()
        finally:
            going.set()
        asked.result(30)
    assert kept.get("a", 2, lambda: "anew", stale=1000) == "anew"
    assert not kept._under_way


def test_what_was_begun_before_everything_is_forgotten_is_not_kept() -> None:
    kept: Once[str, str] = Once(8)

    def with_the_forgotten() -> str:
        kept.forget()
        return "of who was erased"

    kept.get("a", 1, with_the_forgotten)
    assert kept.get("a", 2, lambda: "anew", stale=1000) == "anew"


def test_what_is_made_of_another_that_waits_to_be_renewed_makes_that_one_itself() -> None:
    kept: Once[str, str] = Once(8)
    for key in ("part", "busy", "whole"):
        kept.get(key, 1, lambda: "old")
    going = threading.Event()
    kept.get("busy", 2, lambda: str(going.wait(30)), stale=1000)  # the one thread that renews has something to do
    kept.get("whole", 2, lambda: "whole of " + kept.get("part", 2, lambda: "part 2", stale=1000), stale=1000)
    kept.get("part", 2, lambda: "part 2", stale=1000)
    del kept._kept["part"]  # as if many others had been asked for since
    going.set()
    renewed(kept)
    assert kept.get("whole", 2, never) == "whole of part 2"


def test_what_is_kept_as_new_is_made_of_nothing_old() -> None:
    kept: Once[str, str] = Once(8)
    kept.get("part", 1, lambda: "part 1")
    whole = kept.get("whole", 2, lambda: "whole of " + kept.get("part", 2, lambda: "part 2", stale=1000))
    assert whole == "whole of part 2"


def test_who_needs_at_once_what_waits_to_be_renewed_does_not_wait_behind_the_others() -> None:
    kept: Once[str, str] = Once(8)
    for key in ("busy", "a"):
        kept.get(key, 1, lambda: "old")
    going = threading.Event()
    kept.get("busy", 2, lambda: str(going.wait(30)), stale=1000)
    kept.get("a", 2, lambda: "new", stale=1000)
    try:
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(kept.get, "a", 2, lambda: "new").result(10) == "new"
    finally:
        going.set()
    renewed(kept)
