"""What every answer has in common: the host decides what is there, and the headers keep a page to itself."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from gateway.composition import Gateway
from gateway.web.logs import make_log
from gateway.web.problem_codes import gather

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; connect-src 'self'{more}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types yaoshi"
)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost", "localhost:8081", "[::1]:8080", "127.0.0.1:80"]
)
def test_a_strange_host_gets_nothing(host: str, client_console: FlaskClient) -> None:
    answer = client_console.get("/livez", base_url=f"http://{host}")
    assert (answer.status_code, answer.json["code"]) == (421, "host-unknown")


@pytest.mark.parametrize(
    ("origin", "path"),
    [
        ("http://127.0.0.1:8080", "/console/"),
        ("http://127.0.0.1:8080", "/console/api/session"),
        ("http://127.0.0.1:8080", "/openapi.json"),
        ("http://127.0.0.1:8080", "/ledger/checkpoint"),
        ("http://127.0.0.1:8080", "/docs"),
        ("http://localhost:8080", "/sw.js"),
        ("http://localhost:8080", "/wallet/wallet.js"),
        ("http://localhost:8080", "/q"),
        ("http://localhost:8080", "/genesis.json"),
    ],
)
def test_a_host_does_not_serve_the_other_ones_pages(
    origin: str, path: str, client_console: FlaskClient
) -> None:
    answer = client_console.get(path, base_url=origin)
    assert (answer.status_code, answer.json["code"]) == (404, "not-found")


def test_the_console_page_may_talk_to_itself_only(client_console: FlaskClient) -> None:
    answer = client_console.get("/console/api/institutions")
    assert answer.headers["Content-Security-Policy"] == CSP.format(more="")
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_wallet_page_may_talk_to_the_registered_institutions(client_wallet: FlaskClient) -> None:
    answer = client_wallet.get("/registry.json")
    assert answer.headers["Content-Security-Policy"] == CSP.format(more=" http://localhost:8080")
    assert answer.headers["Permissions-Policy"].startswith(
        "camera=(self), publickey-credentials-create=(self)"
    )
    for name, value in (
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ):
        assert answer.headers[name] == value
    assert "Strict-Transport-Security" not in answer.headers


def test_the_wallets_page_is_sent_whole_each_time_with_whom_it_may_reach_now(
    client_wallet: FlaskClient,
) -> None:
    held = {"If-None-Match": "*", "If-Modified-Since": "Fri, 31 Dec 2999 23:59:59 GMT"}
    for path in ("/", "/q"):
        with client_wallet.get(path, headers=held) as answer:
            assert (answer.status_code, b"<html" in answer.data) == (200, True)
    with client_wallet.get("/wallet/app.js", headers=held) as answer:
        assert answer.status_code == 304


def test_the_genesis_is_served_byte_for_byte(client_wallet: FlaskClient, gw: Gateway) -> None:
    assert client_wallet.get("/genesis.json").data == gw.ledger.genesis_bytes
    assert [one["code"] for one in client_wallet.get("/registry.json").json["institutions"]] == [
        "WX",
        "WT",
        "QH",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/shared/../../app.py",
        "/shared/%2e%2e/%2e%2e/app.py",
        "/shared//etc/passwd",
        "/shared/..%5c..%5capp.py",
        "/shared/nothing.js",
        "/shared/",
        "/wallet/%00",
        "/shared/docs.css%00.js",
    ],
)
def test_no_other_file_can_be_named(path: str, client_wallet: FlaskClient) -> None:
    assert client_wallet.get(path).status_code in (404, 308)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b'{"user":"a","user":"b"}', "json-malformed", id="a name stands twice"),
        pytest.param(b'{"user":NaN}', "json-malformed", id="a number is not a number"),
        pytest.param(b'{"user":1.5}', "json-malformed", id="a number has a fraction"),
        pytest.param(b'{"user":' + b"9" * 5000 + b"}", "json-malformed", id="a number is huge"),
        pytest.param(b"[" * 100_000, "json-malformed", id="it nests without end"),
        pytest.param(b'{"a":' * 9 + b"1" + b"}" * 9, "json-malformed", id="it nests too deep"),
        pytest.param(b'{"user":"\\ud800"}', "json-malformed", id="a surrogate is alone"),
        pytest.param(b'\xff\xfe{"user":1}', "json-malformed", id="it is not UTF-8"),
        pytest.param(b"[]", "json-malformed", id="it is not an object"),
        pytest.param(b"{", "json-malformed", id="it ends too early"),
        pytest.param(
            b'{"institution":"x","user":"a","password":"b"}',
            "request-invalid",
            id="a member has no such form",
        ),
        pytest.param(
            b'{"user":"\\u0000","password":"b"}', "request-invalid", id="a character cannot be stored"
        ),
        pytest.param(b"{}", "request-invalid", id="members are missing"),
        pytest.param(b"", "request-invalid", id="there is no body"),
    ],
)
def test_a_body_is_refused_when(body: bytes, code: str, client_console: FlaskClient) -> None:
    answer = client_console.post("/console/api/session", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (gather()[code].status, code)
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""]
)
def test_a_body_of_another_type_is_refused(content_type: str, client_console: FlaskClient) -> None:
    answer = client_console.post("/console/api/session", data=b'{"user":"a"}', content_type=content_type)
    assert (answer.status_code, answer.json["code"]) == (415, "content-type-unsupported")


def test_a_body_over_the_limit_is_refused(client_console: FlaskClient) -> None:
    answer = client_console.post(
        "/console/api/session", data=b" " * (1024 * 1024 + 1), content_type="application/json"
    )
    assert (answer.status_code, answer.json["code"]) == (413, "body-too-large")


def test_a_wrong_method_names_the_right_ones(client_console: FlaskClient) -> None:
    answer = client_console.put("/console/api/session", json={})
    assert (answer.status_code, answer.json["code"]) == (405, "method-not-allowed")
    assert {"GET", "POST", "DELETE"} <= set(answer.headers["Allow"].replace(" ", "").split(","))


def test_a_problem_speaks_both_languages(client_console: FlaskClient) -> None:
    answer = client_console.get("/console/api/nothing", headers={"Accept-Language": "zh-CN"})
    assert answer.json["type"] == "/problems/not-found"
    assert answer.json["title"] == answer.json["titles"]["zh-CN"] == "这里没有内容"
    assert set(answer.json["todo"]) == {"zh-CN", "en"}
    assert client_console.get("/console/api/nothing").json["title"] == "Nothing is here"


def test_a_fault_tells_a_number_and_nothing_else(
    flask_app: Flask, client_console: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down() -> str:
        raise RuntimeError("王小明 13800000000")

    flask_app.view_functions["session.institutions"] = break_down
    answer = client_console.get("/console/api/institutions?name=王小明")
    assert (answer.status_code, answer.json["code"]) == (500, "internal-error")
    assert "王小明" not in answer.text
    assert answer.json["request"] == answer.headers["X-Request-Id"]
    assert "detail" not in answer.json
    printed = capsys.readouterr()
    assert "王小明" not in printed.out + printed.err


def test_a_log_line_names_the_route_and_nobody(gw: Gateway) -> None:
    log = io.StringIO()
    client = create_app(gateway=replace(gw, log=make_log(log))).test_client()
    client.get("/problems/王小明?token=secret", base_url="http://localhost:8080")
    lines = [json.loads(line) for line in log.getvalue().splitlines() if '"request"' in line]
    assert lines[-1]["route"] == "/problems/<code>"
    assert {"request", "method", "route", "status", "ms"} <= lines[-1].keys()
    assert "王小明" not in str(lines)
    assert "secret" not in str(lines)


def test_on_https_the_cookie_and_the_headers_say_so(gw: Gateway) -> None:
    settings = replace(
        gw.settings, console_origin="https://console.example", wallet_origin="https://wallet.example"
    )
    app = create_app(gateway=replace(gw, settings=settings))
    answer = app.test_client().get("/console/api/institutions", base_url="https://console.example")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert app.config["JWT_ACCESS_COOKIE_NAME"] == "__Host-yaoshi"
    assert app.config["JWT_COOKIE_SECURE"] is True


def test_a_full_disk_stops_writing_and_says_so(gw: Gateway) -> None:
    app = create_app(gateway=replace(gw, settings=replace(gw.settings, disk_stop_bytes=2**62)))
    client = app.test_client()
    origin: dict[str, Any] = {
        "base_url": "http://localhost:8080",
        "headers": {"Origin": "http://localhost:8080"},
    }
    institution = gw.ledger.genesis.institutions[0]["id"]
    for method, path in (
        ("POST", "/console/api/asks"),
        ("POST", f"/i/{institution}/wallet/records"),
        ("GET", f"/i/{institution}/fhir/Observation"),
    ):
        answer = client.open(path, method=method, **origin)
        assert answer.status_code == 503, path
    assert client.post("/console/api/session/fresh", json={}, **origin).json["code"] != "disk-full"
    ready = client.get("/readyz", **origin)
    assert ready.status_code == 503
    assert [one["code"] for one in ready.json["warnings"]] == ["disk-full"]
    assert client.get("/livez", **origin).status_code == 200


def test_little_room_warns_before(gw: Gateway) -> None:
    app = create_app(gateway=replace(gw, settings=replace(gw.settings, disk_warn_bytes=2**62)))
    ready = app.test_client().get("/readyz", base_url="http://localhost:8080")
    assert (ready.status_code, [one["code"] for one in ready.json["warnings"]]) == (200, ["disk-low"])


def test_a_clock_behind_the_ledger_is_told(client_console: FlaskClient, clock: Any) -> None:
    clock.advance(hours=-1)
    assert [one["code"] for one in client_console.get("/readyz").json["warnings"]] == ["clock-behind"]


def test_the_description_says_problem_json(client_console: FlaskClient) -> None:
    document = client_console.get("/openapi.json").json
    assert document["openapi"] == "3.1.0"
    answers = document["components"]["responses"]
    assert list(answers["UNPROCESSABLE_ENTITY"]["content"]) == ["application/problem+json"]
    body = document["paths"]["/console/api/session"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"] == {"$ref": "#/components/schemas/SignIn"}


def test_the_page_of_the_interface_has_no_script(client_console: FlaskClient) -> None:
    page = client_console.get("/docs")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert 'id="not-granted"' in page.text
    assert client_console.get("/problems/not-granted").headers["Location"] == "/docs#not-granted"
