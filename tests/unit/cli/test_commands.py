"""Commands as a person runs them, in one process: what they print, and where."""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.support.six_events import EVENTS
from typer.core import TyperGroup
from typer.main import get_command

from resa.cli.app import PLACES, app, run

MAP = """
title: A shop
stages:
  conversion: [cart, purchase, refund]
touchpoints:
  cart:
    expect: {next: purchase, within: 1 hour, target: 60 %, owner: Ali}
signals:
  cart: {event: cart}
  purchase: {event: order}
  refund: {event: refund}
"""


_ENDLESS = "select count(*) from range(1000000000) a, range(1000000) b"

# Whoever runs the tests in the background may have told all children to ignore Ctrl+C.
_INTERRUPTIBLE = (
    "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "runpy.run_module('resa.cli', run_name='__main__', alter_sys=True)"
)


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop whose events are collected, to be copied: to collect takes longer than most of the tests."""
    folder = tmp_path_factory.mktemp("collected")
    (folder / "journey.yaml").write_text(MAP)
    (folder / "events.csv").write_text(EVENTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run(["collect", "events.csv", "--as", "occurred_at=time", "--yes"]) == 0
    return folder


@pytest.fixture
def shop(collected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    shutil.copytree(collected, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    capsys.readouterr()
    return tmp_path


def test_a_command_loads_only_what_it_needs() -> None:
    code = (
        "import sys; from resa.cli.app import run; run(['map', 'schema']); "
        "print(sorted({'numba', 'sqlalchemy', 'fontTools'} & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stderr.strip() == "[]"
    assert json.loads(result.stdout)["title"] == "Resa journey map"


def test_the_help_names_every_command_and_loads_none() -> None:
    code = "import sys; from resa.cli.app import run; run(['--help']); print(sorted(sys.modules), file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "numpy" not in result.stderr
    assert "resa.cli.measure" not in result.stderr
    tree = get_command(app)
    assert isinstance(tree, TyperGroup)
    context = tree.make_context("resa", [], resilient_parsing=True)
    for name, place in PLACES.items():
        command = tree.get_command(context, name)
        assert command is not None
        assert command.get_short_help_str(200) == place.about
    assert "Ask one question of a map" in result.stdout


def test_a_group_lists_its_commands_as_one_works(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["map", "-h"]) == 0
    shown = capsys.readouterr().out
    names = re.findall(r"^│ ([a-z]+) ", shown, re.MULTILINE)
    assert names == ["check", "draw", "watch", "discover", "import", "export", "tracking", "versions", "schema"]
    for group in ("loads", "rejected", "views", "keys", "customer", "links"):
        assert run([group, "-h"]) == 0
        shown += capsys.readouterr().out
    assert "completion" not in shown  # the shell is completed for `resa` as a whole


def test_a_wrong_command_suggests_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mesure"]) == 2
    assert "'measure'" in capsys.readouterr().err


def test_everything_that_is_missing_is_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journey.yaml").write_text(MAP)
    (tmp_path / "odd.csv").write_text("a,b\nx,y\nz,w\n")
    monkeypatch.chdir(tmp_path)
    assert run(["collect", "odd.csv", "--yes"]) == 1
    told = capsys.readouterr().err
    assert "--as occurred_at=COLUMN" in told
    assert "--as customer=COLUMN" in told
    assert not (tmp_path / "sources").exists()


def test_refused_rows_are_counted_by_reason(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rejected", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["source", "load", "reason", "rows", "for", "instance"]
    assert [line.split()[:4] for line in lines[1:]] == [
        ["events", "1", "no-customer", "1"],
        ["events", "1", "unreadable-time", "1"],
    ]
    assert run(["rejected", "list", "--load", "2"]) == 0
    assert capsys.readouterr().err == "no row was refused\n"
    assert "cecilia" not in (shop / ".resa" / "operations.db").read_bytes().decode("latin-1")


def test_loads_are_data_in_any_format(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["loads", "list", "--format", "csv", "-w", str(shop)]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert {key: row[key] for key in ("rows", "good", "rejected", "duplicate")} == {
        "rows": "6",
        "good": "4",
        "rejected": "2",
        "duplicate": "0",
    }


@pytest.mark.usefixtures("shop")
def test_a_screen_shows_fewer_columns_than_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["measure", "expectations"]) == 0
    shown = capsys.readouterr().out.splitlines()[0].split()
    assert run(["measure", "expectations", "--format", "csv"]) == 0
    written = next(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert set(shown) - {"median"} < set(written)
    assert "median_seconds" in written
    assert {"expectation", "mature", "met", "missed", "share", "low", "high", "target"} <= set(shown)


@pytest.mark.usefixtures("shop")
def test_a_table_says_times_in_words_and_json_in_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["measure", "expectations"]) == 0
    assert "20 min" in capsys.readouterr().out
    assert run(["measure", "expectations", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["median_seconds"] == pytest.approx(1200, rel=0.02)


def test_collecting_says_which_map_cannot_be_measured(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "journey.yaml").write_text(MAP.replace("next: purchase", "next: purchse"))
    for command in (["collect"], ["rebuild"], ["rejected", "replay", "events"]):
        assert run(command) == 0
        told = capsys.readouterr().err
        assert "journey.yaml:7:20" in told
        assert "cannot be measured" in told
    for command in (["measure", "touchpoints"], ["report"]):
        assert run(command) == 1
        assert "journey.yaml:7:20" in capsys.readouterr().err


PEOPLE = """time,Kund,Förnamn,contact,ring,what,amount
2026-05-04T10:00:00Z,K-0817,Åsa,asa.berg@example.org,+46 70 123 45 67,cart,12.5
2026-05-04T10:20:00Z,K-4711,Bo,bo@example.org,0046701234568,order,7
"""


def test_what_is_understood_of_a_file_shows_no_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journey.yaml").write_text(MAP)
    (tmp_path / "people.csv").write_text(PEOPLE)
    monkeypatch.chdir(tmp_path)
    assert run(["collect", "people.csv", "--as", "event=what", "--yes"]) == 0
    told = capsys.readouterr().err
    for secret in ("0817", "4711", "Åsa", "Bo", "berg", "asa", "123", "4670"):
        assert secret not in told, told
    for shown in ("X-9999", "xxx.xxxx@xxxxxxx.xxx", "+99 99 999 99 99", "order", "12.5", "2026-05-04"):
        assert shown in told


def test_loads_show_both_rows_of_the_file_and_what_was_made_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journey.yaml").write_text(MAP)
    (tmp_path / "sources").mkdir()
    (tmp_path / "a.jsonl").write_text('{"at": "2026-05-04", "who": "a", "steps": ["cart", "order", "cart"]}\n')
    (tmp_path / "sources" / "a.yaml").write_text(
        "path: a.jsonl\nselect: select at as occurred_at, who as customer, unnest(steps) as event from row\n"
    )
    monkeypatch.chdir(tmp_path)
    assert run(["collect"]) == 0
    capsys.readouterr()
    assert run(["loads", "list"]) == 0
    heading, row = (line.split() for line in capsys.readouterr().out.splitlines())
    assert heading[-5:] == ["rows", "given", "good", "rejected", "duplicate"]
    assert row[-5:] == ["1", "3", "3", "0", "0"]


@pytest.mark.usefixtures("shop")
def test_the_customers_behind_a_number_have_a_heading(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["measure", "expectations", "cart.purchase", "--customers", "column=missed"]) == 0
    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split() == ["customer", "count", "identifiers", "at", "touchpoint", "events"]
    assert row.split()[1:4] == ["1", "user_id", "bo"]
    assert row.split()[-2:] == ["cart", "1"]
    assert run(["measure", "expectations", "cart.purchase", "--customers", "column=missed", "--format", "csv"]) == 0
    heading, row = capsys.readouterr().out.splitlines()
    assert heading.replace('"', "").split(",")[4:] == [
        *("name", "personas", "touchpoint", "first_seen", "last_seen", "events", "value_of_visits")
    ]
    assert run(["measure", "expectations", "cart.purchase", "--part", "insted"]) == 1
    assert "did you mean 'instead'" in capsys.readouterr().err


@pytest.mark.usefixtures("shop")
def test_with_data_the_check_names_what_no_event_ever_matched(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["measure", "touchpoints"]) == 0
    capsys.readouterr()
    assert run(["map", "check"]) == 0
    assert "no event" in capsys.readouterr().err


def test_without_sources_collecting_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journey.yaml").write_text(MAP)
    monkeypatch.chdir(tmp_path)
    assert run(["collect"]) == 0
    assert "resa collect FILE" in capsys.readouterr().err
    assert run(["loads", "list"]) == 0
    assert capsys.readouterr().err == "nothing was collected yet\n"


@pytest.mark.usefixtures("shop")
def test_sql_shows_a_heading_and_reads_daily_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    source = Path("sources/events.yaml")
    source.write_text(source.read_text() + "without_customer: count\n")
    assert run(["rejected", "replay", "events", "--reason", "no-customer"]) == 0
    capsys.readouterr()
    assert run(["sql", "select day, number, value from daily_numbers"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["day", "number", "value"],
        ["2026-05-06", "cart", "1.000"],
    ]


def test_a_demo_replaces_no_work_of_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = tmp_path / "shop"
    assert run(["new", str(shop)]) == 0
    (shop / "journey.yaml").write_text(MAP)
    before = sorted(shop.rglob("*"))
    for place in (shop, shop / "journey.yaml"):
        assert run(["demo", str(place), "--customers", "100"]) == 1
        assert "is no demo; name another folder" in capsys.readouterr().err
    assert sorted(shop.rglob("*")) == before
    assert (shop / "journey.yaml").read_text() == MAP


def test_a_demo_that_somebody_changed_is_put_aside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()  # an empty folder is as good as none
    assert run(["demo", str(shop), "--customers", "100", "--no-serve"]) == 0
    (shop / "journey.yaml").write_text(MAP)
    capsys.readouterr()
    assert run(["demo", str(shop), "--customers", "100", "--no-serve"]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert f"the demo that was there was changed, and is kept in {shop}-1" in said.replace("- ", "-")
    assert (tmp_path / "shop-1" / "journey.yaml").read_text() == MAP
    assert (shop / "journey.yaml").read_text() != MAP


def test_a_new_workspace_keeps_personal_data_out_of_git(tmp_path: Path) -> None:
    assert run(["new", str(tmp_path / "shop")]) == 0
    lines = (tmp_path / "shop" / ".gitignore").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [".resa/", "incoming/"]
    assert sum(line.startswith("#") for line in lines) == 2


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["map", "check", "-w", "nowhere"], 1, "there is no folder nowhere"),
        (["map", "draw", "--width", "nan"], 1, "200 to 20000 pixels"),
        (["map", "draw", "--width", "-5"], 1, "200 to 20000 pixels"),
        (["map", "watch", "--port", "99999", "--no-browser"], 2, "--port"),
        (["collect", "events.csv", "--kind", "evnts", "--as", "event=event"], 1, "did you mean 'events'"),
        (["loads", "remove", "99999999999999999999999"], 2, "numbers"),
        (["rejected", "list", "--load", "99999999999999999999"], 2, "--load"),
        (["map", "check", "events.csv"], 1, "this file is one text"),
        (["map", "draw", "--paper", "A4", "-o", "map.svg"], 1, "add -o FILE.pdf"),
        (["map", "draw", "-m", "jurney"], 1, "there are: journey; did you mean 'journey'?"),
        (["report", "-o", "nowhere/report.html"], 2, "there is no folder"),
        (["report", "-o", "."], 2, "is a folder"),
        (["loads", "list", "--source", "evnts"], 1, "did you mean 'events'"),
        (["rejected", "list", "--source", "evnts"], 1, "did you mean 'events'"),
        (["measure", "funnel"], 1, "resa measure funnel"),
        (["measure", "funnel", "cart", "purchase", "--steps", "3"], 1, "say the same as --steps"),
        (["measure", "touchpoints", "--from", "2026-06-01", "--until", "2026-05-01"], 1, "later than 'until'"),
        (["measure", "touchpoints", "--until", "9999-12-31"], 1, "too far away"),
        (["measure", "expectations", "--from", "9999-12-31T23:59:59-14:00"], 1, "too far away"),
        (["measure", "expectations", "--kind", "promis"], 1, "use expectation or promise"),
        (["measure", "expectations", "--part", "nope", "--format", "csv"], 1, "no part 'nope'; it has:"),
        (["measure", "touchpoints", "--customers", "touchpoint=nope"], 1, "0 rows fit touchpoint=nope"),
        (["sql", "select * from visit"], 1, "did you mean 'visits'?"),
        (["sql", "select custome from visits"], 1, 'Candidate bindings: "customer"'),
        (["sql", "select 1", "--seconds", "nan"], 2, "--seconds"),
        (["sql", "select 1", "--seconds", "1e300"], 2, "--seconds"),
        (["simulate", "--start", "9999-12-31"], 1, "starts between"),
        (["simulate", "--days", "999999999"], 1, "at most 36,525 days"),
    ],
)
def test_what_makes_no_sense_ends_in_a_message(
    command: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command) == code
    told = capsys.readouterr().err
    assert words in told
    assert "anna" not in told


@pytest.mark.parametrize(
    ("command", "seconds"), [(["sql", _ENDLESS], 5), (["map", "watch", "--no-browser"], 2)], ids=["sql", "watch"]
)
def test_ctrl_c_ends_with_a_word(shop: Path, command: list[str], seconds: int) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no groups of processes to interrupt")
    with subprocess.Popen(
        [sys.executable, "-c", _INTERRUPTIBLE, *command],
        cwd=shop,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        time.sleep(seconds)  # in the middle of loading on a busy machine, of the work on others: both must end so
        told = None
        while told is None:  # Python may lose one, for instance in a callback while it loads; people press again
            os.killpg(process.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                told = process.communicate(timeout=10)[1]
    assert "Traceback" not in told
    assert (process.returncode, told.splitlines()[-1]) in {(130, "stopped before the end"), (0, "ended")}


@pytest.mark.usefixtures("shop")
def test_a_map_that_promises_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["measure", "expectations", "--kind", "promise"]) == 0
    assert "write `expect:` or `promise:`" in capsys.readouterr().out


def test_another_table_of_the_answer_can_be_shown(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["measure", "expectations", "--part", "curve", "--format", "csv", "-w", str(shop)]) == 0
    assert capsys.readouterr().out.startswith('"expectation","seconds","met","cancelled","waiting"')


def test_a_folder_whose_name_is_no_text_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "n\udcff"
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes no such names")
    (folder / "journey.yaml").write_text(MAP)
    assert run(["measure", "touchpoints", "-w", str(folder)]) == 1
    assert "no UTF-8 text" in capsys.readouterr().err


def test_a_reader_who_has_seen_enough_is_told_nothing(tmp_path: Path) -> None:
    (tmp_path / "journey.yaml").write_text(MAP)
    command = [sys.executable, "-m", "resa.cli", "map", "draw", "-w", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


def test_a_message_that_cannot_be_written_stops_nothing(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, _: str, /) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    assert run(["measure", "funnel", "no such step", "-w", str(shop)]) == 1


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        (["measure", "expectations", "-o", "a.csv"], b'"expectation"'),
        (["measure", "expectations", "-o", "a.JSON"], b"{"),
        (["measure", "expectations", "-o", "a.txt"], b"expectation"),
        (["measure", "expectations", "-o", "a.svg"], b"<svg"),
        (["measure", "expectations", "--part", "curve", "-o", "a.svg"], b"<svg"),
        (["measure", "expectations", "-o", "a.png"], b"\x89PNG"),
        (["measure", "funnel", "cart", "purchase", "-o", "a.PDF"], b"%PDF"),
        (["measure", "paths", "-o", "a.pptx"], b"PK"),
        (["measure", "expectations", "-o", "a.parquet"], b"PAR1"),
        (["measure", "expectations", "-o", "a.odd", "--format", "csv"], b'"expectation"'),
        (["measure", "expectations", "--sql", "-o", "a.sql"], b"WITH"),
        (["sql", "select 1 as one", "-o", "a.parquet"], b"PAR1"),
        (["sql", "select 1 as one", "-o", "a.json"], b"["),
        (["loads", "list", "-o", "a.csv"], b'"load"'),
        (["rejected", "list", "-o", "a.csv"], b'"source"'),
    ],
)
def test_the_ending_of_a_file_says_how_to_write(shop: Path, arguments: list[str], beginning: bytes) -> None:
    assert run(arguments) == 0
    (written,) = shop.glob("a.*")
    assert written.read_bytes().startswith(beginning)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["measure", "expectations", "-o", "a.jpg"],
            "by .svg, .png, .pdf or .pptx (a picture), .txt, .json, .csv, .xlsx, .parquet or .arrow",
        ),
        (
            ["sql", "select 1", "-o", "a.svg"],
            "by .txt, .json, .csv, .xlsx, .parquet or .arrow; or say it with --format",
        ),
        (["measure", "expectations", "--part", "instead", "-o", "a.svg"], "no picture for 'instead' of expectations"),
    ],
)
def test_an_ending_that_says_nothing_is_refused(
    shop: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) != 0
    assert words in capsys.readouterr().err
    assert not list(shop.glob("a.*"))


def test_report_and_map_can_be_as_of_a_moment(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moment = ["--as-of", "2026-05-04T10:30:00Z"]
    assert run(["report", "-o", "page.html", *moment]) == 0
    assert "complete to 4 May 2026" in (shop / "page.html").read_text()
    assert run(["map", "draw", "--measured", "-o", "map.svg", *moment]) == 0
    assert "complete to 4 May 2026" in (shop / "map.svg").read_text()
    capsys.readouterr()
    assert run(["report", "-o", "page.html", "--as-of", "yesterday"]) == 1
    assert "'yesterday' is no day and no moment" in capsys.readouterr().err
    assert run(["map", "draw", *moment]) == 1
    assert "add --measured" in capsys.readouterr().err


def test_signals_are_shown_with_their_short_forms_written_out(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = "{event: order, occurrence: 1, value: properties.total}"
    (shop / "journey.yaml").write_text(MAP.replace("{event: order}", short).replace("{event: refund}", "{not_seen: x}"))
    assert run(["map", "check", "--signals"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "cart: event = 'cart'",
        "purchase: event = 'order'",
        "    occurrence 1",
        "    value: properties.total",
        "refund: not seen: x",
    ]


@pytest.mark.parametrize("name", ["signals.yaml", "reactions/mail.yaml", "sources/events.yaml"])
def test_a_part_of_a_workspace_is_no_map(shop: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "reactions").mkdir()
    (shop / name).write_text("cart: {event: cart}\n")
    for command in ("check", "draw"):
        assert run(["map", command, name]) == 1
        told = capsys.readouterr().err
        assert f"'{name}' holds {name.partition('/')[0].removesuffix('.yaml')} and is no map by itself" in told
        assert "not defined" not in told


@pytest.mark.usefixtures("shop")
def test_a_second_group_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["measure", "touchpoints", "--by", "device", "--by", "channel"]) == 1
    assert "groups by one thing, not by device and channel; ask once for each" in capsys.readouterr().err
