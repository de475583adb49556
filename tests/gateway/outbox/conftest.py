"""The hospitals of the tests between nodes: what they do when they do not agree."""

from tests.gateway.peers.conftest import among, town

__all__ = ["among", "town"]
