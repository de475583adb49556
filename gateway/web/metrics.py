"""Counts requests and their time for a monitoring system, on a loopback port of its own.

prometheus-client enters here. Labels are route templates and status classes: no label names a person.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily

from gateway.consortium.gauges import gauges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.composition import Gateway

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """One registry a node, so that two nodes in one process (tests) do not share counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "yaoshi_requests", "Requests answered", ["route", "method", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "yaoshi_request_seconds",
            "Time to the answer's head",
            ["route"],
            buckets=BUCKETS,
            registry=self.registry,
        )

    @staticmethod
    def now() -> float:
        """Seconds of a clock that only goes forward."""
        return perf_counter()

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        self._requests.labels(route, method, f"{status // 100}xx").inc()
        self._seconds.labels(route).observe(seconds)

    def watch(self, gw: Gateway) -> None:
        """Adds gauges read when asked for: ledger size, open streams, and how a consortium's chain moves."""
        self.registry.register(_Node(gw))

    def serve(self, port: int) -> None:
        """Listens on loopback in a thread of its own."""
        start_http_server(port, addr="127.0.0.1", registry=self.registry)


class _Node:
    def __init__(self, gw: Gateway) -> None:
        self._gw = gw

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with self._gw.ledger.view() as view:
            yield GaugeMetricFamily("yaoshi_ledger_records", "Records on the ledger", value=view.size)
        yield GaugeMetricFamily("yaoshi_streams", "Open event streams", value=self._gw.bus.streams)
        for name, meaning, value in gauges(self._gw):
            yield GaugeMetricFamily(name, meaning, value=value)
