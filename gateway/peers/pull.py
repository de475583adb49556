"""Pulls what a patient granted from a custodian, and shows nothing that does not verify.

(signatures first; the body follows)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger.errors import Refusal

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff


@dataclass(frozen=True)
class Pulled:
    """What one pull brought: FHIR resources, the same as items, the patient, and the verified disclosures."""

    visit: str
    resources: list[dict[str, Any]]
    items: list[dict[str, Any]]
    patient: dict[str, Any]
    disclosures: list[dict[str, Any]]


def pull_grant(
    gw: Gateway, *, grantee: str, custodian: str, grant: str, staff: Staff, purpose: str
) -> Pulled | Refusal:
    """Pull everything the grant's scope covers; Refusal when denied or when a proof fails.

    Raises: ledger.errors.Unavailable when the custodian could not record the disclosure (nothing was released).
    """
    raise NotImplementedError
