"""Makes, finds, extends and ends offers, and puts the first doctor's request into one.

docs/formats/offer.md. Not here: whether a request may be put in at all (gateway.offers.claims). Invariants:
one request goes in, by one conditional update of one row, so of two doctors one wins; only the link that
made an offer reads it; what was put in is gone once the phone has ended the offer, or ten minutes later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import and_, delete, func, insert, or_, select, update

from gateway.offers.tables import offer as table
from gateway.references.code import new_reference

if TYPE_CHECKING:
    from gateway.composition import Gateway

LIFE_MS = 600_000
LONGEST_MS = 3_600_000
LIVE = 3  # open at once for one link; one more ends the oldest

State = Literal["waiting", "claimed", "stopped", "expired"]


def state_of(row: Any, now: int) -> State:
    """State of an offer's row at ``now`` (ms): a request that was put in can be fetched for ten minutes."""
    if row.stopped_at is not None:
        return "stopped"
    if row.claimed_at is not None:
        return "claimed" if now < row.claimed_at + LIFE_MS else "expired"
    return "waiting" if now < row.expires_at else "expired"


def make_offer(gw: Gateway, institution: str, link: str) -> Any:
    """A new offer of this link, open for ten minutes; its row."""
    now, name = gw.clock(), new_reference(gw)
    row = {
        "reference": name,
        "institution": institution,
        "link": link,
        "made_at": now,
        "expires_at": now + LIFE_MS,
        "last_at": now + LONGEST_MS,
    }
    live = _live(institution, link, now)
    newest = select(table.c.reference).where(live).order_by(table.c.made_at.desc()).limit(LIVE - 1)
    older = and_(live, table.c.reference.not_in(newest))
    with gw.db.begin() as conn:
        conn.execute(delete(table).where(_over(now)))
        conn.execute(update(table).where(older).values(stopped_at=now, request=None))
        conn.execute(insert(table).values(row))
    return find_offer(gw, institution, link, name)


def find_offer(gw: Gateway, institution: str, link: str, name: str) -> Any | None:
    """The row of an offer of this link, whatever its state; None when there is none."""
    mine = and_(table.c.reference == name, table.c.institution == institution, table.c.link == link)
    with gw.db.connect() as conn:
        return conn.execute(select(table).where(mine)).first()


def is_waiting(gw: Gateway, institution: str, name: str) -> bool:
    """Whether somebody's offer of this name waits for a doctor."""
    waiting = select(table.c.link).where(_free(institution, name, gw.clock()))
    with gw.db.connect() as conn:
        return conn.execute(waiting).first() is not None


def put_in(gw: Gateway, institution: str, name: str, claimant: str, request: str) -> bool:
    """Give the offer to the first verified request; True for it, and for its own retry."""
    now = gw.clock()
    change = update(table).where(_free(institution, name, now))
    change = change.values(claimed_at=now, claimant=claimant, request=request)
    own = and_(table.c.reference == name, table.c.institution == institution, table.c.request == request)
    with gw.db.begin() as conn:
        won = conn.execute(change).rowcount == 1
        link = conn.execute(select(table.c.link).where(own)).scalar()
    if won:
        gw.bus.publish(f"link:{link}")
    return link is not None


def extend(gw: Gateway, row: Any) -> bool:
    """Ten more minutes, an hour at most in all; False when nobody can wait longer on it."""
    now = gw.clock()
    until = min(row.expires_at + LIFE_MS, row.last_at)
    if until <= row.expires_at:
        return False
    same = and_(_free(row.institution, row.reference, now), table.c.expires_at == row.expires_at)
    with gw.db.begin() as conn:
        return conn.execute(update(table).where(same).values(expires_at=until)).rowcount == 1


def stop(gw: Gateway, row: Any) -> None:
    """End an offer: the patient left it, or the phone has taken out what was put in."""
    open_still = and_(table.c.reference == row.reference, table.c.stopped_at.is_(None))
    with gw.db.begin() as conn:
        conn.execute(update(table).where(open_still).values(stopped_at=gw.clock(), request=None))


def _free(institution: str, name: str, now: int) -> Any:
    return and_(
        table.c.reference == name,
        table.c.institution == institution,
        table.c.claimed_at.is_(None),
        table.c.stopped_at.is_(None),
        table.c.expires_at > now,
    )


def _live(institution: str, link: str, now: int) -> Any:
    return and_(
        table.c.institution == institution,
        table.c.link == link,
        table.c.stopped_at.is_(None),
        or_(table.c.expires_at > now, table.c.claimed_at > now - LIFE_MS),
    )


def _over(now: int) -> Any:
    ended = func.coalesce(table.c.claimed_at, table.c.expires_at)
    return and_(table.c.expires_at < now - LIFE_MS, ended < now - LIFE_MS)
