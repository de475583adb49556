"""Staff at their consoles' own HTTP API, without a browser: for what a journey needs but does not look at."""

from __future__ import annotations

import http.cookiejar
import json
import urllib.error
import urllib.request
from typing import Any

from tests.journeys.node import Node

CHECKS = {"document": True, "match": True, "present": True}


class RefusedError(Exception):
    """The server refused: its status and its stable code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


def send(
    opener: urllib.request.OpenerDirector, method: str, url: str, body: Any, headers: dict[str, str]
) -> Any:
    """One JSON call; gives the JSON answer or raises RefusedError."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - our own node on loopback
        url, data, {"Content-Type": "application/json", **headers}, method=method
    )
    try:
        with opener.open(request, timeout=30) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        with error:
            raise RefusedError(error.code, json.loads(error.read()).get("code", "")) from None
    return json.loads(text) if text else None


class Staff:
    """One signed-in member of staff."""

    def __init__(self, node: Node, code: str, role: str) -> None:
        self.node, self.code = node, code
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
        account = node.account(code, role)
        self.institution, self.console = account["institution"], node.console_of(code)
        self.call(
            "POST",
            "session",
            {name: account[name] for name in ("institution", "user", "password")},
        )
        self.password = account["password"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.console}/console/api/{path}"
        return send(self._opener, method, url, body, {"Origin": self.console})

    def stream(self, path: str) -> Any:
        """An answer that goes on; a context manager with `readline`."""
        request = urllib.request.Request(f"{self.console}/console/api/{path}")  # noqa: S310 - our own node
        return self._opener.open(request, timeout=30)

    def find(self, name: str) -> dict[str, Any]:
        """The one patient of that name."""
        (patient,) = self.call("POST", "patients/search", {"text": name})["patients"]
        return dict(patient)

    def open(self, patient: str) -> dict[str, Any]:
        return dict(self.call("POST", f"patients/{patient}/open", {}))

    def accounting(self, patient: str) -> list[dict[str, Any]]:
        """Who looked, as the privacy officer sees it."""
        return list(self.call("POST", f"patients/{patient}/accounting", {})["rows"])

    def invite(self, patient: str, rekey: bool = False) -> dict[str, Any]:
        if rekey:  # the sign-in may be older than the few minutes that this asks for
            self.call("POST", "session/fresh", {"password": self.password})
        return dict(self.call("POST", f"patients/{patient}/invites", {"checks": CHECKS, "rekey": rekey}))

    def ask(self, patient: str | None, kinds: list[str], not_after: int, **more: Any) -> dict[str, Any]:
        question = {"purpose": "TREAT", "reason": "糖尿病复诊", "from": None, **more}
        return dict(
            self.call(
                "POST", "asks", {"patient": patient, "kinds": kinds, "not_after": not_after, **question}
            )
        )

    def reference(self, name: str) -> dict[str, Any]:
        return dict(self.call("GET", f"references/{name}"))

    def confirm(self, name: str) -> dict[str, Any]:
        return dict(self.call("POST", f"references/{name}/confirm", {}))

    def visit(self, name: str) -> dict[str, Any]:
        return dict(self.call("GET", f"visits/{name}"))
