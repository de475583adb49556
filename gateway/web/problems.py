"""Turns a refusal or an outage into one answer that a person and a program can read.

RFC 9457 (problem details) for our own API; under /i/<institution>/fhir the same code becomes an
OperationOutcome (FHIR R4 2.36). Both come from one table: gateway/web/problem_codes. Details never name a
person and never tell whether something exists.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NoReturn

from flask import Flask, Response, g, json, request
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from gateway.web.problem_codes import Meaning, gather

PROBLEM_TYPE = "application/problem+json"
FHIR_TYPE = "application/fhir+json"
FHIR_PATH = re.compile(r"^/i/[^/]+/fhir(/|$)")
OF_STATUS = {
    400: "request-malformed",
    401: "signin-required",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "content-type-unsupported",
    421: "host-unknown",
    422: "request-invalid",
    429: "rate-limited",
    503: "unavailable",
}


class Problem(Exception):  # noqa: N818 - the field's word; it is an answer, not a fault
    """Raised inside a request to answer with a problem."""

    def __init__(
        self, code: str, detail: str | None = None, headers: dict[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(code)
        self.code, self.detail, self.headers, self.extra = code, detail, headers or {}, extra


@cache
def codes() -> dict[str, Meaning]:
    """The table, read once."""
    return gather()


def raise_problem(
    code: str, detail: str | None = None, headers: dict[str, str] | None = None, **extra: Any
) -> NoReturn:
    """Ends the request with this code."""
    raise Problem(code, detail, headers, **extra)


def problem(
    code: str,
    status: int | None = None,
    detail: str | None = None,
    headers: dict[str, str] | None = None,
    **extra: Any,
) -> Response:
    """The answer for `code`; `extra` members are added to the RFC 9457 object."""
    meaning = codes().get(code)
    if meaning is None:
        # A code nobody documented must not reach a person; the log keeps it for the engineer.
        g.undocumented_code = code
        code, status, detail, extra = "internal-error", None, None, {}
        meaning = codes()[code]
    status = status or meaning.status
    body = _outcome(code, meaning, detail) if under_fhir() else _problem(code, meaning, status, detail, extra)
    response = Response(
        json.dumps(body, ensure_ascii=False),
        status=status,
        content_type=FHIR_TYPE if under_fhir() else PROBLEM_TYPE,
    )
    response.headers.update(headers or {})
    response.headers["Cache-Control"] = "no-store"
    g.problem_code = code
    return response


def refusal(value: Any) -> Response:
    """The answer for a Refusal value of ledger or consent (`.code`, `.detail`)."""
    return problem(value.code, detail=value.detail)


def under_fhir() -> bool:
    return FHIR_PATH.match(request.path) is not None


def _problem(
    code: str, meaning: Meaning, status: int, detail: str | None, extra: dict[str, Any]
) -> dict[str, Any]:
    chinese = request.accept_languages.best_match(["zh-CN", "zh", "en"], default="en") != "en"
    body = {
        "type": f"/problems/{code}",
        "title": meaning.title_zh if chinese else meaning.title_en,
        "status": status,
        "code": code,
        "titles": {"zh-CN": meaning.title_zh, "en": meaning.title_en},
        "todo": {"zh-CN": meaning.todo_zh, "en": meaning.todo_en},
    }
    if detail:
        body["detail"] = detail
    return {**body, **extra}


def _outcome(code: str, meaning: Meaning, detail: str | None) -> dict[str, Any]:
    issue: dict[str, Any] = {
        "severity": "error",
        "code": meaning.issue,
        "details": {"coding": [{"system": "urn:yaoshi:problems", "code": code}], "text": meaning.title_en},
    }
    if detail:
        issue["diagnostics"] = detail
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def register_problems(app: Flask) -> None:
    """Makes every way out of a request a problem: raised ones, werkzeug's, outages and faults."""
    from ledger.errors import Malformed, Unavailable

    @app.errorhandler(Problem)
    def raised(error: Problem) -> Response:
        return problem(error.code, detail=error.detail, headers=error.headers, **error.extra)

    @app.errorhandler(Malformed)
    def malformed(error: Malformed) -> Response:
        return problem(getattr(error, "code", "request-malformed"), status=400)

    @app.errorhandler(Unavailable)
    def outage(error: Unavailable) -> Response:
        code = getattr(error, "code", "unavailable")
        return problem(code if code in codes() else "unavailable", status=503, headers={"Retry-After": "5"})

    @app.errorhandler(OperationalError)
    @app.errorhandler(PoolTimeout)
    def database_outage(error: Exception) -> Response:
        # Locked for too long, unreadable or full. Part of the request may be done; sending it again is safe.
        app.extensions["yaoshi"].log.error("database-outage", request=g.get("request_id"))
        return problem("outcome-unknown", headers={"Retry-After": "5"})

    @app.errorhandler(DataError)
    def unheld(_error: DataError) -> Response:
        # PostgreSQL's text has no NUL: nothing that it holds can be named so, and nothing was done.
        return problem("request-malformed", status=400)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return http_problem(error)

    @app.errorhandler(Exception)
    def fault(error: Exception) -> Response:
        # Only the kind of the fault and where it arose: messages may carry what a person typed.
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        where = f"{frame.tb_frame.f_globals.get('__name__')}:{frame.tb_lineno}" if frame else "?"
        app.extensions["yaoshi"].log.error(
            "fault", request=g.get("request_id"), kind=type(error).__name__, where=where
        )
        return problem("internal-error", request=g.get("request_id"))


def http_problem(error: HTTPException) -> Response:
    """werkzeug's answer in our form; Allow and Retry-After stay."""
    if error.code is not None and error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    kept = {name: value for name, value in error.get_headers(None) if name in ("Allow", "Retry-After")}
    valid_methods = getattr(error, "valid_methods", None)
    if valid_methods:
        kept["Allow"] = ", ".join(sorted(valid_methods))
    fields = (getattr(error, "data", None) or {}).get("messages")
    extra = {"fields": fields} if fields and error.code == 422 else {}
    # A status to which we give no name of its own (416 …) is the asker's mistake, not our fault.
    unnamed = "request-malformed" if 400 <= (error.code or 500) < 500 else "internal-error"
    return problem(OF_STATUS.get(error.code or 500, unnamed), headers=kept, **extra)
