"""`flask refusals`: writes docs/refusals.md from the code tables, so that it is never out of date."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from consent.reuse.faults import FAULTS
from gateway.records.importing.refusals import REASONS
from gateway.settings import ROOT
from gateway.web.problem_codes import gather

PATH = ROOT / "docs" / "refusals.md"
HEAD = """# Refusals

Every way in which the gateway says no, and what to do next. The codes are stable. Our own API answers with
them as problems (RFC 9457, `application/problem+json`); under `/i/<institution>/fhir` the same code stands in
an OperationOutcome. This page is written by `make refusals` from the tables in `gateway/web/problem_codes`,
`ledger` and `consent`; a test keeps it current.

| code | status | what happened | what to do | 发生了什么 | 怎么办 |
|---|---|---|---|---|---|
"""
IMPORT_HEAD = """
## While importing

`flask records import` names each resource that it does not take, with one of these codes, and goes on.

| code | what is wrong | 问题 |
|---|---|---|
"""
RULES_HEAD = """
## In a rule file

`flask reuse load` names each mistake with its line and one of these codes, and takes nothing of the file.

| code | what is wrong | 问题 |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = [
        f"| `{code}` | {one.status} | {one.title_en} | {one.todo_en} | {one.title_zh} | {one.todo_zh} |"
        for code, one in gather().items()
    ]
    reasons = [f"| `{code}` | {en} | {zh} |" for code, (en, zh) in sorted(REASONS.items())]
    faults = [f"| `{code}` | {en} | {zh} |" for code, (en, zh) in sorted(FAULTS.items())]
    parts = (HEAD, rows), (IMPORT_HEAD, reasons), (RULES_HEAD, faults)
    return "".join(head + "\n".join(lines) + "\n" for head, lines in parts)


@click.command("refusals")
@with_appcontext
def command() -> None:
    """Write docs/refusals.md from the code tables."""
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(page(), "utf-8")
    click.echo(f"{PATH.relative_to(ROOT)} is current.")
