"""The page that explains the one trust step: what to install on the phone, why it is safe, what comes next.

Served over plain HTTP on a port of its own, because before that step the phone trusts nothing here; so the
fingerprint stands in the terminal too, to be compared. It holds nothing about anybody.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Response, render_template, request

from gateway.phone.authority import der, expires, fingerprint
from gateway.qr.svg import qr_svg
from gateway.settings import ROOT

LANGUAGES = ("zh-CN", "en")
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@dataclass(frozen=True)
class Places:
    """The addresses of one trial: origins without a path."""

    wallet: str
    console: str
    guide: str


def create_guide(places: Places, authority: bytes) -> Flask:
    """The page, the certificate (PEM in ``authority``) and the QR code that brings a phone to the page."""
    app = Flask("yaoshi-guide", static_folder=None, template_folder=str(ROOT / "gateway/phone/templates"))

    @app.get("/")
    def page() -> str:
        language = _language()
        return render_template(
            f"guide.{language}.html",
            places=places,
            fingerprint=fingerprint(authority),
            until=expires(authority).date().isoformat(),
        )

    @app.get("/yaoshi.crt")
    def certificate() -> Response:
        name = {"Content-Disposition": 'attachment; filename="yaoshi.crt"'}
        return Response(der(authority), content_type="application/x-x509-ca-cert", headers=name)

    @app.get("/qr.svg")
    def qr() -> Response:
        return Response(qr_svg(f"{places.guide}/"), content_type="image/svg+xml")

    @app.get("/favicon.ico")
    def icon() -> Response:
        return Response((ROOT / "static/shared/key.svg").read_bytes(), content_type="image/svg+xml")

    @app.get("/guide.css")
    def style() -> Response:
        return Response((ROOT / "static/shared/docs.css").read_bytes(), content_type="text/css")

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    return app


def _language() -> str:
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else (request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0])
