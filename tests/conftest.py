"""What is said at the end of a run: the tables that tests recorded, and in CI what was skipped.

In CI nothing may skip: with YAOSHI_TESTS_MUST_NOT_SKIP set, one skipped test fails the run, by name. A test
shows a table with `record_property("table", text)`.
"""

from __future__ import annotations

import os

import pytest

from tests.postgres import end_shared, postgres, postgres_server  # noqa: F401 - two fixtures


class Skips:
    """What was skipped, and why."""

    def __init__(self) -> None:
        self.found: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.found.append(f"{report.nodeid}: {reason}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.found and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self.found:
            terminalreporter.write_line(f"skipped where nothing may skip: {line}", red=True)


class Tables:
    """The tables that tests recorded."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.found += [str(value) for name, value in report.user_properties if name == "table"]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for table in sorted(self.found):
            terminalreporter.write_line(table)


# Where a file is minutes of browsers, processes and blocks.
LONGEST = ("tests/journeys", "tests/gateway/consortium", "tests/ledger/engine", "tests/deploy")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: one that is begun last keeps the machine waiting for it alone."""

    def rank(item: pytest.Item) -> int:
        folder = item.nodeid.partition("::")[0].rpartition("/")[0]
        return LONGEST.index(folder) if folder in LONGEST else len(LONGEST)

    items.sort(key=rank)


def pytest_unconfigure() -> None:
    end_shared()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Tables(), "tables")
    if os.environ.get("YAOSHI_TESTS_MUST_NOT_SKIP"):
        config.pluginmanager.register(Skips(), "skips")
