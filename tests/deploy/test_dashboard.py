"""The dashboard as shipped: Grafana's form, and no panel asks for a number that no node gives."""

from __future__ import annotations

import json
import re
from typing import Any

from gateway.web.metrics import Metrics
from tests.journeys.node import ROOT

NAME = re.compile(r"\byaoshi_[a-z0-9_]+")


def dashboard() -> dict[str, Any]:
    return dict(json.loads((ROOT / "deploy/grafana/yaoshi.json").read_text("utf-8")))


def given() -> set[str]:
    """Every name that a node's metrics can hold: those counted, and the gauges as the code names them."""
    counted = {sample for one in Metrics().registry.collect() for sample in _names(one.name, one.type)}
    code = ("gateway/consortium/gauges.py", "gateway/web/metrics.py")
    return counted.union(*(NAME.findall((ROOT / path).read_text("utf-8")) for path in code))


def _names(name: str, kind: str) -> set[str]:
    ends = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
    return {name + end for end in ends.get(kind, ("",))}


def asked() -> set[str]:
    return {
        name
        for panel in dashboard()["panels"]
        for target in panel["targets"]
        for name in NAME.findall(target["expr"])
    }


def test_every_number_of_the_dashboard_is_one_that_a_node_gives() -> None:
    assert asked() - given() == set()
    assert "yaoshi_requests_total" in asked()
    assert not {"yaoshi_requests_count", "yaoshi_nothing"} & given()


def test_every_gauge_of_a_consortium_is_drawn() -> None:
    code = (ROOT / "gateway/consortium/gauges.py").read_text("utf-8")
    assert set(NAME.findall(code)) - asked() == set()


def test_it_has_the_form_that_grafana_takes() -> None:
    found = dashboard()
    assert found["uid"] == "yaoshi"
    assert found["schemaVersion"] >= 36
    ids = [panel["id"] for panel in found["panels"]]
    assert len(set(ids)) == len(ids)
    variables = {one["name"] for one in found["templating"]["list"]}
    for panel in found["panels"]:
        assert panel["type"] in ("stat", "timeseries")
        place = panel["gridPos"]
        assert 0 <= place["x"] <= 24 - place["w"]
        assert panel["datasource"]["uid"] == "${datasource}"
        for target in panel["targets"]:
            assert set(re.findall(r"\$(\w+)", target["expr"])) <= variables
    taken: set[tuple[int, int]] = set()
    for place in (panel["gridPos"] for panel in found["panels"]):
        cells = {
            (place["x"] + across, place["y"] + down)
            for across in range(place["w"])
            for down in range(place["h"])
        }
        assert not cells & taken, "two panels lie on each other"
        taken |= cells
