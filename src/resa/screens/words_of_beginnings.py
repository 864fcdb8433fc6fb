"""The words of the first steps: coming in first, bringing data, the tour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["OF_BEGINNINGS"]

OF_BEGINNINGS: Final[Mapping[str, str]] = {
    # The first start, and the demo's door
    "setup": "You are the first here",
    "setup_about": "Name yourself: you become the administrator, who invites the others. The password needs 12 "
    "characters; a sentence is good.",
    "setup_name": "Name, as others call you",
    "setup_do": "Begin",
    "setup_how": "It holds once, within an hour of the start, and while nobody may sign in. Another one: start the "
    "server anew.",
    "link_over": "This link holds no more",
    "demo_how": "It holds once, within an hour of the start. Another one: start the demo anew.",
    "key_no_tls": "This address is not encrypted: who is on the way can read the key and the events. Put a proxy with "
    "TLS before it.",
    "key_page": "To measure a site, put this into its pages:",
    "key_call": "To send an event from anything that speaks HTTP:",
    "key_look": "To see what comes in, open Live; or type in the folder of the workspace:",
    # One's own data
    "start": "Your own data",
    "start_about": "A file that says who did what, and when: a row for each event. You say which column is which, and "
    "see a first map of it.",
    "start_beside": "There is a map here already: what the file holds is collected beside it. For a map of your own, "
    "end this server, and begin in a new folder: {program} serve --new -w mine",
    "start_file": "File",
    "start_upload": "Upload",
    "start_kinds": "CSV, JSON lines, Parquet, Arrow or XES, of at most {most} MB; larger ones by: resa collect. "
    "Such as:",
    "start_waiting": "Uploaded, not collected yet",
    "start_look_about": "See whether each column is what it is taken for. Change it, and look again.",
    "start_occurred_at": "When it happened",
    "start_event": "What happened",
    "start_customer": "Who did it",
    "start_value": "What it was worth",
    "start_constant": "In all rows: {text}",
    "start_nothing": "Nothing",
    "start_timezone": "Time zone",
    "start_time_format": "Form of the time",
    "start_decimal": "Decimals after a",
    "start_none": "Not found",
    "start_unknown": "Choose a column for:",
    "start_again": "Look again",
    "start_trial": "Of the first {rows} rows, {good} can be taken.",
    "start_draw": "Draw the map",
    "start_collect": "Collect the file",
    "start_columns": "What the columns hold",
    "start_column": "Column",
    "start_kind": "Holds",
    "start_filled": "Filled",
    "start_samples": "Such as",
    "start_kind_text": "text",
    "start_kind_number": "numbers",
    "start_kind_time": "times",
    "start_kind_true": "true or false",
    "start_kind_nested": "nested values",
    "start_more": "Taken, too:",
    "start_left_out": "Left out, because journeys do not need what looks personal: {names}",
    # A map drawn from the data
    "drafted": "This map was drafted from your data",
    "drafted_about": "The stages, their order, the names of the touchpoints and what is expected after which are "
    "guesses: change what is wrong.",
    "drafted_next": "What only you know:",
    "drafted_targets": "How many should do what is expected: targets",
    "drafted_personas": "Who your customers are: personas",
    "drafted_owner": "Who answers for the map: an owner",
    "drafted_wall": "Change the map",
    "drafted_dismiss": "Do not show this again",
    # The tour
    "tour": "Tour",
    "tour_take": "Take the tour",
    "tour_at": "{number} of {of}",
    "tour_next": "Next",
    "tour_back": "Back",
    "tour_leave": "Leave the tour",
    "tour_done": "Done",
    "tour_there": "Go there",
    "tour_1": "How the map is doing",
    "tour_1_about": "The large numbers of the map. Below them, where most customers are lost, since when, and how many "
    "could be won at most.",
    "tour_2": "The map that runs",
    "tour_2_about": "Stages from left to right, touchpoints in them. Each arrow says what is expected of customers, or "
    "promised to them, and how many did it in time. Open a touchpoint to read what is known of it.",
    "tour_3": "Who is behind a number",
    "tour_3_about": "Each expectation with its share and its target. In the table below the picture, numbers of "
    "customers are links: open one, and you meet the customers behind it.",
    "tour_4": "Ask a question",
    "tour_4_about": "A funnel: how many come from step to step, and in what time. Change the steps, or group by device "
    "or persona; each answer has an address that can be sent on.",
    "tour_5": "What comes in, and your own data",
    "tour_5_about": "Events appear here within a second. For a map of your own, end this with Ctrl+C and type: "
    "{program} serve --new -w mine. The link that it prints leads to a page that takes your file.",
    "tour_reports": "Take it with you",
    "tour_reports_about": "The report is one page that is complete in itself: keep it, send it, print it.",
}
