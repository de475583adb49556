"""The page that explains the trust step: both languages, the certificate, nothing that runs."""

from __future__ import annotations

import pytest
from cryptography import x509
from flask.testing import FlaskClient

from gateway.phone.authority import fingerprint, make_certificates
from gateway.phone.guide import Places, create_guide

PLACES = Places("https://192.168.1.5:8443", "https://192.168.1.5:8444", "http://192.168.1.5:8445")
AUTHORITY = make_certificates("192.168.1.5", 1_790_000_000_000).authority


@pytest.fixture
def page() -> FlaskClient:
    return create_guide(PLACES, AUTHORITY).test_client()


@pytest.mark.parametrize(
    ("address", "accepts", "language"),
    [
        pytest.param("/", "zh-CN,zh;q=0.9", "zh-CN", id="a Chinese phone"),
        pytest.param("/", "en-GB,en;q=0.9", "en", id="an English phone"),
        pytest.param("/?lang=en", "zh-CN", "en", id="somebody who chose English"),
        pytest.param("/?lang=<script>", "fr", "zh-CN", id="anybody else"),
    ],
)
def test_the_page_speaks_to(address: str, accepts: str, language: str, page: FlaskClient) -> None:
    text = page.get(address, headers={"Accept-Language": accepts}).get_data(as_text=True)
    assert f'<html lang="{language}">' in text
    assert fingerprint(AUTHORITY) in text
    assert f"{PLACES.wallet}/" in text
    assert f"{PLACES.console}/console/" in text
    assert "<script" not in text


def test_the_certificate_comes_in_the_form_that_phones_install(page: FlaskClient) -> None:
    answer = page.get("/yaoshi.crt")
    assert answer.content_type == "application/x-x509-ca-cert"
    assert x509.load_der_x509_certificate(answer.data) == x509.load_pem_x509_certificate(AUTHORITY)


def test_nothing_on_it_runs_or_comes_from_elsewhere(page: FlaskClient) -> None:
    for address in ("/", "/qr.svg", "/guide.css", "/nothing"):
        assert page.get(address).headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(("language", "words"), [("en", "Install."), ("zh-CN", "安装。")])
def test_the_fingerprint_is_compared_before_anything_is_installed(
    language: str, words: str, page: FlaskClient
) -> None:
    text = page.get(f"/?lang={language}").get_data(as_text=True)
    assert text.index("/yaoshi.crt") < text.index(fingerprint(AUTHORITY)) < text.index(words)
    assert text.count("yaoshi.crt</a>") == 1


def test_a_browser_that_asks_for_an_icon_gets_one(page: FlaskClient) -> None:
    assert page.get("/favicon.ico").content_type == "image/svg+xml"
