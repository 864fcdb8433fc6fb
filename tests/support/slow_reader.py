"""A reader of a workspace's data folder who opens a generation, says what is in it, waits for a word, and reads on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from resa.expressions import Scope, compile_expression
from resa.storage import JourneyIndex, Store


def said(store: Store, index: JourneyIndex) -> str:
    """What a generation says, read part by part."""
    web = compile_expression("channel = 'web'", scope=Scope.EVENT, expects="boolean")
    answers = store.evaluate_events({"web": web}, index=index).column("web")
    touchpoints = index.column("told").touchpoints
    return json.dumps([index.identifiers().to_pylist(), answers.to_pylist(), touchpoints.tolist()])


def main() -> None:
    """Read `sys.argv[1]`."""
    with Store.open(Path(sys.argv[1])) as store:
        held = store.index()
        sys.stdout.write(said(store, store.index()) + "\n")
        sys.stdout.flush()
        sys.stdin.readline()
        sys.stdout.write(said(store, held))


if __name__ == "__main__":
    main()
