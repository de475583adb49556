"""Tells open screens that something changed, and nothing else: a channel's name stays here, a number goes.

Server-sent events (HTML Living Standard 9.2) with a cap, because each stream holds one server thread, and a
polling fallback with ETag. A cursor is the time of a channel's newest change in ms (made strictly growing),
so it tells a listener nothing about other channels, and cursors stay ordered over a restart.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from threading import Condition
from time import monotonic

from flask import Response, request

from gateway.web.problems import problem

CHANNELS_KEPT = 20_000
BEAT_SECONDS = 15


class Bus:
    """Channels such as "link:<id>", "staff:<institution>", "reference:<ref>"; safe between threads."""

    def __init__(self, clock: Callable[[], int], cap: int = 24, seconds: int = 60) -> None:
        self.cap, self.seconds = cap, seconds
        self._clock = clock
        self._changed = Condition()
        self._cursors: OrderedDict[str, int] = OrderedDict()
        # Channels never seen (or forgotten) stand at the floor: a listener then looks once too often, never
        # too seldom.
        self._floor = self._last = clock()
        self._streams = 0
        self._closed = False

    def publish(self, *channels: str) -> None:
        """Wakes whoever waits on one of the channels; never blocks for long."""
        with self._changed:
            self._last = max(self._clock(), self._last + 1)
            for channel in channels:
                self._cursors[channel] = self._last
                self._cursors.move_to_end(channel)
            while len(self._cursors) > CHANNELS_KEPT:
                self._floor = self._cursors.popitem(last=False)[1]
            self._changed.notify_all()

    def cursor(self, *channels: str) -> int:
        """The newest change of these channels (ms)."""
        with self._changed:
            return self._newest(channels)

    def wait(self, channels: Iterable[str], since: int, timeout_s: float) -> dict[str, int]:
        """{channel: cursor} of those changed after `since`; empty when the time is over."""
        names = tuple(channels)
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._newest(names) > since, timeout_s)
            found = {name: self._cursors.get(name, self._floor) for name in names}
        return {name: value for name, value in found.items() if value > since}

    def open_stream(self) -> bool:
        """Takes one of the streams; False when all are taken."""
        with self._changed:
            if self._streams >= self.cap or self._closed:
                return False
            self._streams += 1
            return True

    def close_stream(self) -> None:
        with self._changed:
            self._streams -= 1

    @property
    def streams(self) -> int:
        with self._changed:
            return self._streams

    def close(self) -> None:
        """Ends all waiting, so that the server can stop at once."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed

    def _newest(self, channels: Iterable[str]) -> int:
        return max((self._cursors.get(name, self._floor) for name in channels), default=self._floor)


def sse_response(bus: Bus, channels: Iterable[str], last_id: str | None = None) -> Response:
    """A stream of `changed` events for these channels, or 503 sse-full when the cap is reached."""
    names = tuple(channels)
    if not bus.open_stream():
        return problem("sse-full", headers={"Retry-After": "5"})
    since = _number(last_id if last_id is not None else request.headers.get("Last-Event-ID"))
    response = Response(_stream(bus, names, since), content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(bus.close_stream)
    return response


def poll_response(bus: Bus, channels: Iterable[str]) -> Response:
    """{"cursor": n} with an ETag; 304 when nothing changed since."""
    cursor = bus.cursor(*channels)
    response = Response(f'{{"cursor":{cursor}}}', content_type="application/json")
    response.set_etag(str(cursor))
    response.headers["Cache-Control"] = "no-store"
    response.make_conditional(request)
    return response


def _stream(bus: Bus, channels: tuple[str, ...], since: int | None) -> Iterator[str]:
    end = monotonic() + bus.seconds
    cursor = bus.cursor(*channels)
    # The first event always comes: the listener learns at once whether it missed anything.
    yield _event(cursor) if since is None or cursor > since else ": ready\n\n"
    while not bus.closed and (left := end - monotonic()) > 0:
        changed = bus.wait(channels, cursor, min(left, BEAT_SECONDS))
        if changed:
            cursor = max(changed.values())
        yield _event(cursor) if changed else ": \n\n"


def _event(cursor: int) -> str:
    return f'event: changed\nid: {cursor}\ndata: {{"cursor":{cursor}}}\n\n'


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 16 else None
