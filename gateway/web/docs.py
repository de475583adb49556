"""The description of our API for people: one page, rendered here, without any script.

OpenAPI 3.1 at /openapi.json, the same as a page at /docs, and /problems/<code> (RFC 9457's `type`) leads to
the code's place on it. Tools that draw OpenAPI in the browser need scripts that our CSP forbids.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, json, redirect, render_template

from gateway.web.access import open_route
from gateway.web.openapi import TITLE, VERSION, description
from gateway.web.problems import codes, raise_problem

blueprint = Blueprint("docs", __name__, template_folder="templates")
PUBLIC = "the form of the interface is public; it holds no data"


@blueprint.get("/openapi.json")
@open_route(PUBLIC)
def openapi() -> Response:
    return Response(json.dumps(description(current_app), ensure_ascii=False), content_type="application/json")


@blueprint.get("/docs")
@open_route(PUBLIC)
def docs() -> str:
    """The page."""
    document = description(current_app)
    return render_template("docs.html", title=TITLE, version=VERSION, groups=_groups(document), codes=codes())


@blueprint.get("/problems/<code>")
@open_route(PUBLIC)
def problem_page(code: str) -> Response:
    """Where a problem's `type` leads."""
    if code not in codes():
        raise_problem("not-found")
    return redirect(f"/docs#{code}")  # type: ignore[return-value]


def _groups(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    schemas = document["components"]["schemas"]
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in sorted(document["paths"].items()):
        shared = operations.get("parameters", [])
        for method in ("get", "post", "put", "patch", "delete"):
            if method in operations:
                operation = operations[method]
                tag = (operation.get("tags") or ["other"])[0]
                groups.setdefault(tag, []).append(
                    {
                        "method": method.upper(),
                        "path": path,
                        "summary": operation.get("summary", ""),
                        "text": operation.get("description", ""),
                        "parameters": [
                            one for one in [*shared, *operation.get("parameters", [])] if "name" in one
                        ],
                        "members": _members(operation, schemas),
                    }
                )
    return groups


def _members(operation: dict[str, Any], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    content = operation.get("requestBody", {}).get("content", {})
    schema = next(iter(content.values()), {}).get("schema", {})
    schema = schemas.get(schema.get("$ref", "").rsplit("/", 1)[-1], schema)
    required = set(schema.get("required", ()))
    return [
        {"name": name, "type": _type(one), "required": name in required}
        for name, one in schema.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    kind = schema.get("type", "")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"list of {_type(schema['items'])}" if words == "array" and "items" in schema else words
