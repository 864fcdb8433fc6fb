"""Folders and object storage that are looked into by schedule: what is new is taken, once, and nothing half-written."""

from __future__ import annotations

import gzip
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer
from tests.support.sources import COLUMNS, Shop, figures

from resa.base.errors import SourceError
from resa.collector import LoadReport, files
from resa.storage import state_of_source

DAILY = "path: in/*.csv\nevery: 1 hour\n" + COLUMNS
HEADING = "when,what,who\n"


def taken(report: LoadReport) -> list[str]:
    return [file.file for file in report.files if file.state == "collected"]


def file_of_long_ago(shop: Shop, name: str, content: str) -> Path:
    path = shop.file(name, content)
    long_ago = time.time() - 3_600
    os.utime(path, (long_ago, long_ago))
    return path


def test_only_new_files_are_taken(shop: Shop) -> None:
    assert shop.collect(DAILY).files[0].state == "nothing new"
    file_of_long_ago(shop, "in/a.csv", HEADING + "2026-01-02,buy,k1\n")
    assert taken(shop.collect(DAILY)) == ["in/a.csv"]
    file_of_long_ago(shop, "in/b.csv", HEADING + "2026-01-03,buy,k1\n2026-01-03,buy,k2\n")
    report = shop.collect(DAILY)
    assert (taken(report), report.good) == (["in/b.csv"], 2)
    again = shop.collect(DAILY)
    assert [file.state for file in again.files] == ["nothing new"]
    assert len(shop.events()) == 3
    assert state_of_source(shop.store, "orders").failures == 0


def test_a_file_that_is_known_is_not_read_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    file_of_long_ago(shop, "in/a.csv", HEADING + "2026-01-02,buy,k1\n")
    shop.collect(DAILY)

    def read(self: Any) -> str:
        raise AssertionError(self.name)

    monkeypatch.setattr(files.RowFile, "fingerprint", property(read))
    assert shop.collect(DAILY).files[0].state == "nothing new"


def test_a_file_that_is_being_written_waits(shop: Shop) -> None:
    path = shop.file("in/a.csv", HEADING + "2026-01-02,buy,k1\n")
    shop.file("in/b.csv", HEADING + "2026-01-02,buy,k2\n")
    done = threading.Event()

    def write() -> None:
        while not done.wait(0.05):
            with path.open("a") as stream:
                stream.write("2026-01-02,buy,k1\n")

    writing = threading.Thread(target=write)
    writing.start()
    try:
        assert taken(shop.collect(DAILY)) == ["in/b.csv"]
    finally:
        done.set()
        writing.join()
    assert taken(shop.collect(DAILY)) == ["in/a.csv"]


def test_a_wrong_file_keeps_no_other_waiting(shop: Shop) -> None:
    file_of_long_ago(shop, "in/a.csv", "nothing,that,fits\n1,2,3\n")
    file_of_long_ago(shop, "in/b.csv", HEADING + "2026-01-02,buy,k2\n")
    for failures in (1, 2):
        with pytest.raises(SourceError, match="no column 'when'"):
            shop.collect(DAILY)
        assert state_of_source(shop.store, "orders").failures == failures
    assert len(shop.events()) == 1


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket of a server that speaks S3, on this machine."""
    import boto3

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    said = {
        "AWS_ACCESS_KEY_ID": "resa",
        "AWS_SECRET_ACCESS_KEY": "s3cret-of-the-bucket",
        "AWS_REGION": "eu-north-1",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ALLOW_HTTP": "true",
    }
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", region_name="eu-north-1")
    name = f"shop-{os.urandom(6).hex()}"  # what fsspec keeps of a bucket is not another test's
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})

    class Bucket:
        url = f"s3://{name}"

        def put(self, key: str, body: bytes) -> None:
            client.put_object(Bucket=name, Key=key, Body=body)

    yield Bucket()
    server.stop()


def test_object_storage(shop: Shop, bucket: Any) -> None:
    text = f"path: {bucket.url}/in/*.csv*\nevery: 1 hour\n" + COLUMNS
    assert shop.collect(text).files[0].state == "nothing new"
    bucket.put("in/first of all.csv", (HEADING + "2026-01-02,buy,k1\nnever,buy,k1\n").encode())
    bucket.put("in/second.csv.gz", gzip.compress((HEADING + "2026-01-02,buy,k2\n").encode()))
    bucket.put("elsewhere/third.csv", (HEADING + "2026-01-02,buy,k3\n").encode())
    report = shop.collect(text)
    assert figures(report) == (2, 1, 0)
    assert taken(report) == [f"{bucket.url}/in/first of all.csv", f"{bucket.url}/in/second.csv.gz"]
    bucket.put("in/fourth.csv", (HEADING + "2026-01-02,buy,k4\n").encode())
    assert taken(shop.collect(text)) == [f"{bucket.url}/in/fourth.csv"]
    assert shop.collect(text).files[0].state == "nothing new"
    one = f"path: {bucket.url}/elsewhere/third.csv\n" + COLUMNS
    assert figures(shop.collect(one, name="third")) == (1, 0, 0)


def test_parquet_in_object_storage_is_read_by_parts(shop: Shop, bucket: Any, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 5_000
    times = ["2026-01-02"] * rows
    table = pa.table({"when": times, "what": ["buy"] * rows, "who": [f"k{n}" for n in range(rows)]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=1_000)
    bucket.put("a.parquet", (tmp_path / "a.parquet").read_bytes())
    assert figures(shop.collect(f"path: {bucket.url}/a.parquet\n" + COLUMNS, chunk_rows=1_700)) == (rows, 0, 0)


def test_object_storage_that_fails_is_said_in_a_line(shop: Shop, bucket: Any) -> None:
    for path, said in {
        f"{bucket.url}/none.csv": "there is no file",
        "s3://no-such-bucket/in/*.csv": "cannot be reached",
        "nothing://shop/a.csv": "cannot be reached",
    }.items():
        with pytest.raises(SourceError, match=said) as raised:
            shop.collect(f"path: {path}\n" + COLUMNS)
        assert "\n" not in str(raised.value)
        assert "s3cret" not in str(raised.value)
    assert b"s3cret" not in b"".join(path.read_bytes() for path in shop.folder.rglob("*") if path.is_file())
