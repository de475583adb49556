"""What a patient agreed to in one grant: to whom, for what purpose, which records, in answer to what request.

These are the details behind the commitment of a grant.give entry (docs/formats/opening.md). When the grant
begins and ends stands in the entry itself.
"""

import re
from dataclasses import dataclass
from typing import Any

from consent.details import is_id, is_text, parse_details
from consent.errors import Refusal, refuse
from consent.scope import Scope, parse_scope
from consent.vocabulary import GRANT_PURPOSES, PURPOSES

_MEMBERS = frozenset({"grantee", "clinician", "role", "purpose", "scope", "request"})
_CLINICIAN_MEMBERS = frozenset({"id", "name", "role"})
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Clinician:
    """One person at the grantee, by the id that the grantee gives its staff."""

    id: str
    name: str
    role: str


@dataclass(frozen=True)
class GrantTerms:
    """The opened details of a grant: exactly one of `clinician` and `role`; `request` is a SHA-256 in hex."""

    grantee: str
    clinician: Clinician | None
    role: str | None
    purpose: str
    scope: Scope
    request: str


def parse_terms(details_text: str) -> GrantTerms | Refusal:
    """The terms that a details text states, or why it states none."""
    value = parse_details(details_text)
    if not isinstance(value, dict):
        return refuse("terms-malformed", "The details are not one well-formed JSON object.")
    if not _MEMBERS.issuperset(value):
        return refuse("terms-unknown-member")
    if not _MEMBERS.issubset(value):
        return refuse("terms-missing-member")
    if not is_id(value["grantee"]) or not _is_hash(value["request"]):
        return refuse("terms-malformed", "The grantee or the request is not a lower-case hex id.")
    return _parse_who(value)


def _parse_who(value: dict[str, Any]) -> GrantTerms | Refusal:
    clinician, role = _maybe_clinician(value["clinician"]), value["role"]
    if isinstance(clinician, Refusal):
        return clinician
    if role is not None and not is_text(role):
        return refuse("terms-malformed", "The role is not a short text.")
    if (clinician is None) == (role is None):
        return refuse("terms-grantee-unclear")
    purpose = value["purpose"]
    if not isinstance(purpose, str) or purpose not in PURPOSES:
        return refuse("purpose-unknown")
    if purpose not in GRANT_PURPOSES:
        return refuse("purpose-refused")
    scope = parse_scope(value["scope"])
    if isinstance(scope, Refusal):
        return scope
    return GrantTerms(value["grantee"], clinician, role, purpose, scope, value["request"])


def _maybe_clinician(value: object) -> Clinician | Refusal | None:
    return None if value is None else parse_clinician(value)


def parse_clinician(value: object) -> Clinician | Refusal:
    """The person that an object of exactly id, name and role names."""
    if not isinstance(value, dict) or set(value) != _CLINICIAN_MEMBERS:
        return refuse("terms-malformed", "A clinician has exactly id, name and role.")
    if not all(is_text(text) for text in value.values()):
        return refuse("terms-malformed", "A clinician's id, name or role is not a short text.")
    return Clinician(value["id"], value["name"], value["role"])


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None
