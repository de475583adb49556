"""Gathers what people read when something is refused: one table a folder, one file an area.

Each file of this package has CODES: {code: (http status, title en, title zh, FHIR issue code, to do en, to
do zh)}. ledger.errors.CODES and consent.errors.CODES have {code: (title en, title zh, to do en, to do zh)};
they answer 409 unless STATUSES says otherwise. A code stands in one table only, or the start fails; but
consent and ledger do not know each other and may use one word for one thing: then the words of consent,
which are nearer to people, stand.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NamedTuple

from gateway.web.problem_codes.statuses import STATUSES

DOMAINS = ("ledger", "consent")


class Meaning(NamedTuple):
    """What one code says, for people and for FHIR clients."""

    status: int
    title_en: str
    title_zh: str
    issue: str
    todo_en: str
    todo_zh: str
    area: str


class DuplicateCodeError(ValueError):
    """Two tables claim one code."""


def gather() -> dict[str, Meaning]:
    """All codes of this release, sorted by code."""
    found: dict[str, Meaning] = {}
    for area, rows in _tables():
        for code, row in rows.items():
            if code in found and not (area in DOMAINS and found[code].area in DOMAINS):
                raise DuplicateCodeError(f"{code} stands in {found[code].area} and in {area}")
            found[code] = _meaning(area, code, row)
    return dict(sorted(found.items()))


def _tables() -> list[tuple[str, dict[str, Any]]]:
    own = [info.name for info in iter_modules(__path__) if info.name != "statuses"]
    tables = [(name, import_module(f"{__name__}.{name}").CODES) for name in sorted(own)]
    tables.extend((domain, import_module(f"{domain}.errors").CODES) for domain in DOMAINS)
    return tables


def _meaning(area: str, code: str, row: Any) -> Meaning:
    if isinstance(row[0], int):
        status, title_en, title_zh, issue, *todo = row
        todo_en, todo_zh = todo if len(todo) == 2 else todo[0]
    else:
        title_en, title_zh, todo_en, todo_zh = row
        status = STATUSES.get(code, 409)
        issue = ISSUES.get(status, "conflict")
    return Meaning(status, title_en, title_zh, issue, todo_en, todo_zh, area)


ISSUES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    409: "conflict",
    413: "too-long",
    429: "throttled",
    503: "transient",
}
