"""Says whether an answer in JSON is what the caller can take.

FHIR R4 3.1.0.1.11: ``_format`` beats Accept; we offer JSON only, so XML alone is 406.
"""

from __future__ import annotations

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from gateway.web.problems import raise_problem

JSON_TYPE = "application/fhir+json; charset=utf-8"
_ACCEPTED = ("application/fhir+json", "application/json", "text/json")
# A plus sign that was not percent-encoded arrives as a space.
_FORMATS = frozenset(("json", "application/fhir json", *_ACCEPTED))


def require_json(asked_format: str | None, accept: str | None) -> None:
    """Ends the request with 406 when neither ``_format`` nor Accept allows JSON."""
    if asked_format is not None:
        acceptable = asked_format.split(";")[0].strip().lower() in _FORMATS
    else:
        acceptable = (
            accept is None or parse_accept_header(accept, MIMEAccept).best_match(_ACCEPTED) is not None
        )
    if not acceptable:
        raise_problem("format-not-offered")
