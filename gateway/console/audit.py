"""The auditor's page: check the whole ledger anew, list its records, take it away, check a file.

A check runs in a thread of its own over an export made from one snapshot, exactly as `flask ledger verify`
does offline; the page asks for its progress. Only pseudonyms, kinds and times are shown: nothing of a person.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from flask import Response, current_app, request, send_file
from flask.blueprints import BlueprintSetupState
from flask_smorest import Blueprint
from marshmallow import fields, validate

from gateway.composition import Gateway, current_gateway
from gateway.console.audit_runs import Runs, check_file, check_ledger, export_ledger, result_of
from gateway.identity.roles import fresh_required, staff_required
from gateway.web.bodies import ANY, body_type
from gateway.web.problems import raise_problem
from gateway.web.schemas import StrictSchema
from ledger.entry import parse_entry
from ledger.errors import Malformed
from ledger.heads import TYPE_NAMES
from ledger.record import decode_record

blueprint = Blueprint("audit", __name__, url_prefix="/console/api/audit", description="For the auditor")
FILE_LIMIT = 1024 * 1024 * 1024
PAGE = 200


def _furnish(state: BlueprintSetupState) -> None:
    state.app.extensions["yaoshi-audit"] = Runs(state.app.extensions["yaoshi"].threads)


blueprint.record_once(_furnish)


class Place(StrictSchema):
    """`from` is a record index; without it the newest page comes."""

    start = fields.Integer(
        data_key="from", load_default=None, allow_none=True, validate=validate.Range(0, 2**53)
    )
    limit = fields.Integer(load_default=50, validate=validate.Range(1, PAGE))


@blueprint.post("/runs")
@staff_required("auditor", "privacy")
def start_run() -> Any:
    """Starts a check of the whole ledger."""
    gw, runs = current_gateway(), _runs()
    run = runs.start(lambda progress: check_ledger(gw, progress), gw.entropy(16).hex())
    if run is None:
        raise_problem("audit-busy")
    return {"run": run}, 202


@blueprint.get("/runs/<run>")
@staff_required("auditor", "privacy")
def run_state(run: str) -> dict[str, Any]:
    """How far a check is, and in the end what it found."""
    state = _runs().state(run)
    if state is None:
        raise_problem("audit-run-unknown")
    return state


@blueprint.get("/records")
@staff_required("auditor", "privacy")
@blueprint.arguments(Place(), location="query")
def records(place: dict[str, Any]) -> dict[str, Any]:
    """Records by index: kind, pseudonym and times only."""
    with current_gateway().ledger.view() as view:
        start = place["start"] if place["start"] is not None else max(0, view.size - place["limit"])
        return {
            "size": view.size,
            "records": [_row(view, row) for row in view.records(start, place["limit"])],
        }


@blueprint.get("/export")
@staff_required("auditor")
@fresh_required
def export() -> Response:
    """The whole ledger as one file, to be checked elsewhere."""
    gw = current_gateway()
    file = _scratch(gw)
    name = f"ledger-{gw.ledger.id[:8]}-{export_ledger(gw, file)}.yaoshi"
    file.seek(0)
    return send_file(file, "application/octet-stream", as_attachment=True, download_name=name, max_age=0)


@blueprint.post("/verify")
@staff_required("auditor")
@body_type(ANY, limit=FILE_LIMIT)
def verify() -> dict[str, Any]:
    """Checks an exported file against this ledger's id."""
    gw = current_gateway()
    with _scratch(gw) as file:
        uploaded = next(iter(request.files.values()), None)
        _copy(uploaded.stream if uploaded else request.stream, file)
        file.seek(0)
        return result_of(check_file(file, gw.ledger.id, lambda done, total: None))


def _row(view: Any, row: Any) -> dict[str, Any]:
    record = decode_record(row.record_bytes)
    found = {"index": row.index, "time": record.time, "seq": record.seq}
    try:
        entry = parse_entry(record.entry.decode("ascii"))
    except (Malformed, UnicodeDecodeError):
        return {
            **found,
            "kind": "genesis",
            "at": record.time,
            "subject": None,
            "subject_type": None,
            "entry_id": None,
        }
    subject = view.subject(entry.subject)
    institution = (view.get(f"link/{entry.subject}") or {}).get("institution")
    if institution is None and view.institution(entry.subject) is not None:
        institution = entry.subject
    return {
        **found,
        "kind": entry.kind,
        "at": entry.at,
        "subject": entry.subject,
        "entry_id": entry.id,
        "subject_type": TYPE_NAMES[subject.type] if subject else None,
        "institution": institution,
    }


def _copy(source: Any, target: BinaryIO) -> None:
    while chunk := source.read(1 << 16):
        target.write(chunk)


def _scratch(gw: Gateway) -> BinaryIO:
    # Beside the ledger, not in /tmp, which may be small or shared; gone when it is closed.
    folder = Path(gw.settings.data)
    return tempfile.TemporaryFile(dir=folder, prefix="audit-")  # type: ignore[return-value]


def _runs() -> Runs:
    runs: Runs = current_app.extensions["yaoshi-audit"]
    return runs
