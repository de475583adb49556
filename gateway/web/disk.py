"""Stops writing while there is still room to stop cleanly, and says so before.

A ledger that meets a full disk in the middle of a commit is safe but silent; a person must read it on the
screen first. Thresholds: settings.disk_*.
"""

from __future__ import annotations

import shutil

from flask import Flask, Response, request

from gateway.composition import Gateway
from gateway.settings import Settings
from gateway.web.problems import FHIR_PATH, problem

SIGN_IN = ("/console/api/session", "/console/api/session/fresh")


def disk_state(settings: Settings) -> str | None:
    """None when there is room, `disk-low` as a warning, `disk-full` when nothing may be written."""
    usage = shutil.disk_usage(settings.data)
    if usage.free < settings.disk_stop_bytes:
        return "disk-full"
    low = usage.free < settings.disk_warn_bytes or usage.free * 100 < usage.total * settings.disk_warn_percent
    return "disk-low" if low else None


def register_disk(app: Flask, gw: Gateway) -> None:
    """Refuses every request that would write; signing in stays possible, so that people see why."""

    @app.before_request
    def refuse_when_full() -> Response | None:
        reading = request.method in ("GET", "HEAD", "OPTIONS") or request.path in SIGN_IN
        # A search or read under fhir commits a disclosure: it writes, whatever its method is.
        if (not reading or FHIR_PATH.match(request.path)) and disk_state(gw.settings) == "disk-full":
            return problem("disk-full", headers={"Retry-After": "60"})
        return None
