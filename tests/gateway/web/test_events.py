"""Open screens hear that something changed: at once, not too many of them, and never what."""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest
from flask import Flask

from gateway.web.events import Bus, poll_response, sse_response
from gateway.web.ratelimit import wait_ms


def test_a_waiting_listener_is_woken_by_its_channel_only() -> None:
    bus = Bus(lambda: 1000)
    since = bus.cursor("link:a")
    heard: dict[str, int] = {}
    thread = Thread(target=lambda: heard.update(bus.wait(["link:a", "staff:x"], since, 30)))
    thread.start()
    bus.publish("link:b")
    bus.publish("link:a")
    thread.join(30)
    assert set(heard) == {"link:a"}
    assert heard["link:a"] > since


def test_cursors_only_grow_though_the_clock_stands() -> None:
    bus = Bus(lambda: 1000)
    seen = [bus.cursor("a")]
    for channel in ("a", "b", "a", "a"):
        bus.publish(channel)
        seen.append(bus.cursor("a", "b"))
    assert seen == sorted(set(seen))


def test_nothing_new_is_an_empty_answer() -> None:
    bus = Bus(lambda: 1000)
    assert bus.wait(["a"], bus.cursor("a"), 0.01) == {}


def test_a_stream_tells_a_number_and_ends_with_the_node(flask_app: Flask) -> None:
    bus = Bus(lambda: 1000)
    with flask_app.test_request_context():
        stream = sse_response(bus, ["link:a"])
        chunks = iter(stream.response)
        assert next(chunks) == 'event: changed\nid: 1000\ndata: {"cursor":1000}\n\n'
        bus.publish("link:a")
        assert next(chunks) == 'event: changed\nid: 1001\ndata: {"cursor":1001}\n\n'
        bus.close()
        assert "link" not in "".join(chunks)
        stream.close()
    assert bus.streams == 0


def test_a_listener_that_missed_nothing_is_not_told_again(flask_app: Flask) -> None:
    bus = Bus(lambda: 1000)
    with flask_app.test_request_context(headers={"Last-Event-ID": str(bus.cursor("link:a"))}):
        assert next(iter(sse_response(bus, ["link:a"]).response)) == ": ready\n\n"


@pytest.mark.parametrize("last", ["", "-1", "x", "٣", "9" * 400])
def test_a_strange_last_event_id_counts_as_none(last: str, flask_app: Flask) -> None:
    with flask_app.test_request_context():
        assert "changed" in next(iter(sse_response(Bus(lambda: 1000), ["a"], last).response))


def test_one_stream_too_many_is_refused_and_a_closed_one_makes_room(flask_app: Flask) -> None:
    bus = Bus(lambda: 1000, cap=2)
    with flask_app.test_request_context():
        streams = [sse_response(bus, ["a"]) for _ in range(2)]
        refused = sse_response(bus, ["a"])
        assert (refused.status_code, refused.json["code"], refused.headers["Retry-After"]) == (
            503,
            "sse-full",
            "5",
        )
        streams[0].close()
        assert sse_response(bus, ["a"]).status_code == 200


def test_polling_answers_304_until_something_changed(flask_app: Flask) -> None:
    bus = Bus(lambda: 1000)
    with flask_app.test_request_context():
        tag = poll_response(bus, ["a"]).headers["ETag"]
    with flask_app.test_request_context(headers={"If-None-Match": tag}):
        assert poll_response(bus, ["a"]).status_code == 304
        bus.publish("b")
        assert poll_response(bus, ["a"]).status_code == 304
        bus.publish("a")
        assert poll_response(bus, ["a"]).status_code == 200


def test_a_bucket_empties_and_fills_again(gw: Any, clock: Any) -> None:
    assert [wait_ms(gw, "door:x", 3) for _ in range(4)] == [0, 0, 0, 20_000]
    assert wait_ms(gw, "door:y", 3) == 0
    clock.advance(seconds=20)
    assert [wait_ms(gw, "door:x", 3) for _ in range(2)] == [0, 20_000]
    clock.advance(minutes=5)
    assert [wait_ms(gw, "door:x", 3) for _ in range(4)] == [0, 0, 0, 20_000]
