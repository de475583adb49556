"""The rules need a whole application once: the same node as the gateway's tests."""

from tests.gateway.conftest import *  # noqa: F403
