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
    "start_kinds": "CSV, Excel (.xlsx), JSON lines, Parquet, Arrow or XES, of at most {most} MB; larger ones by: resa "
    "collect. Such as:",
    "start_waiting": "Uploaded, not collected yet",
    "start_look_about": "Say in which column each of these stands; it was guessed as far as it could be. Change "
    "what is wrong.",
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
    "start_choose": "Choose",
    "start_channel": "By what channel",
    "start_email": "E-mail address",
    "start_phone": "Telephone number",
    "start_currency": "Currency",
    "start_decimal_comma": "comma: 12,50",
    "start_decimal_point": "point: 12.50",
    "start_reading": "{text} is {day}",
    "start_missing_occurred_at": "Choose the column that says when it happened.",
    "start_missing_customer": "Choose the column that says who it was, such as a number of the customer; an e-mail "
    "address or a telephone number will do, too.",
    "start_missing_time_format": "The first number of {example} may be the day or the month. Choose which it is.",
    "start_advice_guessed": "“{column}” was chosen by what it holds, since its name does not say it. Choose another "
    "column if that is wrong.",
    "start_advice_one_event": "No column seems to say it, so every row is called “{stem}”. Choose a column if there "
    "is one.",
    "start_advice_no_value": "No amount was found. If a column holds one, such as “{number}”, choose it.",
    "start_advice_no_zone": "“{column}” does not say it, so UTC is taken. Type the zone of the clock that wrote the "
    "file, such as {timezone}.",
    "start_advice_commas": "Every comma in “{column}” stands before three digits: 1,234 is taken for a little more "
    "than one. If it means more than a thousand, take the commas out of the file and upload it again.",
    "start_advice_currencies": "“{column}” names several currencies ({samples}), and amounts are added up as they "
    "stand. Make a file of each currency, and upload one after the other.",
    "start_refused_unreadable_time": "“{column}” holds no time that can be read. Choose another column above for when "
    "it happened, or another form of the time.",
    "start_refused_doubtful_time": "The clock showed the time in “{column}” twice or never, when summer time began or "
    "ended. Choose UTC as the time zone above if the file was written by that.",
    "start_refused_broken_utf8": "The row holds letters that cannot be read. Save the file as CSV UTF-8, and upload it "
    "again.",
    "start_again": "Look again",
    "start_not_yet": "No row can be taken as it is. Change what is said above, and look again.",
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
    "start_taken": "Taken for",
    "start_device": "On what device",
    "start_message_id": "Number of the row",
    "start_persona": "Persona or segment",
    "start_detail": "A detail, kept beside",
    "start_left": "Left out",
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
