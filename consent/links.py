"""A link's life: opened by the desk, its keys added, replaced, contested and settled, and its closing.

docs/formats/entry.md, kinds link.*. The invariants (tests name them):
1. A key serves one link, for ever; a link never has more keys of one standing than `link_keys_max`.
2. Only an unclaimed link's first key, a `manage` key's choice and the offline key's settlement hold at once.
   A key that the desk puts on a claimed link ends all live grants, may revoke, and waits with giving and
   managing.
3. Whoever could give before the desk's change can contest it, even through a row of further changes.
4. While contested nobody gives, and neither keys nor the link change, until the institution's offline key
   settles.
5. From version 2 of the rules on a link's id begins like its institution's: whoever sees an id on its way
   cannot open it first.
"""

from collections.abc import Callable

from consent.errors import Refusal, refuse
from consent.host import Case, Changes
from consent.state import KeyState, LinkState, Rekey, limits, link_state, rights_of, standing
from consent.vocabulary import RIGHTS

_BEGINNING = 8


def open_link(case: Case) -> Changes | Refusal:
    """link.open: the desk opens a link, with the phone's first key or, at a first look, without."""
    payload = case.entry.payload
    institution = payload["institution"]
    if not signed_by(case, institution, "desk"):
        return refuse("signer-not-allowed", "The desk key of the link's own institution opens a link.")
    registered = case.view.get(f"institution/{institution}")
    if registered is None:
        return refuse("institution-unknown")
    if registered["retired"]:
        return refuse("institution-retired")
    if case.own_ids and not is_own_id(case.entry.subject, institution):
        return refuse("link-id-foreign")
    if link_state(case.view, case.entry.subject) is not None:
        return refuse("link-exists")
    link = LinkState(
        institution=institution,
        opened=case.time,
        claimed=False,
        closed=False,
        contested=False,
        epoch=0,
        keys={},
        pending=None,
    )
    return _claim(case, link) if "key" in payload else _put(case, link)


def change_keys(case: Case) -> Changes | Refusal:
    """link.keys: a manage key adds or removes a key; the desk adds the first, or rekeys."""
    link = link_state(case.view, case.entry.subject)
    if link is None:
        return refuse("link-unknown")
    if link["closed"]:
        return refuse("link-closed")
    if case.signer.subject_type == "link":
        return _remove(case, link) if "remove" in case.entry.payload else _add(case, link)
    if not signed_by(case, link["institution"], "desk") or "remove" in case.entry.payload:
        return refuse("signer-not-allowed", "A manage key changes keys; the desk only adds one.")
    if case.entry.payload["rights"] != list(RIGHTS):
        return refuse("rights-wrong", "A key from the desk gets all three rights.")
    return _rekey(case, link) if link["claimed"] else _claim(case, link)


def confirm(case: Case) -> Changes | Refusal:
    """link.confirm: an earlier key says that the desk's change was asked for; the new key stops waiting."""
    found = _pending(case)
    if isinstance(found, Refusal):
        return found
    link, pending = found
    if pending["contested"]:
        return refuse("link-contested")
    if pending["confirmed"]:
        return refuse("rekey-confirmed")
    if case.signer.kid not in pending["confirmers"]:
        return refuse("key-not-entitled", "A key confirms that could manage just before the change.")
    new: KeyState = {**link["keys"][pending["key"]], "status": "full", "wait_until": None}
    link["keys"] = {**link["keys"], pending["key"]: new}
    link["pending"] = {**pending, "confirmed": True}
    return _put(case, link)


def contest(case: Case) -> Changes | Refusal:
    """link.contest: an earlier key says that the desk's change was not asked for."""
    found = _pending(case)
    if isinstance(found, Refusal):
        return found
    link, pending = found
    if pending["contested"]:
        return refuse("rekey-contested")
    link["contested"] = True
    link["pending"] = {**pending, "contested": True}
    return _put(case, link)


