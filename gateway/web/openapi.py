"""Describes our own API as OpenAPI 3.1, made from the schemas that judge the requests (flask-smorest).

It is made when somebody first asks for it: that would be a quarter of every application's beginning.
flask-smorest enters here and in the blueprints. Refusals are problems (RFC 9457), so the description says
application/problem+json where the library would say application/json.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from flask import Blueprint, Flask, Response
from flask_smorest import Api
from flask_smorest import Blueprint as DescribedBlueprint
from werkzeug.exceptions import HTTPException

from gateway.web.problems import PROBLEM_TYPE, http_problem

TITLE = "Yaoshi gateway"
VERSION = "0.1.0"


class OnceOnly:
    """What this makes, made by the first of all threads that ask for it."""

    def __init__(self, make: Callable[[], dict[str, Any]]) -> None:
        self._make, self._lock = make, Lock()
        self._made: dict[str, Any] | None = None

    def __call__(self) -> dict[str, Any]:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


class ProblemApi(Api):
    """Answers the library's own refusals (422, 404 …) in our form."""

    def handle_http_exception(self, error: HTTPException) -> Response:
        return http_problem(error)


def register_areas(app: Flask, blueprints: Iterable[Blueprint]) -> None:
    """Adds the routes of all areas; those of flask-smorest's blueprints are described, too."""
    app.config.update(API_TITLE=TITLE, API_VERSION=VERSION, OPENAPI_VERSION="3.1.0")
    api = ProblemApi(app)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    app.extensions["yaoshi-description"] = OnceOnly(lambda: _described(app, api))


def description(app: Flask) -> dict[str, Any]:
    """The OpenAPI document with our content types, to be read only; serving it is gateway/web/docs.py."""
    document: dict[str, Any] = app.extensions["yaoshi-description"]()
    return document


def _described(app: Flask, api: Api) -> dict[str, Any]:
    for blueprint in app.blueprints.values():
        if isinstance(blueprint, DescribedBlueprint):
            blueprint.register_views_in_doc(api, app, api.spec, name=blueprint.name, parameters=None)
            api.spec.tag({"name": blueprint.name, "description": blueprint.description})
    document: dict[str, Any] = api.spec.to_dict()
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
