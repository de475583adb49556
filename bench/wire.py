"""A load client that costs little: prepared bytes on one kept-alive connection."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor


class Wire:
    """One connection to the server."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a prepared request; status and body."""
        self._socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._read()
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        parts, have = [body], len(body)
        while have < length:
            parts.append(self._read())
            have += len(parts[-1])
        return int(head[9:12]), b"".join(parts)

    def close(self) -> None:
        self._socket.close()

    def _read(self) -> bytes:
        data = self._socket.recv(262_144)
        if not data:
            raise ConnectionError("the server closed the connection")
        return data


def get(path: str, host: str, token: str) -> bytes:
    """The bytes of a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def latencies(port: int, request: bytes, count: int) -> list[float]:
    """Milliseconds of each of `count` requests, one after the other on one connection."""
    wire, taken = Wire(port), []
    for _ in range(count):
        started = time.perf_counter()
        _expect_ok(wire.ask(request))
        taken.append((time.perf_counter() - started) * 1000)
    wire.close()
    return taken


def throughput(port: int, request: bytes, clients: int, seconds: float) -> float:
    """Requests a second that `clients` connections get together."""
    end = time.perf_counter() + seconds

    def run(_number: int) -> int:
        wire, done = Wire(port), 0
        while time.perf_counter() < end:
            _expect_ok(wire.ask(request))
            done += 1
        wire.close()
        return done

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        total = sum(pool.map(run, range(clients)))
    return total / (time.perf_counter() - started)


def _expect_ok(answer: tuple[int, bytes]) -> None:
    if answer[0] != 200:
        raise RuntimeError(f"the server answered {answer[0]}: {answer[1][:300]!r}")
