"""Wakes the screens of both institutions of an emergency: the doctor's view and the officers' queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from gateway.glass.tables import emergency, glass_case

if TYPE_CHECKING:
    from gateway.composition import Gateway


def tell(gw: Gateway, glass: str) -> None:
    """Something about this glass changed; what, the screens read anew."""
    opened = select(glass_case.c.custodian, glass_case.c.declaring).where(glass_case.c.glass == glass)
    declared = select(emergency.c.institution).where(emergency.c.glass == glass)
    with gw.db.connect() as conn:
        concerned = {*(conn.execute(opened).first() or ()), *(conn.execute(declared).first() or ())}
    for institution in concerned:
        gw.bus.publish(f"staff:{institution}")
