"""axe-core over a page: what it finds against WCAG 2.2 A and AA and its own best practices, as sentences.

`make test` installs axe-core by tests/axe/package-lock.json, integrity checked, beside the tests' Python;
nothing of it is in the repository. It runs in an isolated world of the page: its policy refuses foreign
script, and the page's own script never sees it.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from tests.journeys.node import ROOT
from tests.journeys.windows import missing

SOURCE = ROOT / ".venv/axe/node_modules/axe-core/axe.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# preload would write a style element, which the page's policy refuses.
_PLAIN = {"resultTypes": ["violations"], "preload": False}
_RUN = """axe.run(document, %s).then(({ violations }) => violations.flatMap(({ id, help, nodes }) =>
  nodes.map(({ target, any, all, none }) =>
    [id, help, target.join(" "), ...[...any, ...all, ...none].map(({ message }) => message)].join(" | "))))"""


@cache
def source() -> str:
    if not SOURCE.exists():
        missing("axe-core", "`make test`")
    return SOURCE.read_text(encoding="utf-8")


def findings(page: Any) -> list[str]:
    """Every finding of any impact on what the page shows now."""
    return _run(page, {"runOnly": {"type": "tag", "values": list(TAGS)}, **_PLAIN})


def in_other_dress(page: Any) -> list[str]:
    """Findings about colours in the dark scheme, and about colours and sizes in the wallet's large type."""
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found = [f"dark: {each}" for each in _run(page, _only("color-contrast", "link-in-text-block"))]
    page.emulate_media(color_scheme="light")
    if page.locator("html.console").count() == 0 and page.locator("html.elder").count() == 0:
        page.evaluate("() => document.documentElement.classList.add('elder')")
        found += [f"elder: {each}" for each in _run(page, _only("color-contrast", "target-size"))]
        page.evaluate("() => document.documentElement.classList.remove('elder')")
    return found


def _only(*rules: str) -> dict[str, Any]:
    return {"runOnly": {"type": "rule", "values": list(rules)}, **_PLAIN}


def _run(page: Any, options: dict[str, Any]) -> list[str]:
    """The page stands at its full length meanwhile: its bars cover nothing half, which layout judges."""
    own, length = page.viewport_size, page.evaluate("() => document.documentElement.scrollHeight")
    page.set_viewport_size({"width": own["width"], "height": max(own["height"], length)})
    session = page.context.new_cdp_session(page)
    try:
        frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})
        here = {"contextId": world["executionContextId"], "awaitPromise": True, "returnByValue": True}
        known = session.send("Runtime.evaluate", {"expression": "typeof axe", **here})
        if known["result"]["value"] != "object":
            session.send("Runtime.evaluate", {"expression": f"{source()}; 0", **here})
        answer = session.send("Runtime.evaluate", {"expression": _RUN % json.dumps(options), **here})
    finally:
        session.detach()
        page.set_viewport_size(own)
    assert "exceptionDetails" not in answer, answer
    return [str(each) for each in answer["result"]["value"]]
