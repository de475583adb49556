"""Which members the payload of each kind of entry has, and what each must look like.

The table of kinds in docs/formats/entry.md. A member that a kind does not know is refused: an entry never
says more than its readers understand. Checked here: form only. Whether a thing exists is for the rules of
each kind.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from consent.errors import Refusal, refuse
from consent.vocabulary import ERASURE_BASES, RIGHTS

Check = Callable[[object], bool]

LARGEST_INTEGER = 2**53 - 1  # what every JSON reader holds exactly
_COMMON = frozenset({"ledger", "subject", "kind", "at"})
_MAX_STAY = 64


class Form(NamedTuple):
    """The members of one form of a kind, beside the four that every entry has."""

    required: dict[str, Check]
    optional: dict[str, Check]


def _text(pattern: str) -> Check:
    compiled = re.compile(pattern)

    def is_it(value: object) -> bool:
        return isinstance(value, str) and compiled.fullmatch(value) is not None

    return is_it


def _integer(least: int) -> Check:
    def is_it(value: object) -> bool:
        # bool is an int in Python and must not pass for one
        return type(value) is int and least <= value <= LARGEST_INTEGER

    return is_it


_is_id = _text(r"[0-9a-f]{32}")
_is_hash = _text(r"[0-9a-f]{64}")
_is_32_bytes = _text(
    r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
)  # canonical base64url: the last two bits are zero
_is_compact = _text(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_is_time = _integer(0)


def _is_rights(value: object) -> bool:
    # the list itself, so that one set of rights has one form; which of them are due is for the rule
    return isinstance(value, list) and bool(value) and value == [name for name in RIGHTS if name in value]


def _is_stay(value: object) -> bool:
    if not isinstance(value, list) or len(value) > _MAX_STAY or not all(_is_32_bytes(kid) for kid in value):
        return False
    return len(set(value)) == len(value)


def _is_erasure_basis(value: object) -> bool:
    return isinstance(value, str) and value in ERASURE_BASES


_COMMITTED = Form({"commitment": _is_32_bytes}, {})

FORMS: dict[str, Form] = {
    "link.open": Form({"institution": _is_id}, {"key": _is_32_bytes, "proof": _is_compact}),
    "link.keys": Form({"key": _is_32_bytes, "rights": _is_rights, "proof": _is_compact}, {}),
    "link.confirm": Form({"entry": _is_hash}, {}),
    "link.contest": Form({"entry": _is_hash}, {}),
    "link.settle": Form({"stay": _is_stay}, {}),
    "link.close": Form({}, {}),
    "grant.give": Form(
        {"not_after": _is_time, "commitment": _is_32_bytes},
        {"not_before": _is_time, "max_visits": _integer(1)},
    ),
    "grant.revoke": Form({"grant": _is_hash}, {}),
    "disclosure.made": Form({"under": _is_hash, "visit": _is_id, "commitment": _is_32_bytes}, {}),
    "glass.broken": Form({"ttl_ms": _integer(0), "commitment": _is_32_bytes}, {}),
    "glass.closed": Form({"glass": _is_hash}, {}),
    "glass.reviewed": Form({"glass": _is_hash, "commitment": _is_32_bytes}, {}),
    "look.made": _COMMITTED,
    "result.reused": _COMMITTED,
    "details.erased": Form({"record": _integer(0), "basis": _is_erasure_basis}, {}),
}
_REMOVAL = Form({"remove": _is_32_bytes}, {})


def member_fault(kind: str, payload: dict[str, Any]) -> Refusal | None:
    """What is wrong with the members of a payload of this (known) kind."""
    form = _REMOVAL if kind == "link.keys" and "remove" in payload else FORMS[kind]
    members = payload.keys() - _COMMON
    # Names of unknown members are the sender's words and are not repeated.
    if not members <= form.required.keys() | form.optional.keys():
        return refuse("member-unknown", f"An entry of kind {kind} has a member too many.")
    for name in form.required:
        if name not in members:
            return refuse("member-missing", f"An entry of kind {kind} needs the member {name}.")
    for name, check in (form.required | form.optional).items():
        if name in members and not check(payload[name]):
            code = "rights-wrong" if name == "rights" else "member-wrong"
            return refuse(code, f"The member {name} of {kind} has the wrong form.")
    if ("key" in members) != ("proof" in members):
        return refuse("member-missing", "A key and its proof come together.")
    return None
