"""Backups: made while a workspace is served, whole or not there; a workspace made of one has the same numbers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.senders import Sender
from tests.support.served import Served, new_shop

import resa
from resa.base.clock import to_microseconds
from resa.cli.app import run
from resa.runtime import Drainer
from resa.storage import Arrival, held, list_keys, share_file
from resa.workspace.backing_up import back_up, restore


def send(shop: resa.Workspace, first: int, last: int) -> None:
    """Let events arrive, and nobody make rows of them."""
    with shop.store.arrivals() as arrivals:
        for number in range(first, last):
            call = {"event": "product_added", "userId": f"u{number % 7}", "messageId": str(number)}
            arrivals.append(Arrival("web", to_microseconds(shop.clock()), "track", json.dumps(call).encode())).result()


def drain(shop: resa.Workspace) -> None:
    with shop.store.writing() as writer, shop.store.arrivals() as arrivals:
        drainer = Drainer(writer, arrivals)
        drainer.drain()
        drainer.close()
        shop.refresh(writer)


@pytest.fixture
def shop(tmp_path: Path) -> resa.Workspace:
    """A workspace with events, rejected calls, something that waits, a secret of links, and files of people."""
    folder = tmp_path / "shop"
    new_shop(folder)
    (folder / "sources").mkdir()
    (folder / "sources" / "orders.yaml").write_text("path: a.csv\ncolumns: {occurred_at: at, event: e, customer: c}\n")
    (folder / "pictures").mkdir()
    (folder / "pictures" / "shop.png").write_bytes(b"\x89PNG")
    (folder / "incoming").mkdir()
    (folder / "incoming" / "people.csv").write_text("ann@example.com")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref")
    opened = resa.open(folder)
    send(opened, 0, 40)
    with opened.store.arrivals() as arrivals:
        arrivals.append(Arrival("web", to_microseconds(opened.clock()), "track", b'{"userId": "x"}')).result()
    drain(opened)
    opened.links.make("mail", "https://example.com/")
    send(opened, 40, 50)
    return opened


def test_a_workspace_comes_back_whole(shop: resa.Workspace, tmp_path: Path) -> None:
    key = next(iter(list_keys(shop.store)))
    link = shop.links.make("mail", "https://example.com/a")
    made = back_up(shop, tmp_path / "backup")
    assert (made.events, made.waiting) == (40, 10)
    found = restore(tmp_path / "backup", tmp_path / "again")
    assert (found.findings, found.unbuilt) == ((), None)
    with closing(resa.open(tmp_path / "again")) as again:
        assert again.store.index().events == 40
        assert again.measure.touchpoints().table.equals(shop.measure.touchpoints().table)
        assert len(again.rejected()) == 1
        assert [one.hash for one in again.map_versions()] == [one.hash for one in shop.map_versions()]
        assert list_keys(again.store) == [key]
        assert again.links.read(link).to == "https://example.com/a"
        drain(again)  # what waited was accepted
        assert again.store.index().events == 50
        send(again, 45, 55)  # some of it for the second time
        drain(again)
        assert again.store.index().events == 55
        assert again.verify() == []
    names = {path.relative_to(tmp_path / "again").as_posix() for path in (tmp_path / "again").rglob("*")}
    assert {"journey.yaml", "sources/orders.yaml", "pictures/shop.png"} <= names
    assert not [name for name in names if name.startswith((".git", "incoming"))]
    assert not (shop.store.layout.root / "held").exists()


def test_it_is_for_its_owner_alone(shop: resa.Workspace, tmp_path: Path) -> None:
    back_up(shop, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "again")
    for folder in ("backup", "backup/workspace/.resa", "again", "again/.resa"):
        assert (tmp_path / folder).stat().st_mode & 0o077 == 0
    assert (tmp_path / "again/.resa/links.key").stat().st_mode & 0o777 == 0o600


def test_on_another_disk_files_are_copied(
    shop: resa.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def within_one_disk(old: Path, new: Path) -> None:
        if (".resa" in Path(old).parts) != ("shop" in Path(new).parts):
            raise OSError(18, "Invalid cross-device link")
        link(old, new)

    monkeypatch.setattr(os, "link", within_one_disk)
    back_up(shop, tmp_path / "backup")
    monkeypatch.undo()
    shutil.rmtree(shop.folder / ".resa" / "events")
    assert restore(tmp_path / "backup", tmp_path / "again").findings == ()


def test_files_that_compaction_takes_away_meanwhile(
    shop: resa.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain(shop)
    send(shop, 50, 60)
    drain(shop)
    done: list[Path] = []

    def compacting(old: Path, new: Path) -> None:
        if not done:
            done.append(old)
            with resa.open(shop.folder) as other:
                other.compact()
                send(other, 60, 61)
                drain(other)
                send(other, 61, 62)
                drain(other)
        share_file(old, new)

    monkeypatch.setattr(held, "share_file", compacting)
    made = back_up(shop, tmp_path / "backup")
    assert not done[0].exists()
    assert made.events == 62
    assert restore(tmp_path / "backup", tmp_path / "again").findings == ()


def test_a_listed_file_that_is_missing_is_told(shop: resa.Workspace, tmp_path: Path) -> None:
    shop.store.event_files()[0].path.unlink()
    with pytest.raises(resa.WorkspaceError, match=r"events/.* is listed but missing"):
        back_up(shop, tmp_path / "backup")
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]


def test_one_backup_at_a_time(shop: resa.Workspace, tmp_path: Path) -> None:
    with held.holding(shop.store), pytest.raises(resa.WorkspaceBusy, match="another backup"):
        back_up(shop, tmp_path / "backup")
    back_up(shop, tmp_path / "backup")


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda backup: (backup / "manifest.json").unlink(), "no whole backup"),
        (lambda backup: (backup / "manifest.json").write_text("{}"), "not what Resa wrote"),
        (lambda backup: (backup / "manifest.json").write_text("[" * 100_000), "not what Resa wrote"),
        (lambda backup: edit(backup, "resa_backup", 2), "newer Resa"),
        (lambda backup: edit(backup, "files", [{"path": "../x", "bytes": 0, "sha256": ""}]), "not what Resa wrote"),
        (lambda backup: edit(backup, "files", [{"path": "/etc/passwd", "bytes": 0, "sha256": ""}]), "not what Resa"),
        (lambda backup: edit(backup, "files", [{"path": "workspace/../../x", "bytes": 0, "sha256": ""}]), "not what"),
        (lambda backup: (backup / "workspace/journey.yaml").write_text("title: x"), "journey.yaml of the backup"),
        (lambda backup: (backup / "workspace/.resa/operations.db").unlink(), "operations.db of the backup"),
        (lambda backup: flip(next((backup / "workspace/.resa/events").iterdir())), "events/.* of the backup"),
        (lambda backup: symlink(backup / "workspace/journey.yaml"), "journey.yaml of the backup"),
    ],
)
def test_what_is_no_whole_backup_becomes_no_workspace(
    shop: resa.Workspace, tmp_path: Path, harm: Callable[[Path], object], says: str
) -> None:
    back_up(shop, tmp_path / "backup")
    harm(tmp_path / "backup")
    with pytest.raises(resa.ResaError, match=says):
        restore(tmp_path / "backup", tmp_path / "again")
    assert {path.name for path in tmp_path.iterdir()} == {"backup", "shop"}


def edit(backup: Path, name: str, value: object) -> None:
    said = json.loads((backup / "manifest.json").read_text())
    (backup / "manifest.json").write_text(json.dumps({**said, name: value}))


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()  # it may be the workspace's own file, too
    path.write_bytes(content)


def symlink(path: Path) -> None:
    aside = path.rename(path.with_name("aside"))
    path.symlink_to(aside)


def test_nothing_is_overwritten(shop: resa.Workspace, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("x")
    for target, says in [("full", "exists"), ("shop/backup", "within the workspace"), ("no/backup", "no folder")]:
        with pytest.raises(resa.InputError, match=says):
            back_up(shop, tmp_path / target)
    back_up(shop, tmp_path / "backup")
    with pytest.raises(resa.InputError, match="not empty"):
        restore(tmp_path / "backup", tmp_path / "full")
    (tmp_path / "empty").mkdir()
    restore(tmp_path / "backup", tmp_path / "empty")


def test_what_was_wrong_before_is_wrong_again_and_the_data_are_there(shop: resa.Workspace, tmp_path: Path) -> None:
    (shop.folder / "sources" / "orders.yaml").write_text("path: [")
    back_up(shop, tmp_path / "backup")
    found = restore(tmp_path / "backup", tmp_path / "again")
    assert found.unbuilt is not None
    assert run(["restore", str(tmp_path / "backup"), str(tmp_path / "more")]) == 1
    (tmp_path / "again" / "sources" / "orders.yaml").unlink()
    with resa.open(tmp_path / "again") as again:
        assert again.rebuild().events == 40


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.support.crash_server import DISK_CALLS, Countdown, die
import resa
from resa.workspace.backing_up import back_up, restore
shop = resa.open(sys.argv[1])
shop.store
countdown = Countdown(int(sys.argv[4]), die)
for name in DISK_CALLS:
    setattr(os, name, countdown.wrap(name))
back_up(shop, Path(sys.argv[2])) if sys.argv[3] == "backup" else restore(Path(sys.argv[5]), Path(sys.argv[2]))
"""


