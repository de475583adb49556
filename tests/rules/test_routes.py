"""Every route says who may call it, and every refusal that a route can answer is documented."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from flask import Flask

from gateway.cli.refusals import PATH, page
from gateway.web.access import accesses
from gateway.web.problem_codes import gather

ROOT = Path(__file__).resolve().parents[2]


def test_every_route_is_authenticated_or_open_for_a_stated_reason(flask_app: Flask) -> None:
    found = accesses(flask_app)
    unmarked = [f"{method} {rule}" for (rule, method, _), access in found.items() if access is None]
    assert unmarked == []
    assert all(
        access.kind in {"staff", "wallet", "peer", "open"} and access.detail[:1] != ("",)
        for access in found.values()
        if access
    )


def test_every_console_route_but_sign_in_is_for_staff(flask_app: Flask) -> None:
    open_routes = {
        rule
        for (rule, _, _), access in accesses(flask_app).items()
        if rule.startswith("/console/api") and access and access.kind != "staff"
    }
    assert open_routes == {"/console/api/institutions", "/console/api/session"}


def test_codes_are_unique_and_complete() -> None:
    codes = gather()
    assert len(codes) > 100
    for code, meaning in codes.items():
        assert code == code.lower().strip("-")
        assert " " not in code
        assert 400 <= meaning.status <= 599
        assert all((meaning.title_en, meaning.title_zh, meaning.todo_en, meaning.todo_zh)), code


def test_the_page_of_refusals_is_current() -> None:
    assert PATH.read_text("utf-8") == page(), "type: make refusals"


def test_every_code_that_the_source_names_is_documented() -> None:
    # RFC 6749's own words, which the token endpoint must answer with.
    codes = {*gather(), "invalid-client", "invalid-request"}
    callers = {"raise_problem", "problem", "Problem", "Refusal", "Denied"}
    unknown = []
    for path in sorted((ROOT / "gateway").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in callers and node.args:
                first = node.args[0]
                if (
                    isinstance(first, ast.Constant)
                    and isinstance(first.value, str)
                    and first.value not in codes
                ):
                    unknown.append(f"{path.relative_to(ROOT)}:{node.lineno} {first.value}")
    assert unknown == []


def test_every_code_is_answered_somewhere_and_named_in_a_test() -> None:
    tables = {*(ROOT / "gateway/web/problem_codes").glob("*.py"), *(ROOT / "ledger").glob("codes*.py")}
    tables |= set((ROOT / "consent/codes").glob("*.py"))
    product = [
        path.read_text("utf-8")
        for folder in ("gateway", "ledger", "consent")
        for path in (ROOT / folder).rglob("*.py")
        if path not in tables
    ]
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py"))
    codes = gather()
    assert [code for code in codes if not any(f'"{code}"' in text for text in product)] == []
    assert [code for code in codes if not re.search(rf"(?<![\w-]){code}(?![\w-])", tests)] == []


def test_every_outage_answers_503_so_that_nobody_takes_it_for_a_refusal() -> None:
    raised = {
        str(node.args[0].value)
        for folder in ("gateway", "ledger", "consent")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Unavailable", "Fatal")
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    codes = gather()
    assert "no-quorum" in raised
    assert {code for code in raised if codes[code].status != 503} == set()


@pytest.mark.parametrize("code", ["not-granted", "reference-unknown"])
def test_what_hides_existence_is_a_plain_not_found(code: str) -> None:
    assert gather()[code].status == 404
