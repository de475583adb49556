"""In CI nothing may skip: with YAOSHI_TESTS_MUST_NOT_SKIP set, one skipped test fails the run, by name."""

from __future__ import annotations

import os

import pytest


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


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("YAOSHI_TESTS_MUST_NOT_SKIP"):
        config.pluginmanager.register(Skips(), "skips")
