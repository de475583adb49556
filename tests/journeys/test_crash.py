"""SIGKILL under load at any moment: every acknowledged entry is there afterwards, and the ledger verifies."""

from __future__ import annotations

import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from threading import Condition

from tests.journeys.node import Node, flask, start_again, stop_node
from tests.journeys.staff import Staff

WRITERS = 6
CRASHES = 3
FEWEST, MOST = 15, 90
PATIENCE_SECONDS = 60


class Acknowledged:
    """Ids of entries that the node said were made."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._changed = Condition()

    def add(self, entry: str) -> None:
        with self._changed:
            self.ids.append(entry)
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.ids) >= count, PATIENCE_SECONDS), "no load"


def test_a_node_killed_under_load_has_every_acknowledged_entry_and_its_ledger_verifies(
    node: Node, tmp_path: Path
) -> None:
    seed = int(os.environ.get("YAOSHI_SEED") or random.SystemRandom().randrange(2**32))
    print(f"YAOSHI_SEED={seed}")  # noqa: T201 - repeats exactly these moments
    moments = random.Random(seed)  # noqa: S311 - moments of a crash, no secret
    doctor, auditor = Staff(node, "WX", "clinician"), Staff(node, "WX", "auditor")
    patients = [each["id"] for each in doctor.call("POST", "patients/search", {"text": "合成"})["patients"]]
    acknowledged = Acknowledged()
    for crash in range(CRASHES):
        with ThreadPoolExecutor(WRITERS) as writers:
            running = [
                writers.submit(look_until_it_ends, doctor, patients[place % len(patients)], acknowledged)
                for place in range(WRITERS)
            ]
            acknowledged.wait_for(len(acknowledged.ids) + moments.randint(FEWEST, MOST))
            stop_node(node, signal.SIGKILL)
        assert [each.exception() for each in running] == [None] * WRITERS
        start_again(node)
        written = entry_ids(auditor)
        lost = [each for each in acknowledged.ids if each not in written]
        assert lost == [], f"lost after crash {crash + 1}, YAOSHI_SEED={seed}"
        file = tmp_path / f"after-{crash}.yaoshi"
        exported = flask(node, "ledger", "export", str(file))
        assert exported.returncode == 0, exported.stderr
        verified = flask(node, "ledger", "verify", str(file), "--ledger", node.demo["ledger"])
        assert verified.returncode == 0, f"{verified.stdout} YAOSHI_SEED={seed}"


def look_until_it_ends(doctor: Staff, patient: str, acknowledged: Acknowledged) -> None:
    """Opens a chart again and again; each opening is an entry that the answer names. Ends with the node."""
    while True:
        try:
            acknowledged.add(doctor.open(patient)["look"])
        except (OSError, HTTPException):
            return


def entry_ids(auditor: Staff) -> set[str]:
    found: set[str] = set()
    start, size = 0, 1
    while start < size:
        page = auditor.call("GET", f"audit/records?from={start}&limit=200")
        found.update(row["entry_id"] for row in page["records"])
        start, size = start + len(page["records"]), page["size"]
    return found