def settle(case: Case) -> Changes | Refusal:
    """link.settle: the institution's offline key names the keys that stay; all others are removed."""
    link = link_state(case.view, case.entry.subject)
    if link is None:
        return refuse("link-unknown")
    if not signed_by(case, link["institution"], "offline"):
        return refuse("signer-not-allowed", "The offline key of the link's institution settles.")
    if link["closed"]:
        return refuse("link-closed")
    pending = link["pending"]
    if not link["contested"] or pending is None:
        return refuse("link-not-contested")
    stay = set(case.entry.payload["stay"])
    present = {kid for kid, key in link["keys"].items() if key["status"] != "removed"}
    if not stay <= present:
        return refuse("key-unknown")
    if len(stay) > limits(case.view)["link_keys_max"]:
        return refuse("link-keys-full")
    link["keys"] = {
        kid: _full(key) if kid in stay else _removed(key, case.view.index)
        for kid, key in link["keys"].items()
    }
    if pending["key"] not in stay:
        link["epoch"] += 1  # what a key gave that should never have been there, ends
    link["contested"] = False
    link["pending"] = None
    return _put(case, link)


def close(case: Case) -> Changes | Refusal:
    """link.close: a manage key ends all grants and all giving; looks go on being logged."""
    link = link_state(case.view, case.entry.subject)
    if link is None:
        return refuse("link-unknown")
    if link["closed"]:
        return refuse("link-closed")
    fault = right_fault(case, link, "manage")
    if fault is not None:
        return fault
    link["closed"] = True
    return _put(case, link)


def is_own_id(link: str, institution: str) -> bool:
    """Whether this institution may open a link with this id: both begin with the same eight digits."""
    return link[:_BEGINNING] == institution[:_BEGINNING]


def own_id(institution: str, entropy: Callable[[int], bytes]) -> str:
    """A fresh id for a link of this institution: its first eight digits, then 12 random bytes."""
    return institution[:_BEGINNING] + entropy(12).hex()


def signed_by(case: Case, institution: str, use: str) -> bool:
    """Whether the entry was signed by that key of that institution."""
    signer = case.signer
    return signer.subject_type == "institution" and signer.subject == institution and signer.use == use


def right_fault(case: Case, link: LinkState, right: str) -> Refusal | None:
    """Why the signer may not use this right on this link now; None when it may."""
    signer = case.signer
    if signer.subject_type != "link" or signer.subject != case.entry.subject:
        return refuse("signer-not-allowed", "A key of this link signs this kind of entry.")
    if right in rights_of(link, signer.kid, case.time):
        return None
    key = link["keys"].get(signer.kid)
    now = standing(key, case.time) if key else None
    if key is not None and right in key["rights"] and now in ("full", "waiting"):
        return refuse("link-contested" if link["contested"] else "key-waiting")
    return refuse("key-not-entitled")


def _claim(case: Case, link: LinkState) -> Changes | Refusal:
    # Nothing was given on an unclaimed link, so there is nothing that a delay would protect.
    key = _new_key(case, list(RIGHTS), wait_until=None)
    if isinstance(key, Refusal):
        return key
    link["claimed"] = True
    return _put_with_key(case, link, key)


def _add(case: Case, link: LinkState) -> Changes | Refusal:
    fault = right_fault(case, link, "manage")
    if fault is not None:
        return fault
    if _count(link, case.time, "full", "waiting") >= limits(case.view)["link_keys_max"]:
        return refuse("link-keys-full")
    key = _new_key(case, case.entry.payload["rights"], wait_until=None)
    return key if isinstance(key, Refusal) else _put_with_key(case, link, key)


def _remove(case: Case, link: LinkState) -> Changes | Refusal:
    fault = right_fault(case, link, "manage")
    if fault is not None:
        return fault
    kid = case.entry.payload["remove"]
    key = link["keys"].get(kid)
    if key is None or key["status"] == "removed":
        return refuse("key-unknown")
    link["keys"] = {**link["keys"], kid: _removed(key, case.view.index)}
    return _put(case, link)


