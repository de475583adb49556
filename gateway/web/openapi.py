"""Describes our own API as OpenAPI 3.1, made from the schemas that judge the requests (flask-smorest).

flask-smorest enters here and in the blueprints. Refusals are problems (RFC 9457), so the description says
application/problem+json where the library would say application/json.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response
from flask_smorest import Api
from werkzeug.exceptions import HTTPException

from gateway.web.problems import PROBLEM_TYPE, http_problem

TITLE = "Yaoshi gateway"
VERSION = "0.1.0"


class ProblemApi(Api):
    """Answers the library's own refusals (422, 404 …) in our form."""

    def handle_http_exception(self, error: HTTPException) -> Response:
        return http_problem(error)


def make_api(app: Flask) -> ProblemApi:
    """The registry of described routes; serving the description is gateway/web/docs.py."""
    app.config.update(API_TITLE=TITLE, API_VERSION=VERSION, OPENAPI_VERSION="3.1.0")
    api = ProblemApi(app)
    app.extensions["yaoshi-api"] = api
    return api


def description(app: Flask) -> dict[str, Any]:
    """The OpenAPI document with our content types."""
    document: dict[str, Any] = app.extensions["yaoshi-api"].spec.to_dict()
    for path in document["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"].setdefault("default", {"description": "A problem (RFC 9457)"})
    for name, response in document.get("components", {}).get("responses", {}).items():
        if "content" in response and not name.startswith("2"):
            response["content"] = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    document["components"]["schemas"].pop("Error", None)
    return document


TWO_LANGUAGES = {"type": "object", "properties": {"zh-CN": {"type": "string"}, "en": {"type": "string"}}}
PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "code", "todo"],
    "properties": {
        "type": {"type": "string", "description": "/problems/<code>"},
        "title": {"type": "string"},
        "titles": TWO_LANGUAGES,
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable; see docs/refusals.md"},
        "detail": {"type": "string"},
        "todo": TWO_LANGUAGES,
    },
}
