"""A phone that kept a longer ledger than the node has gets its answer, and the log says so."""

from __future__ import annotations

import io
import json

import pytest

from gateway.web.logs import make_log
from tests.gateway.wallet.story import Story, story

__all__ = ["story"]


@pytest.mark.parametrize(("more", "told"), [(0, []), (5, [5])], ids=["as long", "longer"])
def test_a_phone_that_kept_more_is_noticed(more: int, told: list[int], story: Story) -> None:
    phone, written = story.linked(), io.StringIO()
    with story.gw.ledger.view() as view:
        size = view.size
    object.__setattr__(story.gw, "log", make_log(written))
    assert phone.timeline(size + more)["records"]
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    ahead = [one for one in lines if one["event"] == "phone-kept-more"]
    assert [one["kept"] - one["size"] for one in ahead] == told
    assert all(one.keys() == {"event", "level", "kept", "size", "timestamp"} for one in ahead)
