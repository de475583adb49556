"""Limits how often one address may knock at the phone's API, and finds the institution that is addressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.composition import current_gateway
from gateway.web.problems import raise_problem
from gateway.web.ratelimit import asker, limit

if TYPE_CHECKING:
    from gateway.composition import Gateway

CLAIMS_PER_MINUTE = 30
ASKS_PER_MINUTE = 600


def knock(institution: str, door: str, per_minute: int = ASKS_PER_MINUTE) -> Gateway:
    """The gateway, once the institution is one of ours and the address has knocked seldom enough."""
    gw = addressed(institution)
    count_knock(gw, institution, door, per_minute)
    return gw


def addressed(institution: str) -> Gateway:
    """The gateway, once the institution is one of ours."""
    gw = current_gateway()
    if not gw.keys.hosts(institution):
        raise_problem("institution-unknown")
    return gw


def count_knock(gw: Gateway, institution: str, door: str, per_minute: int) -> None:
    """Counts one knock of this address; too many end the request with 429."""
    limit(gw, f"{door}:{institution}:{asker()}", per_minute)
