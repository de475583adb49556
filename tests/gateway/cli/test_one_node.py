"""A node that serves is known to who comes after it, whichever database holds its data."""

from __future__ import annotations

import os

import click
import pytest

from app import compose
from gateway.cli.serve import require_free_ledger
from gateway.composition import Gateway
from gateway.operation.doctor.running import running_node


def test_a_node_that_serves_is_named_and_no_second_one_begins(gw: Gateway) -> None:
    settings = gw.settings
    gw.close()
    assert running_node(settings) is None
    held = require_free_ledger(settings)
    node = compose(settings, gw.clock, gw.entropy)
    running = running_node(settings)
    assert running is not None
    assert running.pid == os.getpid()
    with pytest.raises(click.ClickException, match="Another node is running"):
        require_free_ledger(settings)
    node.close()
    if held is not None:
        held.release()
    assert running_node(settings) is None
