"""Worlds with a known map, and how much of a known map a discovered one finds again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from resa import workspace
from resa.discovery import Draft
from resa.model.journey import Expectation, JourneyMap
from resa.storage import Store, trying
from resa.workspace import Workspace

__all__ = ["BUSINESS", "CLAIMS", "MAGAZINE", "Comparison", "compare", "simulated"]

BUSINESS = """\
title: Machines for dairies
timezone: Europe/Oslo
currency: NOK
stages:
  awareness: [webinar]
  consideration: [request, demo, offer]
  conversion: [contract]
  service: [kick_off, training, invoice, payment, ticket, answer]
  loyalty: [survey, renewal, referral]
touchpoints:
  webinar: {expect: {next: request, within: 14 days, target: 35 %}}
  request: {promise: {next: demo, within: 5 working days, target: 85 %}}
  demo: {promise: {next: offer, within: 10 days, target: 70 %}}
  offer: {expect: {next: contract, within: 30 days, target: 40 %}}
  contract:
    promise:
      - {next: kick_off, within: 14 days, target: 95 %}
      - {next: invoice, within: 20 days, target: 97 %}
  kick_off: {expect: {next: training, within: 14 days, target: 75 %}}
  training: {expect: {next: ticket, within: 30 days, target: 30 %}}
  invoice: {expect: {next: payment, within: 30 days, target: 90 %}}
  payment: {expect: {next: renewal, within: 90 days, target: 40 %}}
  ticket: {promise: {next: answer, within: 2 days, target: 95 %}}
  answer: {expect: {next: survey, within: 7 days, target: 35 %}}
  survey: {expect: {next: webinar, within: 45 days, target: 20 %}}
  renewal: {expect: {next: referral, within: 30 days, target: 25 %}}
signals:
  webinar: {event: webinar_joined}
  request: {event: request_sent}
  demo: {event: demo_held}
  offer: {event: offer_sent}
  contract: {event: contract_signed, value: properties.amount}
  kick_off: {event: kick_off_held}
  training: {event: training_done}
  invoice: {event: invoice_sent}
  payment: {event: invoice_paid}
  ticket: {event: ticket_opened}
  answer: {event: ticket_answered}
  survey: {event: survey_answered}
  renewal: {event: contract_renewed}
  referral: {event: referral_given}
"""
"""Businesses that buy once in a while: few touchpoints a customer, weeks between them, most of them ours to do."""

MAGAZINE = """\
title: A magazine by subscription
timezone: Europe/Stockholm
currency: SEK
stages:
  awareness: [article]
  consideration: [offer_page, trial]
  conversion: [checkout, subscription]
  use: [app_installed, first_login, newsletter]
  loyalty: [renewed, gift]
touchpoints:
  article: {expect: {next: offer_page, within: 30 minutes, target: 45 %}}
  offer_page: {expect: {next: trial, within: 1 day, target: 60 %}}
  trial: {expect: {next: checkout, within: 21 days, target: 55 %}}
  checkout: {expect: {next: subscription, within: 1 hour, target: 80 %}}
  subscription:
    promise: {next: newsletter, within: 7 days, target: 98 %}
    expect: {next: app_installed, within: 3 days, target: 50 %}
  app_installed: {expect: {next: first_login, within: 2 hours, target: 75 %}}
  first_login: {expect: {next: renewed, within: 60 days, target: 60 %}}
  newsletter: {expect: {next: article, within: 2 days, target: 30 %}}
  renewed: {expect: {next: gift, within: 14 days, target: 45 %}}
signals:
  article: {page: /articles/*}
  offer_page: {page: /offers}
  checkout: {page: /checkout}
  trial: {event: trial_started}
  subscription: {event: subscription_bought, value: properties.amount}
  app_installed: {event: app_installed}
  first_login: {event: login}
  newsletter: {event: newsletter_opened}
  renewed: {event: subscription_renewed}
  gift: {event: gift_sent}
"""
"""Readers: pages and an app, minutes and weeks in one journey."""

CLAIMS = """\
title: Claims of a home insurer
timezone: Europe/Copenhagen
currency: DKK
stages:
  notice: [damage_reported, photos_sent]
  assessment: [handler_assigned, inspection, estimate]
  decision: [accepted, refused, appeal]
  settlement: [payout, repair_booked, repair_done]
  after: [rating, complaint, complaint_answered]
touchpoints:
  damage_reported:
    expect: {next: photos_sent, within: 3 days, target: 70 %}
    promise: {next: handler_assigned, within: 2 working days, target: 92 %}
  handler_assigned:
    promise: {next: estimate, within: 21 days, target: 80 %}
    expect: {next: inspection, within: 10 days, target: 40 %}
  estimate:
    expect:
      - {next: accepted, within: 14 days, target: 65 %}
      - {next: refused, within: 14 days, target: 20 %}
  refused: {expect: {next: appeal, within: 30 days, target: 30 %}}
  accepted:
    promise: {next: payout, within: 5 days, target: 90 %}
    expect: {next: repair_booked, within: 10 days, target: 50 %}
  repair_booked: {promise: {next: repair_done, within: 30 days, target: 85 %}}
  repair_done: {expect: {next: rating, within: 7 days, target: 35 %}}
  payout: {expect: {next: complaint, within: 14 days, target: 8 %}}
  complaint: {promise: {next: complaint_answered, within: 7 days, target: 90 %}}
signals:
  damage_reported: {event: claim_created}
  photos_sent: {page: /claims/*/photos}
  handler_assigned: {event: handler_assigned}
  inspection: {event: inspection_done}
  estimate: {event: estimate_made}
  accepted: {event: claim_accepted, value: properties.amount}
  refused: {event: claim_refused}
  appeal: {event: appeal_received}
  payout: {event: money_sent}
  repair_booked: {event: repair_booked}
  repair_done: {event: repair_done}
  rating: {event: rating_given}
  complaint: {event: complaint_received}
  complaint_answered: {event: complaint_answered}
