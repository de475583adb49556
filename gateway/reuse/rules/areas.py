"""Says in which areas each institution lies, for marks of recognition that count in one area only.

国卫医发〔2022〕6号: 武汉HR counts inside Wuhan. The operator states it (YAOSHI_AREAS); nothing is guessed
from names. 全国 counts everywhere without being stated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.composition import Gateway


def areas_of(gw: Gateway) -> dict[str, frozenset[str]]:
    """{institution id: areas} of all that the setting names."""
    stated = gw.settings.areas
    with gw.ledger.view() as view:
        return {one.id: stated[one.code] for one in view.institutions() if one.code in stated}
