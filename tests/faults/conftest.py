"""One network for all cases, the load on it, and a line for each case. Run by `make faults`."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.faults.cases import Case
from tests.faults.load import Acknowledged, Load
from tests.faults.network import Network
from tests.faults.phones import Phones
from tests.journeys.town import begin_town, end_town
from tests.ledger.engine.network import cometbft


@pytest.fixture(scope="session", autouse=True)
def _ends_in_order() -> None:
    """Whoever ends the run ends what it started."""
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("ended", 1))


@pytest.fixture(scope="session")
def network() -> Iterator[Network]:
    cometbft()
    with TemporaryDirectory(prefix="faults-") as folder:
        town = begin_town(Path(folder), "--sqlite")  # so that a slow disk is theirs alone
        try:
            made = Network(town)
        finally:
            end_town(Path(folder))
        yield made
        made.close()


@pytest.fixture(scope="session")
def acknowledged() -> Acknowledged:
    return Acknowledged()


@pytest.fixture(scope="session")
def phones(network: Network, acknowledged: Acknowledged) -> Phones:
    return Phones(network, acknowledged)


@pytest.fixture
def case(
    network: Network,
    phones: Phones,
    acknowledged: Acknowledged,
    request: pytest.FixtureRequest,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[Case]:
    """The network under load; when the test's own part is over, all that must hold is checked."""
    made = Case(network, Load(network, acknowledged), phones)
    begun = time.monotonic()
    made.begin()
    try:
        yield made
        said = made.check_after()
    finally:
        made.stop()
    with capfd.disabled():
        sys.stdout.write(f"\n{request.node.name}: {said}; {time.monotonic() - begun:.0f} s in all\n")
