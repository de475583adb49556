"""A server that answers whatever it is told to, byte by byte, to whoever connects."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

Act = Callable[["Connection"], None]


class Connection:
    """One connection: the request that came is read, the rest is up to the act."""

    def __init__(self, plug: socket.socket, over: Event) -> None:
        self._plug, self.over = plug, over
        self.request = b""

    def read(self) -> bool:
        """Takes in one request; False when there is none any more."""
        self.request = b""
        while b"\r\n\r\n" not in self.request:
            piece = self._plug.recv(65536)
            if not piece:
                return False
            self.request += piece
        return True

    def send(self, data: bytes) -> None:
        self._plug.sendall(data)

    def drip(self, data: bytes) -> None:
        """One byte at a time, and never so slowly that a single read is too late."""
        for byte in data:
            self._plug.sendall(bytes([byte]))
            if self.over.wait(0.02):
                return


class Hostile:
    """Where it listens, and how often somebody came."""

    def __init__(self, listener: socket.socket) -> None:
        self.base = f"http://127.0.0.1:{listener.getsockname()[1]}/i/x"
        self.came = 0


@contextmanager
def hostile(act: Act) -> Iterator[Hostile]:
    listener, over = socket.create_server(("127.0.0.1", 0)), Event()
    listener.settimeout(0.05)
    server = Hostile(listener)
    threads: list[Thread] = []
    plugs: list[socket.socket] = []

    def serve(plug: socket.socket) -> None:
        with plug, suppress(OSError):
            connection = Connection(plug, over)
            while not over.is_set() and connection.read():
                server.came += 1
                act(connection)

    def listen() -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                plug, _ = listener.accept()
                plug.settimeout(2)
                plugs.append(plug)
                threads.append(Thread(target=serve, args=(plug,), daemon=True))
                threads[-1].start()

    accepting = Thread(target=listen, daemon=True)
    accepting.start()
    yield server
    over.set()
    accepting.join()
    for plug in plugs:
        with suppress(OSError):
            plug.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join(3)
    listener.close()


def whole(body: bytes, *headers: str, status: str = "200 OK", kind: str = "application/json") -> bytes:
    """An answer with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
