"""One Chromium for all journeys; a node, windows and people of each journey's own.

No mocks here: real processes, real HTTP, real browsers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.journeys.console import Console
from tests.journeys.node import Node, free_port, start_node, stop_node
from tests.journeys.staff import Staff
from tests.journeys.town import ALONE, Town, begin_town, end_town
from tests.journeys.wallet import Wallet
from tests.journeys.windows import Windows, chromium


@pytest.fixture(scope="module")
def node(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node | Town]:
    """One operator's node; for journeys marked with `on_both` four hospitals with one ledger as well."""
    if getattr(request, "param", ALONE) == ALONE:
        running = start_node(tmp_path_factory.mktemp("node"), free_port())
        yield running
        stop_node(running)
        return
    with TemporaryDirectory(prefix="town-") as folder:  # short: a socket's path is
        yield begin_town(Path(folder), "--sqlite")  # with PostgreSQL: test_consortium
        end_town(Path(folder))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def windows(browser: Any, node: Node | Town) -> Iterator[Windows]:
    """Windows of one journey, closed before its node; what went wrong in any of them fails it at its end."""
    assert node.wallet
    opened = Windows(browser)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def staff(node: Node) -> Callable[[str, str], Staff]:
    """staff("WT", "desk"): signed in once for a journey."""
    signed_in: dict[tuple[str, str], Staff] = {}

    def at(code: str, role: str) -> Staff:
        if (code, role) not in signed_in:
            signed_in[code, role] = Staff(node, code, role)
        return signed_in[code, role]

    return at


@pytest.fixture
def new_phone(windows: Windows, node: Node) -> Callable[[], Wallet]:
    return lambda: Wallet(windows.phone(), node)


@pytest.fixture
def console(windows: Windows, node: Node) -> Callable[[str, str], Console]:
    """console("WX", "clinician"): a desktop window in which that person has just signed in."""

    def at(code: str, role: str) -> Console:
        opened = Console(windows.desktop(), node)
        opened.sign_in(code, role)
        return opened

    return at
