"""Retention, stages, improvements and channels, counted by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.support.by_hand import happened, measure_of, only_row
from tests.support.questions import assert_sound
from tests.support.small_store import START, Happened, expect, small_map

from resa.analytics import Measure
from resa.base.errors import QuestionError
from resa.model.journey import Improvement, Persona


def test_retention_counts_each_customer_once_a_period_and_only_whole_periods_together() -> None:
    """Weeks begin on Monday in Stockholm; the data end on Wednesday of the fifth week."""
    week = 7 * 86_400.0
    measure = measure_of(
        [
            *happened(0, (0, "a"), (1, "b"), (week + 1, "a"), (week + 2, "a"), (3 * week, "b")),
            *happened(1, (2, "a"), (4 * week + 5, "b")),
            *happened(2, (week, "b"), (week + 9, "a"), (2 * week, "b")),
            *happened(3, (4 * week + 2 * 86_400, "c")),
        ],
        small_map(timezone="Europe/Stockholm"),
    )
    result = measure.retention(start="a", periods=4)
    shares = {
        (row["cohort"].day, row["period"]): (row["returned"], row["complete"]) for row in result.table.to_pylist()
    }
    assert shares == {
        (2, 0): (1, True), (2, 1): (1, True), (2, 2): (0, True), (2, 3): (1, True), (2, 4): (1, False),
        (9, 0): (0, True), (9, 1): (1, True), (9, 2): (0, True), (9, 3): (0, False),
    }  # fmt: skip
    overall = {
        row["period"]: (row["cohorts"], row["customers"], row["returned"])
        for row in result.part("overall").table.to_pylist()
    }
    assert overall == {0: (2, 3, 1), 1: (2, 3, 2), 2: (2, 3, 0), 3: (1, 2, 1)}
    rolling = measure.retention(start="a", periods=4, rolling=True).table.to_pylist()
    assert [row["returned"] for row in rolling if row["cohort"].day == 2] == [2, 2, 2, 2, 1]
    brackets = measure.retention(start="a", brackets=["0", "1-2", "3+"]).table.to_pylist()
    assert [row["returned"] for row in brackets if row["cohort"].day == 2] == [1, 1, 2]
    assert measure.retention(start="a", returns="c").n == {"customers": 3}
    far = measure.retention(start="a", brackets=["0", "1-60"], as_of="2030-01-01T00:00:00Z").table.to_pylist()
    assert all(row["complete"] for row in far)
    text = measure.retention(start="a", periods=4).text()
    assert "2026-03-02          2  50.0%   50.0%  0.0%  50.0%  ~50.0%" in text
    assert "~ may still change" in text


def staged() -> Measure:
    """Touchpoints a and b are of the stage `early`, c, d and e of `late`."""
    day = 86_400.0
    return measure_of(
        [
            *happened(0, (0, "a"), (60, "b"), (120, "c"), (120 + 40 * day, "d")),
            *happened(1, (0, "a"), (10, "c"), (20, "b"), (30, "a")),
            *happened(2, (10 * day, "e")),
            *happened(3, (41 * day, "x")),
        ]
    )


def test_stages_are_entered_left_and_gone_quiet_in() -> None:
    day = 86_400.0
    result = staged().stages(quiet_after="7 days")
    early, late = result.table.to_pylist()
    # Customer 0 moves on after 120 s, customer 1 after 10 s and later goes quiet in `early`.
    assert {name: early[name] for name in ("customers", "stays", "onward", "back", "quiet", "now")} == {
        "customers": 2, "stays": 3, "onward": 2, "back": 0, "quiet": 1, "now": 0,
    }  # fmt: skip
    # Customer 0 enters `late` twice, 40 days apart; customer 1 goes back after 10 s; customer 2 goes quiet.
    assert {name: late[name] for name in ("customers", "stays", "onward", "back", "quiet", "now")} == {
        "customers": 3, "stays": 4, "onward": 0, "back": 1, "quiet": 2, "now": 1,
    }  # fmt: skip
    # Of three stays one has moved after 10 s and two after 120 s; of four only one ever moves.
    assert (early["median_seconds"], late["median_seconds"]) == (120.0, None)
    moves = {(row["from"], row["to"]): row["count"] for row in result.part("movements").table.to_pylist()}
    assert moves == {
        (None, "early"): 2, (None, "late"): 2, ("early", None): 1, ("early", "late"): 2, ("late", None): 2,
        ("late", "early"): 1,
    }  # fmt: skip
    assert result.customers("now", stage="late").column("customer").to_pylist() == [0]
    until = staged().stages(quiet_after="7 days", until="2026-03-02").table.to_pylist()
    assert [row["now"] for row in until] == [1, 1]
    assert staged().stages(quiet_after="7 days", since=START + timedelta(days=5)).n == {"stays": 2, "customers": 2}
    assert result.part("movements").table.to_pylist()[2]["median_seconds"] == 7 * day + 10


def test_without_a_longest_pause_nobody_goes_quiet() -> None:
    result = staged().stages(every="month")
    assert [(row["quiet"], row["now"]) for row in result.table.to_pylist()] == [(0, 1), (0, 2)]
    assert "no pause is too long" in result.text()
    rows = result.part("over_time").table.to_pylist()
    shown = [(row["period"].month, row["stage"], row["customers"], row["entered"], row["left"]) for row in rows]
    assert shown == [(3, "early", 1, 3, 2), (3, "late", 2, 3, 1), (4, "early", 1, 0, 0), (4, "late", 2, 0, 0)]
    assert [row["complete"] for row in rows] == [True, True, False, False]


def improved(before: tuple[int, int], after: tuple[int, int], *, since: date, days: int = 15) -> Measure:
    """So many of so many meet `a.b`, a day after the other, before and after the tenth day."""
    events: list[Happened] = []
    for first, (met, total) in ((0, before), (10, after)):
        for number in range(total):
            at = (first + 9 * number / total) * 86_400.0
            events += happened(
                len(events),
                (at, "a"),
                *([(at + 5, "b")] if number * met // total < (number + 1) * met // total else []),
            )
    events += happened(len(events), (days * 86_400.0 + 11, "x"))
    one = Improvement(key="faster", name="Faster", since=since, should_move="a.b")
    other = Improvement(key="later", name="Later", since=date(2027, 1, 1), should_move="a.b")
    journey_map = small_map(expect("a", "b", "10 seconds"), improvements=[one, other])
    return measure_of(events, journey_map, customers=len(events) + 1)


def test_an_improvement_is_compared_over_spans_of_equal_length() -> None:
    measure = improved((30, 90), (60, 90), since=date(2026, 3, 12), days=20)
    row = only_row(measure.improvements())
    assert (row["improvement"], row["expectation"], row["days"]) == ("faster", "a.b", 7)  # whole weeks
    assert (row["before_mature"], row["after_mature"]) == (60, 70)  # ten a day, none on the ninth
    assert row["difference"] == pytest.approx(row["after_share"] - row["before_share"])
    assert (row["verdict"], row["low"] > 0) == ("higher", True)
    assert only_row(measure.improvements(days=3))["days"] == 3
    assert only_row(improved((60, 90), (30, 90), since=date(2026, 3, 12)).improvements())["verdict"] == "lower"
    assert only_row(improved((45, 90), (45, 90), since=date(2026, 3, 12)).improvements())["verdict"] == "not told apart"
    assert only_row(improved((3, 9), (6, 9), since=date(2026, 3, 12)).improvements())["verdict"] == "too few to say"


def test_an_improvement_that_cannot_be_compared_is_told_and_named_ones_are_checked() -> None:
    result = improved((3, 9), (6, 9), since=date(2026, 3, 12)).improvements()
    assert any("'later' cannot be compared yet" in warning for warning in result.warnings)
    assert any("no experiment" in warning for warning in result.warnings)
    assert improved((3, 9), (6, 9), since=date(2026, 3, 2)).improvements().table.num_rows == 0
    with pytest.raises(QuestionError, match="did you mean 'faster'"):
        improved((3, 9), (6, 9), since=date(2026, 3, 12)).improvements("fastr")


def test_channels_are_used_together_and_switched_between() -> None:
    def at(customer: int, *visits: tuple[float, str | None]) -> list[Happened]:
        return [Happened(customer=customer, at=moment, event="a", channel=channel) for moment, channel in visits]

    events = [
        *at(0, (0, "web"), (10, "app"), (5_000, "web"), (5_001, "web")),
        *at(1, (0, "web"), (4, "web")),
        *at(2, (0, "app"), (3, "store")),
        *at(3, (0, None)),
    ]
    result = measure_of(events, small_map()).channels()
    used = {row["channel"]: (row["visits"], row["customers"], row["only"]) for row in result.table.to_pylist()}
    assert used == {"web": (5, 2, 1), "app": (2, 2, 0), "store": (1, 1, 0), "(not known)": (1, 1, 1)}
    together = {(row["channel"], row["other"]): row for row in result.part("together").table.to_pylist()}
    assert set(together) == {("web", "app"), ("app", "web"), ("app", "store"), ("store", "app")}
    assert together["web", "app"]["share"] == 0.5
    assert together["web", "app"]["lift"] == 1.0  # half of those on the web, and half of all, use the app
    assert together["store", "app"]["lift"] == 2.0
    switches = {(row["from"], row["to"]): row for row in result.part("switches").table.to_pylist()}
    assert {pair: row["count"] for pair, row in switches.items()} == {
        ("web", "app"): 1, ("app", "web"): 1, ("app", "store"): 1,
    }  # fmt: skip
    assert switches["web", "app"]["share"] == pytest.approx(1 / 3)  # of three visits that another follows
    assert "cost" not in result.parts
    costly = measure_of(events, small_map(costs={"web": 2.5, "store": 10}, goal="a")).channels()
    assert [row["cost"] for row in costly.table.to_pylist()] == [12.5, None, None, 10.0]
    assert costly.part("cost").table.to_pylist() == [
        {"contacts": 6, "cost": 22.5, "customers": 4, "cost_per_goal": 5.625}
    ]
    soon = measure_of(events, small_map()).channels(within="1 minute").part("switches").table.to_pylist()
    assert [(row["from"], row["to"]) for row in soon] == [("web", "app"), ("app", "store")]


def test_a_channel_is_the_maps_however_its_name_is_written() -> None:
    events = [
        *happened(0, (0, "a"), channel="Phone Call"),
        *happened(0, (10, "b"), channel="web"),
        *happened(0, (20, "a"), channel="Phone Call"),
        *happened(1, (60, "a"), channel="web"),
    ]
    measure = measure_of(events, small_map(costs={"phone_call": 6.0}, staffed=["phone_call"], goal="b"))
    assert {row["channel"]: row["cost"] for row in measure.channels().table.to_pylist()} == {
        "Phone Call": 12.0,
        "web": None,
    }
    assert_sound(measure, measure.channels())
    friction = measure.friction(within="20 seconds", limit=1)
    switched = [row for row in friction.part("rates").table.to_pylist() if row["sign"] == "switch"]
    assert [(row["touchpoint"], row["visits"], row["count"]) for row in switched] == [("b", 1, 1)]
    assert_sound(measure, friction)


def test_what_a_table_does_not_list_is_told_of_that_table_alone() -> None:
    events = [*happened(0, (0, "a"), (10, "b")), *happened(1, (0, "b"), (5, "a")), *happened(2, (60, "c"))]
    paths = measure_of(events, small_map()).paths(top=1)
    assert "others: count" in paths.text()
    assert "others" not in paths.text(part="flow")


def test_costs_of_channels_that_are_too_many_to_be_listed_are_not_lost() -> None:
    events = [Happened(customer=0, at=float(number), event="a", channel=f"c{number:02}") for number in range(25)]
    costs = {f"c{number:02}": 1.0 for number in range(25)}
    result = measure_of(events, small_map(costs=costs, goal="a")).channels()
    assert result.table.to_pylist()[-1] | {"only": 0} == {
        "channel": "(other)", "visits": 5, "customers": 1, "share": 1.0, "only": 0, "cost": 5.0,
    }  # fmt: skip
    assert result.part("cost").table.to_pylist()[0]["cost"] == 25.0


def test_journeys_are_held_against_the_plan_with_the_fewest_moves() -> None:
    """The plan is a b c. Who repeats a step at once does not add a visit; a fan is who has three orders."""
    plan = Persona(key="fan", name="Fan", who="traits.orders >= 3", path=("a", "b", "c"))
    measure = measure_of(
        [
            *happened(0, (0, "a"), (1, "a"), (2, "b"), (3, "c")),
            *happened(1, (0, "b"), (1, "a"), (2, "c"), (3, "d")),
            *happened(2, (0, "e"), (1, "c"), (2, "e")),
        ],
        small_map(personas=[plan]),
        traits={0: {"orders": 3}},
        customers=3,
    )
    result = measure.conformance()
    own, everyone = result.table.to_pylist()
    assert {name: own[name] for name in ("who", "customers", "perfect", "fitness")} == {
        "who": "persona", "customers": 1, "perfect": 1, "fitness": 1.0,
    }  # fmt: skip
    # b is taken before a: then a and c match, b is out of order and d added: 1 - 3/7. Only c of e c e: 1 - 4/6.
    assert everyone["fitness"] == pytest.approx((1 + 4 / 7 + 2 / 6) / 3)
    assert [everyone[name] for name in ("skipped", "out_of_order", "added")] == pytest.approx([2 / 3, 1 / 3, 1])
    steps = [row for row in result.part("steps").table.to_pylist() if row["who"] == "everyone"]
    assert [(row["in_place"], row["skipped"], row["out_of_order"]) for row in steps] == [
        (2, 1, 0),
        (1, 1, 1),
        (3, 0, 0),
    ]
    added = [row for row in result.part("added").table.to_pylist() if row["who"] == "everyone"]
    assert [(row["after_touchpoint"], row["touchpoint"], row["count"]) for row in added] == [
        (None, "e", 1), ("c", "d", 1), ("c", "e", 1),
    ]  # fmt: skip
    moves = [row for row in result.part("variants").table.to_pylist() if row["who"] == "everyone"]
    assert [[row[name] for name in ("variant", "customers", "skipped", "out_of_order", "added")] for row in moves] == [
        [["a", "b", "c"], 1, [], [], []],
        [["e", "c", "e"], 1, ["a", "b"], [], ["e", "e"]],
        [["b", "a", "c", "d"], 1, [], ["b"], ["d"]],
    ]
    assert [row["fitness"] for row in moves] == pytest.approx([1, 1 / 3, 4 / 7])
    assert [row["share"] for row in moves] == pytest.approx([1 / 3] * 3)
    (first,) = [
        row for row in measure.conformance(top=1).part("variants").table.to_pylist() if row["who"] == "everyone"
    ]
    assert first == moves[0]
    with pytest.raises(QuestionError, match="at least 1 variant"):
        measure.conformance(top=0)
    repeats = measure.conformance(collapse=False).table.to_pylist()[1]
    assert repeats["added"] == pytest.approx(4 / 3)
    with pytest.raises(QuestionError, match="did you mean 'fan'"):
        measure.conformance("fn")


def test_friction_counts_what_follows_each_visit() -> None:
    """Data end 100 s after the first event; who does not go on within 20 s has left off; `store` has staff."""
    measure = measure_of(
        [
            *happened(0, (0, "a"), (10, "b"), (15, "a"), (30, "c"), (31, "c")),
            *happened(1, (40, "a"), (45, "b"), (60, "a"), (75, "b"), (99, "d")),
            *happened(
                2,
                (30, "a"),
                (
                    36,
                    "e",
                ),
                (38, "b"),
            ),
            *happened(
                3,
                (20, "b"),
                (
                    25,
                    "a",
                ),
                (90, "a"),
                (100, "x"),
            ),
        ],
        small_map(channels={"e": ["store"]}, costs={"store": 1.0}, staffed=["store"], goal="c"),
    )
    result = measure.friction(within="20 seconds")
    rates = {
        (row["touchpoint"], row["sign"]): (row["count"], row["visits"], row["customers"])
        for row in result.part("rates").table.to_pylist()
    }
    # Mature are visits until second 80. After one of the 6 visits of a nothing follows; after the others something, 5,
    # 6, 10, 15 and 15 s later. Loops are known from second 20 on: of a's visits at 25, 30, 40 and 60 the last turns
    # back to b, of b's at 20, 38, 45 and 75 that at 45 turns back to a.
    assert rates["a", "drop-off"] == (1, 6, 1)
    assert rates["a", "loop"] == (1, 4, 1)
    assert rates["a", "repeat"] == (0, 6, 0)
    assert rates["a", "switch"] == (1, 6, 1)
    assert rates["b", "drop-off"] == (2, 5, 2)
    assert rates["b", "loop"] == (1, 4, 1)
    assert rates["c", "repeat"] == (1, 2, 1)
    assert ("c", "drop-off") not in rates  # there the goal is reached
    assert ("e", "switch") not in rates  # it is with staff itself
    rows = {(row["touchpoint"], row["sign"]): row for row in result.part("rates").table.to_pylist()}
    assert rows["a", "drop-off"]["comparable"] == pytest.approx(2 / 5)
    assert rows["a", "wait"]["comparable"] is None
    assert (rows["a", "wait"]["median_seconds"], rows["a", "wait"]["slow_seconds"]) == (10.0, 15.0)


def test_what_friction_costs_at_most_counts_every_customer_once() -> None:
    """Of 40 who come from b to a, 20 go on to c; one of these goes to and fro before she buys for 1,000."""
    busy = [(float(2 * step), "ba"[step % 2]) for step in range(8)]
    events = [*happened(0, *busy), Happened(customer=0, at=16.0, event="c", value=1_000.0), *happened(41, (100, "x"))]
    for customer in range(1, 40):
        events += happened(customer, (0.0, "b"), (4.0, "a"), *([(9.0, "c")] if customer < 20 else []))
    places = measure_of(events, small_map(goal="c")).friction(within="20 seconds").table.to_pylist()
    place = next(row for row in places if (row["touchpoint"], row["sign"]) == ("a", "drop-off"))
    assert (place["visits"], place["customers_at_most"]) == (43, 20)
    assert place["value_at_most"] == pytest.approx(20 * 1_000 / 20)


def test_a_map_without_improvements_to_compare_says_so() -> None:
    measure = measure_of(happened(0, (0, "a"), (10, "b")), small_map(expect("a", "b", "1 hour")))
    assert measure.improvements().table.num_rows == 0
    assert "No improvement of the map can be compared" in measure.improvements().text()


def test_what_the_map_expects_to_follow_is_no_friction() -> None:
    awaited = small_map(expect("b", "a", "1 hour"), expect("c", "c", "1 hour"))
    expected = measure_of(
        [*happened(0, (0, "x"), (15, "b"), (30, "a"), (33, "b"), (36, "a"), (39, "c"), (40, "c"), (99, "x"))], awaited
    )
    counts = {
        (row["touchpoint"], row["sign"]): row["count"]
        for row in expected.friction(within="20 seconds").part("rates").table.to_pylist()
    }
    assert counts["a", "loop"] == 1  # from a back to b; that a follows b is expected, and c c, too
    assert (counts["b", "loop"], counts["c", "repeat"]) == (0, 0)


def test_what_friction_cannot_say_is_told() -> None:
    measure = measure_of([*happened(0, (0, "a"), (10, "b")), *happened(1, (90, "x"))], small_map())
    assert measure.friction(within="1 day").table.num_rows == 0
    assert "No visit is old enough" in measure.friction(within="1 day").text()
    no_staff = measure_of(happened(0, (0, "a"), (10, "b")), small_map()).friction(within="2 seconds")
    assert {row["sign"] for row in no_staff.part("rates").table.to_pylist()} <= {"drop-off", "wait", "loop", "repeat"}
    assert "No channel of the map is `kind: internal`" in no_staff.text()
    with pytest.raises(QuestionError, match="write '3 days'"):
        measure.friction(within="3 working days")
    with pytest.raises(QuestionError, match="1 to 100 places"):
        measure.friction(limit=0)


def test_every_part_that_can_be_drawn_is() -> None:
    measure = staged()
    for result, parts in (
        (measure.retention(), ["retention"]),
        (measure.retention(by="channel", rolling=True), ["retention"]),
        (measure.stages(quiet_after="7 days"), ["stages", "movements", "over_time"]),
        (measure.channels(), ["channels", "switches"]),
        (measure.channels("device"), ["channels"]),
        (measure.conformance(), ["steps"]),
        (measure.process(arrows="50 %", show="p90"), ["arrows"]),
        (measure.friction(), ["places", "rates"]),
    ):
        assert all(result.picture(part).startswith("<svg") for part in parts)
    with pytest.raises(QuestionError, match="drawn are: channels, switches"):
        measure.channels().picture("together")


def test_a_touchpoint_that_is_never_first_or_last_is_in_the_picture_of_transitions() -> None:
    drawn = measure_of(happened(0, (0, "a"), (1, "b"), (2, "c")), small_map()).transitions().picture()
    assert all(f">{name}</" in drawn for name in "abc")


def test_a_process_map_keeps_what_is_commonest_and_the_happy_path() -> None:
    """Two go a, b, c, where the goal is reached; three only visit a; one goes a, d, a, d, b, c."""
    measure = measure_of(
        [
            *(each for who in (0, 1) for each in happened(who, (0, "a"), (5, "b"), (15, "c"))),
            *(each for who in (2, 3, 4) for each in happened(who, (0, "a"), (60, "a"))),
            *happened(5, (0, "a"), (1, "d"), (2, "a"), (3, "d"), (4, "b"), (9, "c")),
        ],
        small_map(goal="c"),
    )
    whole = measure.process(arrows=1.0)
    assert whole.n == {"ways": 24, "happy_path": 2}
    assert whole.others == {}
    assert whole.part("left_out").table.num_rows == 0
    rows = {(row["from"], row["to"]): row for row in whole.table.to_pylist()}
    assert {pair: row["count"] for pair, row in rows.items()} == {
        (None, "a"): 6, ("a", "b"): 2, ("b", "c"): 3, ("c", None): 3, ("a", "a"): 3, ("a", None): 3, ("a", "d"): 2,
        ("d", "a"): 1, ("d", "b"): 1,
    }  # fmt: skip
    assert [pair for pair, row in rows.items() if row["happy"]] == [(None, "a"), ("b", "c"), ("c", None), ("a", "b")]
    assert rows["b", "c"]["share"] == 1.0
    assert rows["a", "a"]["median_seconds"] == pytest.approx(60, rel=1 / 64)
    stops = {row["touchpoint"]: row for row in whole.part("touchpoints").table.to_pylist()}
    assert stops["a"] == {
        "touchpoint": "a", "visits": 10, "customers": 6, "begin": 6, "end": 3, "happy": 1, "shown": True,
    }  # fmt: skip
    assert (stops["d"]["visits"], stops["d"]["customers"], stops["d"]["happy"]) == (2, 1, None)
    assert whole.customers("count", row=list(rows).index(("a", "a"))).column("customer").to_pylist() == [2, 3, 4]

    # Of 18 visits a has 10, more than half: nothing but the happy path stands besides. Arrows: the happy path's, and
    # of a touchpoint the commonest to it and from it, which for a is the end that three reach.
    thin = measure.process(touchpoints="50 %", arrows="0 %")
    assert [row["touchpoint"] for row in thin.part("touchpoints").table.to_pylist() if row["shown"]] == ["a", "b", "c"]
    kept = [(row["from"], row["to"]) for row in thin.table.to_pylist()]
    assert kept == [(None, "a"), ("a", None), ("b", "c"), ("c", None), ("a", "b")]
    assert thin.others == {"arrows": 4, "count": 7, "touchpoints": 1}
    assert sum(row["count"] for row in thin.part("left_out").table.to_pylist()) == 7


def test_the_happy_path_is_the_commonest_way_where_nobody_reaches_the_goal() -> None:
    events = [*happened(0, (0, "a")), *happened(1, (0, "a")), *happened(2, (0, "b"), (1, "a"), (2, "b"))]
    without = measure_of(events, small_map(goal="e")).process()
    arrows = [(row["from"], row["to"]) for row in without.table.to_pylist() if row["happy"]]
    assert arrows == [("a", "b"), ("b", "a"), ("b", None), (None, "b")]
    alone = measure_of(happened(0, (0, "a")), small_map()).process()
    assert [(row["from"], row["to"], row["happy"]) for row in alone.table.to_pylist()] == [
        ("a", None, True),
        (None, "a", True),
    ]
    nobody = measure_of(happened(0, (0, "x")), small_map()).process()
    assert (nobody.table.num_rows, nobody.n) == (0, {"ways": 0, "happy_path": 0})
    assert "No data yet" in nobody.picture()


def test_a_process_map_refuses_what_is_no_share_and_no_number() -> None:
    measure = measure_of(happened(0, (0, "a")), small_map())
    with pytest.raises(QuestionError, match="write 80 %"):
        measure.process(arrows="many")
    with pytest.raises(QuestionError, match="between 0 % and 100 %, not at 120 %"):
        measure.process(touchpoints="120 %")
    with pytest.raises(QuestionError, match="did you mean 'median'"):
        measure.process(show="medan")
    assert measure.process(arrows="40 %").question.document["arrows"] == 0.4


def test_each_group_has_its_own_picture_of_one_scale() -> None:
    measure = measure_of(
        [
            *happened(0, (0, "a"), (5, "b"), (15, "c"), device="phone"),
            *happened(1, (0, "a"), (5, "b"), device="desk"),
            *happened(2, (0, "a"), (5, "d"), device="desk"),
        ],
        small_map(personas=(Persona(key="gift", name="Gift", path=("a", "b")),)),
    )
    for result, part in (
        (measure.process(by="device"), "arrows"),
        (measure.funnel(["a", "b"], by="device"), "steps"),
        (measure.transitions(by="device"), "transitions"),
        (measure.paths(by="device"), "paths"),
        (measure.variants(by="device"), "variants"),
        (measure.stages(by="device"), "stages"),
        (measure.stages(by="device"), "over_time"),
        (measure.touchpoints(by="device"), "touchpoints"),
        (measure.planned(by="device"), "planned"),
        (measure.conformance(by="device"), "steps"),
        (measure.channels(by="device"), "switches"),
    ):
        drawn = result.picture(part)
        assert [drawn.count(f'data-kind="panel" data-key="{group}"') for group in ("desk", "phone")] == [1, 1], part
    funnel = measure.funnel(["a", "b"], by="device").picture()
    assert "2 customers" in funnel
    assert "95 % intervals" in funnel
    process = measure.process(by="device").picture()
    assert process.count('data-kind="touchpoint" data-key="c"') == 2  # its place is kept where nobody visits it
    assert "2 journeys" in process


def test_two_groups_are_drawn_on_one_process_map() -> None:
    events = [
        *(each for who in range(60) for each in happened(who, (0, "a"), (5, "b"), device="phone")),
        *(each for who in range(60, 120) for each in happened(who, (0, "a"), (5, "c"), device="desk")),
    ]
    result = measure_of(events, small_map()).process(by="device", compare=["phone", "desk"])
    drawn = result.picture()
    assert "phone against desk" in drawn
    assert "100% / 0%" in drawn
    assert result.picture("arrows").count('data-kind="panel"') == 2


def test_a_wait_that_is_hardly_longer_is_not_slow() -> None:
    """An hour that a clock change adds to 60 days is no wait."""
    sixty_days = 60 * 86_400.0
    events = [
        *(event for customer in range(8) for event in happened(customer, (0, "a"), (sixty_days, "b"))),
        *happened(8, (0, "a"), (sixty_days + 3_600, "b")),
        *happened(9, (0, "a"), (sixty_days + 2 * 86_400, "b")),
        *happened(10, (300 * 86_400.0, "a")),
    ]
    rates = measure_of(events).friction(within="90 days").part("rates").table.to_pylist()
    row = next(row for row in rates if (row["touchpoint"], row["sign"]) == ("a", "wait"))
    assert (row["visits"], row["count"]) == (10, 1)
