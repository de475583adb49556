"""Passes the bytes of a second port on to the first, so that one server serves two origins (RFC 6454).

TLS goes through untouched; the server tells the origins apart by the Host header. Not here: anything that
reads what passes. A connection that its reader does not empty is slowed down, never buffered without end.
"""

from __future__ import annotations

import asyncio
import contextlib

CHUNK = 65_536
MOST_CONNECTIONS = 256
# A phone that left the network says no goodbye. An event stream lasts a minute, at most.
IDLE_S = 300.0


async def relay(address: str, port: int, to_port: int, idle_s: float = IDLE_S) -> asyncio.Server:
    """Listens on `port` and connects each caller with `to_port` of the same address, until idle that long."""
    open_now: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(open_now) >= MOST_CONNECTIONS:
            writer.close()
            return
        task = asyncio.ensure_future(_connect(reader, writer, address, to_port, idle_s))
        open_now.add(task)
        task.add_done_callback(open_now.discard)
        await asyncio.wait({task})

    return await asyncio.start_server(serve, address, port)


async def _connect(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str, port: int, idle_s: float
) -> None:
    try:
        far_reader, far_writer = await asyncio.open_connection(address, port)
    except OSError:  # the node is starting or stopping: the caller sees a closed connection
        writer.close()
        return
    await asyncio.gather(_pump(reader, far_writer, idle_s), _pump(far_reader, writer, idle_s))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle_s: float) -> None:
    # A peer that goes away is how connections end.
    with contextlib.suppress(OSError, TimeoutError):
        while data := await asyncio.wait_for(reader.read(CHUNK), idle_s):
            writer.write(data)
            await asyncio.wait_for(writer.drain(), idle_s)
    writer.close()
