"""What an institution declares in an emergency, and what stands behind the commitment of a broken glass.

docs/formats/glass.md and opening.md (glass.broken). Form only: who signed it, whether it is fresh and
whom it is about, the custodian checks (gateway.glass). Both sides parse with these functions, so what one
composes the other reads.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from consent.details import is_id, is_text, parse_details
from consent.errors import Refusal, refuse
from consent.terms import Clinician, parse_clinician
from consent.vocabulary import BREAK_GLASS, GLASS_REASONS, GLASS_REASONS_WITH_TEXT

LONGEST_WORDS = 500
_MEMBERS = frozenset(
    {
        "ledger",
        "institution",
        "custodian",
        "identifier",
        "birth_date",
        "clinician",
        "reason",
        "text",
        "ttl_ms",
        "at",
        "nonce",
    }
)
_CLINICIAN_MEMBERS = frozenset({"id", "name", "role", "department"})
_DETAILS_MEMBERS = frozenset({"declaration", "declaring", "user", "reason", "basis"})


@dataclass(frozen=True)
class Declaration:
    """A well-formed declaration. `system` None: the number counts whoever gave it; times in ms UTC."""

    ledger: str
    institution: str
    custodian: str
    system: str | None
    value: str
    birth_date: str
    clinician: Clinician
    department: str
    reason: str
    text: str | None
    ttl_ms: int
    at: int
    nonce: str

    @property
    def identifier_end(self) -> str:
        """The number's last four characters; nothing of a number that is too short to spare them."""
        return self.value[-4:] if len(self.value) >= 8 else ""


@dataclass(frozen=True)
class GlassTerms:
    """The opened details of glass.broken: who declared, why, and the signed declaration as it came."""

    declaring: str
    user: Clinician
    reason: str
    declaration: str


def parse_declaration(value: object) -> Declaration | Refusal:
    """The declaration that a payload states, or why it states none."""
    if not isinstance(value, dict) or set(value) != _MEMBERS:
        return refuse("declaration-malformed", "A declaration has exactly its members.")
    identifier = value["identifier"]
    if not _is_identifier(identifier) or not _is_day(value["birth_date"]):
        return refuse("declaration-malformed", "The identifier or the birth date has the wrong form.")
    clinician = _declarer(value["clinician"])
    if clinician is None or not all(is_id(value[name]) for name in ("institution", "custodian", "nonce")):
        return refuse(
            "declaration-malformed", "An institution, the clinician or the nonce is not well-formed."
        )
    if not isinstance(value["ledger"], str) or not all(_is_count(value[name]) for name in ("ttl_ms", "at")):
        return refuse("declaration-malformed", "The ledger or a time has the wrong form.")
    fault = _reason_fault(value["reason"], value["text"])
    if fault is not None:
        return fault
    return Declaration(
        ledger=value["ledger"],
        institution=value["institution"],
        custodian=value["custodian"],
        system=identifier["system"],
        value=identifier["value"],
        birth_date=value["birth_date"],
        clinician=clinician,
        department=value["clinician"]["department"],
        reason=value["reason"],
        text=value["text"],
        ttl_ms=value["ttl_ms"],
        at=value["at"],
        nonce=value["nonce"],
    )


def parse_glass_terms(details_text: str) -> GlassTerms | Refusal:
    """What a glass.broken's details text states, or why it states nothing."""
    value = parse_details(details_text)
    if not isinstance(value, dict) or set(value) != _DETAILS_MEMBERS:
        return refuse("declaration-malformed", "The details have not their members.")
    user = parse_clinician(value["user"])
    if isinstance(user, Refusal) or not is_id(value["declaring"]) or value["basis"] != BREAK_GLASS:
        return refuse("declaration-malformed", "The declarer or the basis has the wrong form.")
    if value["reason"] not in GLASS_REASONS:
        return refuse("declaration-reason-unknown")
    if not isinstance(value["declaration"], str):
        return refuse("declaration-malformed", "The declaration is not a text.")
    return GlassTerms(value["declaring"], user, value["reason"], value["declaration"])


def glass_details(declaration: Declaration, signed: str) -> dict[str, Any]:
    """The details that a custodian commits to: docs/formats/opening.md."""
    who = declaration.clinician
    return {
        "declaration": signed,
        "declaring": declaration.institution,
        "user": {"id": who.id, "name": who.name, "role": who.role},
        "reason": declaration.reason,
        "basis": BREAK_GLASS,
    }


def _declarer(value: object) -> Clinician | None:
    if not isinstance(value, dict) or set(value) != _CLINICIAN_MEMBERS:
        return None
    if not is_text(value["department"], least=0):
        return None
    who = parse_clinician({name: value[name] for name in ("id", "name", "role")})
    return None if isinstance(who, Refusal) else who


def _reason_fault(reason: object, text: object) -> Refusal | None:
    if not isinstance(reason, str) or reason not in GLASS_REASONS:
        return refuse("declaration-reason-unknown")
    if text is not None and not is_text(text, LONGEST_WORDS):
        return refuse("declaration-malformed", "The words are not a short text.")
    if text is None and reason in GLASS_REASONS_WITH_TEXT:
        return refuse("declaration-text-missing")
    return None


def _is_identifier(value: object) -> bool:
    if not isinstance(value, dict) or set(value) != {"system", "value"}:
        return False
    return is_text(value["value"]) and (value["system"] is None or is_text(value["system"]))


def _is_day(value: object) -> bool:
    # A whole day: a chart that knows only the year is not a match for anybody.
    if not isinstance(value, str) or len(value) != 10:
        return False
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 1
