"""Says whether a client's copy of a record is still the newest, by its ETag or its date.

FHIR R4 3.1.0.5.1 conditional read; RFC 9110 section 13. Asked only of a record that has been released
already: a 304 for what may not be read would tell that it exists.
"""

from __future__ import annotations

from werkzeug.datastructures import Headers
from werkzeug.http import http_date, parse_date

from gateway.records.searching.search import Stored


def validators(record: Stored) -> dict[str, str]:
    """ETag (weak: the version) and Last-Modified (to the second) of a stored record."""
    return {"ETag": f'W/"{record.version}"', "Last-Modified": http_date(record.last_updated / 1000)}


def is_unchanged(headers: Headers, record: Stored) -> bool:
    """Whether the client has this version. If-None-Match stands before If-Modified-Since (RFC 9110 13.1.3).

    An ETag may come as ``W/"3"``, ``"3"`` or bare ``3``; ``*`` is every version.
    """
    tags = headers.get("If-None-Match")
    if tags is not None:
        stated = {part.strip().removeprefix("W/").strip('"') for part in tags.split(",")}
        return "*" in stated or str(record.version) in stated
    since = parse_date(headers.get("If-Modified-Since"))
    return since is not None and record.last_updated // 1000 <= since.timestamp()