@pytest.mark.parametrize("verb", ["backup", "restore"])
@pytest.mark.parametrize("calls", [1, 4, 9, 15, *(pytest.param(n, marks=pytest.mark.nightly) for n in range(16, 90))])
def test_killed_in_the_middle_there_is_no_half_of_one(
    shop: resa.Workspace, tmp_path: Path, verb: str, calls: int
) -> None:
    back_up(shop, tmp_path / "whole")
    target = tmp_path / "target"
    arguments = [str(shop.folder), str(target), verb, str(calls), str(tmp_path / "whole")]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False, cwd=Path(__file__).parents[3])
    assert killed.returncode in {-signal.SIGKILL, 0}
    if not target.exists():
        assert killed.returncode == -signal.SIGKILL
        shutil.rmtree(tmp_path / ".target.unfinished", ignore_errors=True)
        back_up(shop, target) if verb == "backup" else restore(tmp_path / "whole", target)
    if verb == "backup":
        assert restore(target, tmp_path / "again").findings == ()
        assert shop.verify() == []
        assert not (shop.folder / ".resa" / "held").exists() or killed.returncode
    else:
        with resa.open(target) as again:
            assert again.verify() == []
            assert again.store.index().events == 40


def test_under_load_everything_acknowledged_before_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    key = new_shop(folder)
    senders = [Sender(key, seed) for seed in range(2)]
    ids: list[set[str]] = []
    with Served(folder) as served:
        for sender in senders:
            sender.served = served
            sender.start()
        for number in range(4):
            time.sleep(0.7)
            ids.append(set().union(*(sender.acknowledged.copy() for sender in senders)))
            assert run(["backup", str(tmp_path / f"backup{number}"), "-w", str(folder)]) == 0
        for sender in senders:
            sender.stopping.set()
            sender.join()
    sent = set().union(*(sender.acknowledged for sender in senders))
    for number, before in enumerate(ids):
        assert run(["restore", str(tmp_path / f"backup{number}"), str(tmp_path / f"again{number}")]) == 0
        with resa.open(tmp_path / f"again{number}") as again:
            drain(again)
            stored = again.store.rows("events").column("message_id").to_pylist()
            assert len(stored) == len(set(stored))
            assert before <= set(stored) <= set().union(*(sender.tried for sender in senders))
            assert again.verify() == []
    assert len(ids[0]) < len(ids[-1]) < len(sent)
    assert threading.active_count() < 10
