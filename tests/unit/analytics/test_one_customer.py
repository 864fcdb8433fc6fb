"""What a map sees of one customer is what the views say of her."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.questions import stores
from tests.support.small_store import SmallStore

from resa.analytics import Measure, seen_customer


@settings(max_examples=10)
@given(stores(), st.sampled_from([0, 2, 50]))
def test_what_is_seen_of_a_customer_is_what_the_views_say(store: SmallStore, newest: int) -> None:
    measure = Measure(store, store.maps)
    visits = measure.sql("SELECT customer, position, touchpoint FROM visits").to_pylist()
    events = measure.sql("SELECT * FROM events ORDER BY position DESC").to_pylist()
    outcomes = measure.sql("SELECT * FROM outcomes").to_pylist()
    touchpoint = {row["position"]: row["touchpoint"] for row in visits}
    for row in measure.sql("SELECT * FROM customers").to_pylist():
        customer = row["customer"]
        seen = seen_customer(measure.snapshot(), customer, newest)
        assert (seen.events, seen.visits, list(seen.personas)) == (row["events"], row["visits"], row["personas"])
        own = [event for event in events if event["customer"] == customer]
        assert seen.touchpoint == next((touchpoint[e["position"]] for e in own if e["position"] in touchpoint), None)
        assert [(e.at, e.event, e.touchpoint, e.source, e.device, e.value, e.properties) for e in seen.timeline] == [
            (
                *(e["occurred_at"], e["event"], touchpoint.get(e["position"]), e["source_id"]),
                *(e["device"], e["value"], e["properties"]),
            )
            for e in own[:newest]
        ]
        assert sorted(
            (o.expectation, o.opened_at, o.deadline, o.outcome, o.closed_at is not None) for o in seen.openings
        ) == sorted(
            (o["expectation"], o["opened_at"], o["deadline"], o["outcome"], o["closed_at"] is not None)
            for o in outcomes
            if o["customer"] == customer
        )
        opened = [opening.opened_at for opening in seen.openings]
        assert opened == sorted(opened, reverse=True)