"""
"""Cases that an office handles: most of the steps are ours, they fork, and some run beside each other."""


@contextmanager
def simulated(folder: Path, text: str | None, *, customers: int, seed: int) -> Iterator[Workspace]:
    """A workspace with the simulated events of a map, or of the retail template."""
    if text is None:
        workspace.create(folder, template="retail", language="en")
    else:
        folder.mkdir()
        (folder / "journey.yaml").write_text(text, encoding="utf-8")
    with workspace.open(folder) as shop:
        shop.simulate(customers=customers, seed=seed)
        shop.collect()
        yield shop


@dataclass(frozen=True)
class Comparison:
    """A discovered map beside the true one.

    Attributes:
        found: Arrows of the true map that the discovered one has as well.
        lost: Arrows of the true map that it has not.
        others: Arrows between touchpoints of the true map that the true map has not.
        elsewhere: Arrows from or to what is no touchpoint of the true map, which it can say nothing of.
        inverted: Pairs of touchpoints of two true stages that stand in discovered stages the other way round.
        pairs: Pairs of touchpoints of two true stages that were both found.
        unmatched: True touchpoints that events show and the discovered map does not have.
    """

    found: tuple[str, ...]
    lost: tuple[str, ...]
    others: tuple[str, ...]
    elsewhere: tuple[str, ...]
    inverted: tuple[tuple[str, str], ...]
    pairs: int
    unmatched: tuple[str, ...]


def compare(store: Store, truth: JourneyMap, draft: Draft) -> Comparison:
    """Compare by events: a discovered touchpoint is the true one that at least half of its events are.

    An arrow is found if one goes from the same touchpoint and one of the touchpoints that meet it is the same, whoever
    is said to walk it.
    """
    other = draft.journey_map
    same = _same(_codes(store, truth), _codes(store, other), truth, other)
    proposed = [_translated(arrow, same) for arrow in other.expectations]
    known = [(after, meets, name) for after, meets, name in proposed if after and meets]
    found = [
        arrow.name
        for arrow in truth.expectations
        if any(after == arrow.after and meets & set(arrow.next) for after, meets, _ in known)
    ]
    expected = {(arrow.after, following) for arrow in truth.expectations for following in arrow.next}
    stage = {key: place for place, one in enumerate(truth.stages) for key in one.touchpoints}
    drawn: dict[str, int] = {}
    for place, one in enumerate(other.stages):
        for key in one.touchpoints:
            if key in same:
                drawn.setdefault(same[key], place)  # of several the first: where it is met for the first time
    pairs = [(one, two) for one in drawn for two in drawn if stage[one] < stage[two]]
    shown = {signal.touchpoint for signal in truth.signals if signal.kind == "events"}
    return Comparison(
        found=tuple(found),
        lost=tuple(arrow.name for arrow in truth.expectations if arrow.name not in found),
        others=tuple(name for after, meets, name in known if not any((after, one) in expected for one in meets)),
        elsewhere=tuple(name for after, meets, name in proposed if not (after and meets)),
        inverted=tuple((one, two) for one, two in pairs if drawn[one] > drawn[two]),
        pairs=len(pairs),
        unmatched=tuple(sorted(shown - set(drawn))),
    )


def _translated(arrow: Expectation, same: dict[str, str]) -> tuple[str | None, set[str], str]:
    return same.get(arrow.after), {same[key] for key in arrow.next if key in same}, arrow.name


def _codes(store: Store, journey_map: JourneyMap) -> npt.NDArray[np.uint16]:
    with trying(store, journey_map) as trial:
        return np.array(trial.index().column(journey_map.key).touchpoints)


def _same(
    truth_codes: npt.NDArray[np.uint16], codes: npt.NDArray[np.uint16], truth: JourneyMap, other: JourneyMap
) -> dict[str, str]:
    """The true touchpoint of each discovered one, if most of its events are one."""
    table = np.zeros((len(other.touchpoints) + 1, len(truth.touchpoints) + 1), np.int64)
    np.add.at(table, (codes, truth_codes), 1)
    found = {}
    for code, touchpoint in enumerate(other.touchpoints, start=1):
        most = int(np.argmax(table[code]))
        if most and table[code, most] * 2 >= table[code].sum():
            found[touchpoint.key] = truth.touchpoints[most - 1].key
    return found
