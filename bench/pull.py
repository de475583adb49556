"""Pull of 100 laboratory results with decision and committed disclosure, beside the same search without both.

Over HTTP against a served node. Both sides run in turns in the same minute, so that a slow minute slows both.
Goals: p50 at most 1.5 times, and requests a second at 8 clients at least 0.6 times, the search alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.figures import Figure, at_least, beside, percentile
from bench.wire import Wire, get, latencies, throughput
from bench.world import USER, World, give, node
from gateway.fhir.token import issue_token
from gateway.peers.assertion import ASSERTION_TYPE, build_assertion

RESULTS = 100
CLIENTS = 8
PORT = int(os.environ.get("YAOSHI_BENCH_PORT", "18431"))
ROUNDS, REQUESTS, SECONDS = 6, 60, 2.5
PEER = "the same search without consent and log"


def measure() -> list[Figure]:
    """Serve a node with the results and measure both routes in turns."""
    with TemporaryDirectory(prefix="yaoshi-bench-") as name:
        folder = Path(name)
        with node(RESULTS, PORT) as world:
            token = _token(world, give(world))
            institution = world.custodian
            shutil.copytree(world.settings.data, folder / "node")
        query = f"Observation?patient={world.patient_id}&_count={RESULTS}"
        host = f"localhost:{PORT}"
        ours = get(f"/i/{institution}/fhir/{query}", host, token)
        peer = get(f"/i/{institution}/bench/{query}", host, token)
        with served(folder):
            _same_records(ours, peer)
            return _figures(ours, peer)


def _figures(ours: bytes, peer: bytes) -> list[Figure]:
    slow: dict[bytes, list[float]] = {ours: [], peer: []}
    rates: dict[bytes, list[float]] = {ours: [], peer: []}
    for request in (ours, peer):
        latencies(PORT, request, REQUESTS)
    for _ in range(ROUNDS):
        for request in (ours, peer):
            slow[request] += latencies(PORT, request, REQUESTS)
    for _ in range(ROUNDS):
        for request in (ours, peer):
            rates[request].append(throughput(PORT, request, CLIENTS, SECONDS))
    p50 = [percentile(slow[request], 50) for request in (ours, peer)]
    p99 = [percentile(slow[request], 99) for request in (ours, peer)]
    return [
        beside(f"pull of {RESULTS} results, p50", p50[0], "ms", PEER, p50[1], at_most=1.5),
        beside(f"pull of {RESULTS} results, p99", p99[0], "ms", PEER, p99[1], at_most=3.0),
        at_least(
            f"pull of {RESULTS} results, {CLIENTS} clients",
            median(rates[ours]),
            "requests/s",
            PEER,
            median(rates[peer]),
            factor=0.6,
        ),
    ]


def _token(world: World, grant: str) -> str:
    """A token from the custodian's token endpoint, below HTTP."""
    gw = world.gw
    with gw.ledger.view() as view:
        base = view.institution(world.custodian).base
    assertion = build_assertion(
        gw, client=world.grantee, custodian_base=base, grant=grant, user=USER, purpose="TREAT"
    )
    form = [
        ("grant_type", "client_credentials"),
        ("scope", "system/Observation.rs"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", assertion),
    ]
    answer = issue_token(gw, world.custodian, form)
    if not isinstance(answer, dict):
        raise TypeError(f"no token: {answer.code}")
    return str(answer["access_token"])


@contextmanager
def served(folder: Path) -> Iterator[None]:
    """The node in the folder behind granian, as `flask serve` starts it, until the block ends."""
    env = {**os.environ, "YAOSHI_BENCH_FOLDER": str(folder), "YAOSHI_BENCH_PORT": str(PORT)}
    command = [
        sys.executable, "-m", "granian", "bench.served:make_app", "--factory", "--interface", "wsgi",
        "--host", "127.0.0.1", "--port", str(PORT), "--workers", "1", "--blocking-threads", "32",
        "--runtime-threads", "1", "--no-ws", "--log-level", "warning",
    ]  # fmt: skip
    server = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    try:
        _wait_until_open(server)
        yield
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_until_open(server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        try:
            Wire(PORT).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the served node did not open its port")


def _same_records(ours: bytes, peer: bytes) -> None:
    """Both routes must answer the same Bundle entries, or the comparison means nothing."""
    wire = Wire(PORT)
    answers = [wire.ask(request) for request in (ours, peer)]
    wire.close()
    entries = [body.partition(b'"entry":')[2] for _status, body in answers]
    if [status for status, _body in answers] != [200, 200] or entries[0] != entries[1] or not entries[0]:
        raise RuntimeError(f"the two routes differ: {[(status, body[:200]) for status, body in answers]}")
