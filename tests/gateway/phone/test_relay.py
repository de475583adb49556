"""The second port hands every byte on, both ways, and closes when the other side is away."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gateway.phone.relay import relay

HERE = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


def finished(story: Coroutine[Any, Any, Any]) -> Any:
    """Run to its end in a thread of its own: a browser driven beside it keeps a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, story).result(60)


def test_bytes_pass_both_ways_for_many_callers_at_once() -> None:
    sent = [os.urandom(300_000) for _ in range(20)]

    async def backwards(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readexactly(300_000))[::-1])
        await writer.drain()
        writer.close()

    async def ask(port: int, data: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(HERE, port)
        writer.write(data)
        await writer.drain()
        answer = await reader.read(-1)
        writer.close()
        return answer

    async def story() -> list[bytes]:
        port, behind = free_port(), await asyncio.start_server(backwards, HERE, 0)
        async with behind, await relay(HERE, port, behind.sockets[0].getsockname()[1]):
            return await asyncio.gather(*(ask(port, data) for data in sent))

    assert finished(story()) == [data[::-1] for data in sent]


def test_a_caller_is_let_go_when_nobody_listens_behind() -> None:
    async def story() -> bytes:
        port = free_port()
        async with await relay(HERE, port, free_port()):
            reader, writer = await asyncio.open_connection(HERE, port)
            answer = await reader.read(-1)
            writer.close()
            return answer

    assert finished(story()) == b""


def test_a_caller_who_says_nothing_is_let_go() -> None:
    async def listens(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        writer.close()

    async def story() -> bytes:
        port, behind = free_port(), await asyncio.start_server(listens, HERE, 0)
        async with behind, await relay(HERE, port, behind.sockets[0].getsockname()[1], idle_s=0.05):
            reader, writer = await asyncio.open_connection(HERE, port)
            answer = await reader.read(-1)
            writer.close()
            return answer

    assert finished(story()) == b""
