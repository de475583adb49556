"""Speaks HTTP to other institutions' nodes, within bounds that a slow or hostile one cannot move.

RFC 9110, HTTP/1.1. httpcore2 enters the project here and nowhere else: it follows no redirect, reads no proxy
or other setting from the environment, keeps no cookie and unpacks nothing, so none of that has to be switched
off. Not here: what is asked and what an answer means (gateway.peers.there).
Invariants: (1) an address is an institution's `base` in the ledger's registry, nothing that an answer said,
and names a place only: no question, no user; (2) https; http to this machine alone, and only where the
gateway itself is at such an address, so that no vote leads a hospital to its own consensus node; (3)
whatever the other side does, a question ends by its deadline and an answer holds at most the bytes that
were allowed; (4) neither addresses, which may name a patient, nor bodies reach a log or an exception. No
answer, or none that can be read, is an outage (Unavailable), never a refusal.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock, local
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpcore2
from httpcore2 import NetworkBackend, NetworkStream

from ledger.errors import Unavailable

CONNECT_SECONDS = 2.0
READ_SECONDS = 10.0
ANSWER_SECONDS = 12.0  # for one question with its answer
KEPT_SECONDS = 15.0  # well below what a server keeps an idle connection for
# Connections to one node: one that hangs keeps this many of our threads waiting, and none of the others'.
CONNECTIONS = 8
MIB = 1024 * 1024
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PLACE = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*")
UNREACHABLE = "custodian-unreachable"
BUSY = "custodian-busy"
STILL = "no-quorum"


@dataclass(frozen=True)
class Deadline:
    """When a whole task has to be over, however many questions it takes."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline this many seconds from now."""
        return cls(monotonic() + seconds)

    def left(self) -> float:
        """Seconds until then, 0 when it is over."""
        return max(0.0, self.at - monotonic())


@dataclass(frozen=True)
class Question:
    """One request to an institution: ``path`` begins after its base."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    most: int = MIB


@dataclass(frozen=True)
class Answer:
    """A status below 500 with its body whole; ``media_type`` lower-case, without parameters."""

    status: int
    media_type: str
    headers: Mapping[str, str]
    body: bytes


def unreachable(cause: str) -> Unavailable:
    """The outage of another node: nothing was answered, or nothing that can be read."""
    return Unavailable(UNREACHABLE, cause)


def is_own_machine(address: str) -> bool:
    """Whether an address leads to this machine, by its name alone."""
    return urlsplit(address).hostname in LOOPBACK


class Peers:
    """Connections to other nodes, kept open between questions; one for each gateway, safe between threads.

    `own_machine`: whether http to this machine is meant, as where all hospitals of a demonstration are on it.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, *, own_machine: bool) -> None:
        self._tls = tls  # None: the system's own certificates
        self._own_machine = own_machine
        self._pools: dict[str, _Pool] = {}
        self._lock = Lock()

    def ask(self, base: str, question: Question, deadline: Deadline) -> Answer:
        """Put one question to the institution at ``base``. Raises Unavailable."""
        try:
            answer = self._pool(base).ask(base, question, deadline)
        except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError) as broken:
            raise unreachable(type(broken).__name__) from None
        except (OSError, ValueError) as broken:  # TLS, names that do not resolve, addresses without form
            raise unreachable(type(broken).__name__) from None
        if answer.status == 429:
            raise Unavailable(BUSY, "the other institution takes no more from here just now")
        if answer.status == 503 and f'"{STILL}"'.encode() in answer.body:
            # An outage either way; in which words, a problem or an OperationOutcome, makes no difference.
            raise Unavailable(STILL, "the other institution can record nothing just now")
        if not 200 <= answer.status < 300 and not 400 <= answer.status < 500:
            raise unreachable(f"status {answer.status}")
        return answer

    def close(self) -> None:
        """Ends all connections."""
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.close()

    def _pool(self, base: str) -> _Pool:
        """The connections to one node; as many nodes as the registry has."""
        if _PLACE.fullmatch(base) is None:
            raise unreachable("the address in the registry names more than a place")
        parts = urlsplit(base)
        if parts.scheme != "https" and not (self._own_machine and is_own_machine(base)):
            raise unreachable("the address in the registry is not https")
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            if origin not in self._pools:
                if parts.scheme == "https" and self._tls is None:
                    self._tls = ssl.create_default_context()
                self._pools[origin] = _Pool(self._tls)
            return self._pools[origin]


class _Pool:
    """Connections to one origin."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._network = _Bounded()
        self._http = httpcore2.ConnectionPool(
            ssl_context=tls,
            max_connections=CONNECTIONS,
            keepalive_expiry=KEPT_SECONDS,
            network_backend=self._network,
        )

    def ask(self, base: str, question: Question, deadline: Deadline) -> Answer:
        left = deadline.left()
        if not left:
            raise unreachable("the time for all of it is over")
        times = {
            "connect": CONNECT_SECONDS,
            "read": READ_SECONDS,
            "write": READ_SECONDS,
            "pool": CONNECT_SECONDS,
        }
        self._network.until(deadline)
        with self._http.stream(
            question.method,
            f"{base}{question.path}",
            headers=list({"Accept-Encoding": "identity", "User-Agent": "yaoshi", **question.headers}.items()),
            content=question.body,
            extensions={"timeout": {name: min(seconds, left) for name, seconds in times.items()}},
        ) as response:
            headers = _headers(response.headers)
            if headers.get("content-encoding", "identity") != "identity":
                raise unreachable("the answer is packed, which was not asked for")
            body = _read(response.iter_stream(), question.most)
        return Answer(response.status, _media_type(headers), headers, body)

    def close(self) -> None:
        self._http.close()


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """By lower-case name; one that comes twice is not one value, and says nothing."""
    found: dict[str, str] = {}
    twice = set()
    for name, value in raw:
        key = name.decode("latin-1").lower()
        if key in found:
            twice.add(key)
        found[key] = value.decode("latin-1")
    return {name: value for name, value in found.items() if name not in twice}


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _read(pieces: Iterable[bytes], most: int) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > most:
            raise unreachable("the answer is longer than any answer may be")
    return bytes(body)


class _Bounded(NetworkBackend):
    """TCP whose every step ends by the deadline of the thread that takes it.

    A timeout for each read alone would let an answer of one byte a second go on for ever.
    """

    def __init__(self) -> None:
        self._plain = httpcore2.SyncBackend()
        self._thread = local()

    def until(self, deadline: Deadline) -> None:
        """From now on this thread's steps end by then."""
        self._thread.deadline = deadline

    def within(self, seconds: float | None) -> float:
        """A step's own time, or what is left for the thread's task; raises when nothing is."""
        left: float = self._thread.deadline.left()
        if not left:
            raise httpcore2.ReadTimeout
        return left if seconds is None else min(seconds, left)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> NetworkStream:
        options = socket_options
        stream = self._plain.connect_tcp(host, port, self.within(timeout), local_address, options)
        return _BoundedStream(stream, self)


class _BoundedStream(NetworkStream):
    def __init__(self, stream: NetworkStream, bounds: _Bounded) -> None:
        self._stream, self._bounds = stream, bounds

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._bounds.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._bounds.within(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        plain = self._stream.start_tls(ssl_context, server_hostname, self._bounds.within(timeout))
        return _BoundedStream(plain, self._bounds)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
