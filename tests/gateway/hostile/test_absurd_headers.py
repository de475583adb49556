"""Headers that no honest program sends, at all doors: never a fault, never a change."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.gateway.hostile.doors import address, doors, people
from tests.gateway.hostile.knocks import bare, knock
from tests.gateway.wallet.story import Story

STREAMS = ("/events",)


def header_values() -> Iterator[str]:
    yield from (
        "",
        " ",
        ",",
        ";",
        "=",
        "*",
        "*/*;q=9e999",
        "a/b;q=nan",
        ";;;;",
        '"',
        '"""',
        "W/",
        'W/"',
        "bytes=0-",
    )
    yield from (
        "bytes=-1",
        "bytes=9-1",
        "bytes=0-0,0-0,0-0",
        "bytes=" + "0-1," * 2000,
        "-1",
        "9" * 5000,
        "1e9",
    )
    yield from (
        "Mon, 99 Foo 99999 99:99:99 GMT",
        "Thu, 01 Jan 0000 00:00:00 GMT",
        "\xff\xfe",
        "\x7f",
        "a" * 60_000,
    )
    yield from (
        "Bearer",
        "Bearer ",
        "Bearer  x",
        "bearer " + "A" * 43,
        "Bearer \xff" + "A" * 42,
        "Digest a=b",
    )
    yield from (
        "yaoshi=" + "A" * 4000,
        "yaoshi=a.b.c",
        "yaoshi=eyJhbGciOiJub25lIn0.e30.",
        "yaoshi=..",
        "=;=;=",
    )
    yield from ("handling=lenient", "handling=" + "x" * 9999, "zh-CN;q=0," * 2000, "utf-8", "\u00e9\u00fc")


HEADERS = (
    "Accept", "Accept-Language", "Accept-Charset", "Accept-Encoding", "Authorization", "Cache-Control",
    "Content-Length", "Content-Type", "Cookie", "Expect", "Forwarded", "If-Match", "If-Modified-Since",
    "If-None-Match", "If-Range", "If-Unmodified-Since", "Last-Event-ID", "Origin", "Prefer",
    "Range", "Referer",
    "Transfer-Encoding", "X-Forwarded-For", "X-Forwarded-Host", "X-HTTP-Method-Override", "X-Request-Id",
)  # fmt: skip


def test_absurd_headers_are_no_fault(town: Story) -> None:
    """A door for each header and value, chosen by a seed, so that all doors meet many."""
    chance = random.Random(20_260_101)  # noqa: S311 - which doors are tried
    everybody, all_doors = people(town), doors(town.app)
    quiet = [
        door for door in all_doors if not door.rule.endswith((*STREAMS, "/runs", "/session", "/records"))
    ]
    for header in HEADERS:
        for value in header_values():
            for door in chance.sample(quiet, 1):
                client, headers = everybody.rightful(door)
                knock(
                    everybody.town.gw,
                    bare(everybody.town.app) if header == "Cookie" else client,
                    door.method,
                    address(door, {**everybody.values, "reference": "00000000", "patient_id": "nobody"}),
                    base_url=door.origin,
                    headers={**headers, header: value},
                )
