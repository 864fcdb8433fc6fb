"""The words of being told, and of reviews, in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["OF_TELLING"]

OF_TELLING: Final[Mapping[str, str]] = {
    # What I am told
    "told": "What you are told",
    "told_about": "Who answers for something on a map is told what happens to it, by mail to {email}.",
    "told_saved": "It is saved.",
    "told_kinds": "Tell me when",
    "told_language": "Language of the mails",
    "told_save": "Save",
    "told_no_mail": "No mail is sent yet: nobody has said by which mail server. The first page shows what needs you.",
    "told_mine": "What you answer for",
    "told_mine_none": "No owner of a map stands for you yet, so nothing is told to you. An administrator binds owners "
    "to people.",
    "told_sent": "What you were told",
    "told_sent_none": "Nothing yet.",
    "told_rate": "A share is said to have fallen so seldom by chance that of a whole map at most one false alarm a "
    "year is to be expected.",
    # Owners
    "told_owners_about": "Maps name owners as texts. Say here whom each stands for; who stands for nobody is told "
    "nothing. What has no owner of its own is told to the owner of its touchpoint, else of the map.",
    "told_owners_none": "No map names an owner yet: write owner: into it, or on the wall.",
    "owner_for": "Answers for",
    "owner_more": "and {n} more",
    "owner_nobody": "Nobody",
    "owner_mail": "By mail to",
    "owner_hook": "By webhook to",
    "owner_unbound": "Told to nobody",
    "owner_by_address": "By the address in the text",
    "owner_save": "Bind",
    "unowned": "Nobody answers for {n} things on the maps: they are told to nobody.",
    "ways_to_tell": "Ways to tell",
    "way_mail": "Mails go by {host} from {sender}.",
    "way_no_mail": "No mail is sent: set smtp_host and smtp_from in resa.toml, and restart.",
    "way_no_address": "Links in mails lead to this machine: set public_address in resa.toml.",
    "way_hooks_none": "No webhook is named: set webhooks in resa.toml.",
    "way_try": "Send a test",
    "way_tried": "The test is sent: see whether it came.",
    "hook_kinds": "Webhook {name}",
    "hook_about": "{shape}, address in {variable}",
    "messages": "Messages",
    "messages_none": "Nothing was told yet.",
    "message_to": "To",
    "message_kind": "About",
    "message_state": "State",
    "message_waiting": "waits; tried {n} times, again at {moment}",
    "message_sent": "sent {moment}",
    "message_failed": "not delivered",
    "message_again": "Try again",
    "undelivered.one": "{n} message to an owner could not be delivered yet",
    "undelivered.other": "{n} messages to owners could not be delivered yet",
    # One click
    "stop_kind": "Stop these messages",
    "stop_about": "{recipient} is told no more of this: {kind}.",
    "stop_do": "Stop them",
    "stop_done": "They are stopped. In the settings, under what you are told, they can be switched on again.",
    # Reviews
    "reviews": "Reviews",
    "reviews_about": "A map asks for reviews by a line such as review: every 3 months.",
    "reviews_of": "Review: {title}",
    "review_overdue": "{title} is to be reviewed",
    "review_last": "Reviewed last on {day}.",
    "review_never": "Never reviewed.",
    "review_due_on": "The next is due on {day}.",
    "review_due_since": "Due since {day}.",
    "review_due_now": "Due.",
    "review_not_asked": "The map asks for no reviews.",
    "review_begin": "Review it",
    "review_file_changed": "What changed in the file since the last review",
    "review_file_same": "Nothing changed since the last review.",
    "review_stages": "Stage by stage",
    "review_below": "Below target",
    "review_pains": "Pain points on which nobody acts",
    "review_stage_well": "Nothing here is below its target, and no pain point is left alone.",
    "review_act": "Act on it",
    "review_keep": "Keep the review",
    "review_notes": "What you found, and what is to be done",
    "review_keep_about": "Today is written into {file} as reviewed:, and the notes are kept with your address.",
    "review_kept": "The review is kept.",
    "review_earlier": "Earlier reviews",
    "review_earlier_none": "None is kept yet.",
    "review_no_numbers": "There are no numbers now: {why}",
    # Home
    "needs_me": "What needs you",
    "mine_below": "Below target: {what}",
}