def _rekey(case: Case, link: LinkState) -> Changes | Refusal:
    if link["contested"]:
        return refuse("link-contested")  # else a second change at the desk would wash a contested one clean
    wait_until = case.time + limits(case.view)["rekey_delay_ms"]
    key = _new_key(case, case.entry.payload["rights"], wait_until)
    if isinstance(key, Refusal):
        return key
    before, pending = link["keys"], link["pending"]
    newest = before.get(pending["key"]) if pending is not None else None
    unsettled = newest is not None and standing(newest, case.time) == "waiting"
    # A row of changes within the delay is one change to whoever held the keys before it: they keep their say.
    # A key that is itself still waiting never confirms, else two changes at the desk need no delay.
    confirmers = (
        pending["confirmers"]
        if pending is not None and unsettled
        else [k for k, v in before.items() if standing(v, case.time) == "full" and "manage" in v["rights"]]
    )
    link["keys"] = {
        kid: _superseded(held, standing(held, case.time), case.view.index, unsettled)
        for kid, held in before.items()
    }
    if _count(link, case.time, "earlier") > limits(case.view)["link_keys_max"]:
        return refuse("link-keys-full")
    link["epoch"] += 1
    link["pending"] = Rekey(
        entry=case.entry.id,
        index=case.view.index,
        key=case.entry.proven or "",
        confirmers=confirmers,
        confirmed=False,
        contested=False,
    )
    return _put_with_key(case, link, key)


def _pending(case: Case) -> tuple[LinkState, Rekey] | Refusal:
    link = link_state(case.view, case.entry.subject)
    if link is None:
        return refuse("link-unknown")
    if case.signer.subject_type != "link" or case.signer.subject != case.entry.subject:
        return refuse("signer-not-allowed", "An earlier key of this link answers to a change of keys.")
    if link["closed"]:
        return refuse("link-closed")
    key = link["keys"].get(case.signer.kid)
    if key is None or key["status"] != "earlier":
        return refuse("key-not-entitled", "An earlier key of this link answers to a change of keys.")
    pending = link["pending"]
    if pending is None or pending["entry"] != case.entry.payload["entry"]:
        return refuse("rekey-unknown")
    return link, pending


def _new_key(case: Case, rights: list[str], wait_until: int | None) -> KeyState | Refusal:
    kid = case.entry.proven
    if kid is None:
        return refuse("proof-missing")
    if case.view.get(f"key/{kid}") is not None:
        return refuse("key-known")
    return KeyState(
        rights=rights,
        status="full" if wait_until is None else "waiting",
        wait_until=wait_until,
        until_index=None,
    )


def _full(key: KeyState) -> KeyState:
    return {**key, "status": "full", "wait_until": None, "until_index": None}


def _removed(key: KeyState, index: int) -> KeyState:
    until = key["until_index"] if key["until_index"] is not None else index
    return {**key, "status": "removed", "wait_until": None, "until_index": until}


def _superseded(key: KeyState, now: str, index: int, unsettled: bool) -> KeyState:
    if now == "removed" or (now == "earlier" and unsettled):
        return key
    if now == "earlier":
        return _removed(key, index)  # earlier to a change that holds: no rights just before this one
    return {**key, "status": "earlier", "wait_until": None, "until_index": index}


def _count(link: LinkState, time: int, *standings: str) -> int:
    return sum(1 for key in link["keys"].values() if standing(key, time) in standings)


def _put_with_key(case: Case, link: LinkState, key: KeyState) -> Changes:
    kid = case.entry.proven or ""
    link["keys"] = {**link["keys"], kid: key}
    registered = {
        "kid": kid,
        "key": case.entry.payload["key"],
        "subject": case.entry.subject,
        "subject_type": "link",
        "use": None,
    }
    return {**_put(case, link), f"key/{kid}": registered}


def _put(case: Case, link: LinkState) -> Changes:
    removed = [kid for kid, key in link["keys"].items() if key["status"] == "removed"]
    removed.sort(key=lambda kid: (link["keys"][kid]["until_index"] or 0, kid))
    forgotten = set(removed[: -limits(case.view)["link_keys_max"]])  # they can no longer sign in; that is all
    keys = {kid: key for kid, key in link["keys"].items() if kid not in forgotten}
    return {f"link/{case.entry.subject}": {**link, "keys": keys}}
