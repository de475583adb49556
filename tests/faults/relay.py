"""A wire between two programs that can be cut: passes bytes on, holds them, or breaks what is connected.

Needs no rights and no network of its own, so it runs everywhere. A process beside the test, so that neither
slows the other; it ends with its standard input, from which it reads lines: `hold NAME` (silence: nothing
arrives, nothing is closed), `break NAME` (connections are closed, new ones too), `pass NAME`.

    python tests/faults/relay.py NAME=FROM=TO ...        each address 127.0.0.1:PORT or a socket's path
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

_CHUNK = 64 * 1024


class Wire:
    """One listener and its connections."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self._broken = False
        self._passes = asyncio.Event()
        self._passes.set()

    def set(self, how: str) -> None:
        self._broken = how == "break"
        if how == "hold":
            self._passes.clear()
        else:
            self._passes.set()
        if self._broken:
            for one in self._open:
                one.transport.abort()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far: asyncio.StreamWriter | None = None
        self._open.add(writer)
        try:
            await self._passes.wait()
            if self._broken:
                return
            back, far = await connect(self._target)
            self._open.add(far)
            ways = [asyncio.ensure_future(self._carry(*way)) for way in ((reader, far), (back, writer))]
            _, other = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for one in other:
                one.cancel()
        except OSError:
            return
        finally:
            for end in (writer, far):
                if end is not None:
                    self._open.discard(end)
                    end.close()

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(_CHUNK):
                await self._passes.wait()
                target.write(data)
                await target.drain()


async def connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if address.startswith("/"):
        return await asyncio.open_unix_connection(address)
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def listen(address: str, wire: Wire) -> None:
    if address.startswith("/"):
        await asyncio.start_unix_server(wire.connected, address)
    else:
        host, _, port = address.rpartition(":")
        await asyncio.start_server(wire.connected, host, int(port))


async def main(wires: list[str]) -> None:
    made: dict[str, Wire] = {}
    for one in wires:
        name, source, target = one.split("=")
        made[name] = Wire(target)
        await listen(source, made[name])
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(commands), sys.stdin
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while line := await commands.readline():
        how, name = line.decode().split()
        made[name].set(how)
    os._exit(0)  # with whatever is connected


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
