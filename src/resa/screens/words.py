"""Every word of the screens' frame, in English; it is said in other languages by their catalogues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from resa.base.language import said, said_count

__all__ = ["ENGLISH", "say", "say_count"]

ENGLISH: Final[Mapping[str, str]] = {
    # The frame
    "home": "Home",
    "map": "Map",
    "explore": "Explore",
    "customers": "Customers",
    "segments": "Segments",
    "live": "Live",
    "settings": "Settings",
    "skip": "Skip to the content",
    "screens": "Screens",
    "language": "Language",
    "theme": "Colours",
    "theme_system": "As the system",
    "theme_light": "Light",
    "theme_dark": "Dark",
    "change": "Change",
    # Coming in
    "sign_in": "Sign in",
    "sign_out": "Sign out",
    "email": "E-mail",
    "password": "Password",
    "sign_in_wrong": "This address and password do not belong together. Who has no password asks an administrator for "
    "an invitation.",
    "sign_in_later": "Too many attempts failed. Please try again in {minutes} minutes.",
    "welcome": "Welcome",
    "welcome_about": "Set a password for {email}. It needs 12 characters; a sentence is good.",
    "welcome_over": "This invitation holds no more",
    "welcome_how": "An invitation holds once, for seven days. Ask an administrator for another one: resa people invite",
    "set_password": "Set the password",
    # Trouble
    "trouble": "This cannot be shown",
    "failed": "Something went wrong here. What you did before is kept; please try again.",
    "not_for_you": "Your role does not allow this. An administrator can change it.",
    "nothing_here": "There is nothing at this address.",
    "form_too_old": "This form did not come from a page of ours, or is too old. Go back, load the page again, and send "
    "it once more.",
    "back_home": "To the first page",
    "problems": "What is wrong with the files",
    # Home
    "no_map": "There is no map yet",
    "no_map_how": "A map is a file of the workspace's folder. Begin one with: resa new, or let events propose one: "
    "resa discover",
    "sources_troubled": "Sources that need somebody",
    "first_steps": "What to do next",
    "where_to_look": "Where to look first",
    "open_map": "Open the map",
    "open_report": "Report",
    "owner": "Owner",
    # Map
    "lanes": "Lanes",
    "lanes_all": "All",
    "lanes_customer": "What the customer lives through",
    "lanes_blueprint": "Service blueprint",
    "lanes_numbers": "Numbers",
    "seen_by": "Seen by",
    "everybody": "Everybody",
    "as_planned": "As planned, without numbers",
    "show": "Show",
    "as_table": "The same as a table",
    "promises": "What we promised",
    "expectations": "What we expect of customers",
    "we_promise": "We promise",
    "we_expect": "We expect",
    "share_met": "Share met",
    "against_target": "Against target",
    "time_to_meet": "Time to meet it",
    "trend": "Over time",
    "take_away": "Take it away",
    "know_before": "Know before you use it",
    # A touchpoint
    "expectations_and_promises": "Expectations and promises",
    "visits": "Visits",
    "time_to_next": "Until the next touchpoint, median",
    "score": "How it is felt, from −2 to +2",
    "daily_total": "Total of the daily number",
    "actions": "What the customer does",
    "motivation": "What the customer wants",
    "questions": "What the customer asks",
    "frontstage": "What we do in sight",
    "backstage": "Behind the scenes",
    "support": "What supports it",
    "pain_points": "Pain points",
    "voices": "What people said",
    "friction": "Where it is hard going",
    # Reports
    "reports": "Reports",
    "reports_about": "One page about a map, complete in itself: it can be kept, sent and printed.",
    # Explore
    # Customers
    # Segments
    # Live
    "sources": "Sources",
    "source": "Source",
    "reads": "Reads",
    "reads_database": "A database",
    "reads_files": "Files",
    "reads_hook": "Webhooks",
    "reads_http": "Events over HTTP",
    "reads_gone": "Nothing: its file is gone or wrong",
    "good": "Good",
    "refused": "Refused",
    "lag": "Behind",
    "last_run": "Last run (UTC)",
    "next_run": "Next run (UTC)",
    "last_error": "Last error",
    "newest": "What came in last",
    "outcome": "What became of it",
    "outcome_good": "Counted",
    "outcome_bot": "A bot's: kept, not counted",
    "outcome_rejected": "Refused",
    "what": "What",
    "who": "Who",
    "look_again": "Look again",
    "as_of_now": "As of {moment} UTC",
    "nothing_came": "Nothing came in yet.",
    "refused_rows": "Refused rows",
    "refused_about": "They are kept. Once the source's file is mended, they can be read again.",
    "nothing_refused": "No row waits.",
    "read_again": "Read again",
    "replayed": "{good} went in, {duplicate} were there already, {rest} stay refused.",
    "reason": "Reason",
    "rows": "Rows",
    "for_instance": "For instance",
    "tracking": "Tracking plan: {map}",
    "tracking_tracking": "What shows each touchpoint",
    "tracking_properties": "What is read of its events",
    "tracking_unused": "Events that are no touchpoint of this map",
    "tracking_unused_properties": "Properties that this map does not read",
    # Settings
    "your_sessions": "Where you are signed in",
    "sessions_about": "You are signed in as {email}, in the role {role}.",
    "browser": "Browser",
    "since": "Since",
    "seen": "Last seen",
    "end": "End",
    "people": "People",
    "invite": "Invite",
    "invite_link": "Give this link to who was invited. It holds once, for seven days, and is shown this once:",
    "name": "Name",
    "role": "Role",
    "role_viewer": "Viewer: sees maps and numbers",
    "role_analyst": "Analyst: also sources and what was refused",
    "role_marketer": "Marketer: also customers and their names",
    "role_service": "Service: customers and their names",
    "role_privacy_officer": "Privacy officer: customers, and who saw what",
    "role_admin": "Administrator: everything",
    "invited_only": "invited",
    "give_role": "Give this role",
    "end_person": "Take the right to sign in away",
    "keys": "Keys",
    "keys_about": "A key sends events of one source, or reads metrics. Only its hash is kept.",
    "key": "Key",
    "key_once": "This is the key. It is shown this once:",
    "make_key": "Make a key",
    "scope": "Allows",
    "scope_collect": "Send events",
    "scope_metrics": "Read metrics",
    "scope_consent": "Record consents",
    "made": "Made",
    "revoke": "Revoke",
    "audit": "Audit log",
    "when": "When (UTC)",
    "customer_pseudonym": "Customer",
    "detail": "Detail",
    "setting": "Setting",
    "value": "Value",
    "about": "What it does",
}


def say(key: str, /, *, language: str, **values: object) -> str:
    """A word or sentence of the screens' in a language."""
    return said(language, f"screen.{key}", ENGLISH[key], **values)


def say_count(key: str, n: int, /, *, language: str, **values: object) -> str:
    """A sentence about `n` things in a language; `{n}` stands for how many, as the language writes numbers."""
    return said_count(language, f"screen.{key}", ENGLISH[f"{key}.one"], ENGLISH[f"{key}.other"], n, **values)
