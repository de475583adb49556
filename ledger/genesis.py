"""The genesis is the document with which a ledger begins: who runs it, who takes part, which limits.

One canonical JSON document, signed by each operator's vote key and each institution's offline key. The
ledger's id is the SHA-256 of its bytes; it is record 0 and creates every subject that it names, in
document order. Later changes of keys are entries (`ledger.registry`), never a change of this document.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.encoding import b64u, canonical_json, is_hex, parse_json, unb64u
from ledger.errors import Malformed
from ledger.signing import admit_key, public_key, sign, thumbprint, verify

OPERATOR_USES = ("checkpoint", "vote")
# The consensus key of the operator's node; it signs blocks, never entries. All operators have one, or none.
VALIDATOR_USE = "validator"
INSTITUTION_USES = ("desk", "offline", "peer", "release", "review")
INSTITUTION_TYPES = ("hospital", "clinic", "examination-centre", "pharmacy", "insurer", "regulator")
DEFAULT_LIMITS: Mapping[str, int] = {
    "skew_ms": 120_000,
    "grant_max_ms": 31_536_000_000,
    "glass_ttl_max_ms": 86_400_000,
    "rekey_delay_ms": 86_400_000,
    "visit_ms": 1_800_000,
    "link_keys_max": 8,
    "link_entries_per_hour": 600,
}
# Where several operators agree: entries in one hour of the institutions of one of them (`ledger.quota`).
OPERATOR_QUOTA = "operator_entries_per_hour"
_OPERATOR_QUOTA_DEFAULT = 500_000
# A ledger may begin with these versions of the rules; which one judges later, its operators say.
NEWEST_RULES = 2
# How much of a member's id is its own: no other member's id begins so, and its links' ids do.
ID_BEGINNING = 8
MAX_GENESIS_BYTES = 1024 * 1024
_TAG = b"yaoshi/genesis/v1\x00"
CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{2}")
_ORIGIN = re.compile(r"[!-*,-~]{1,200}")
_ADDRESS = re.compile(r"https?://[!-~]{1,300}")
_MEMBERS = {
    "yaoshi", "version", "name", "origin", "wallet", "at", "rules", "limits", "operators", "institutions",
    "signatures",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Genesis:
    """A checked genesis. `id` is hex SHA-256 of `data`; `at` is ms UTC; `doc` is the parsed document."""

    id: str
    data: bytes
    doc: dict[str, Any]

    @property
    def at(self) -> int:
        """When the ledger began, ms UTC: the time of record 0."""
        at: int = self.doc["at"]
        return at

    @property
    def name(self) -> str:
        """What people call the ledger."""
        return str(self.doc["name"])

    @property
    def origin(self) -> str:
        """Origin and key name of the checkpoints."""
        return str(self.doc["origin"])

    @property
    def wallet(self) -> str:
        """The origin of the phone's wallet."""
        return str(self.doc["wallet"])

    @property
    def rules(self) -> int:
        """The version of the rules with which the ledger begins."""
        rules: int = self.doc["rules"]
        return rules

    @property
    def limits(self) -> dict[str, int]:
        """Limits by name, as in DEFAULT_LIMITS; times in ms."""
        return dict(self.doc["limits"])

    @property
    def operators(self) -> list[dict[str, Any]]:
        """Operators as the document has them: {id, name, keys by use}."""
        return list(self.doc["operators"])

    def checkpoint_key(self, operator: str) -> bytes:
        """The 32-byte key with which this operator signs checkpoints. Raises LookupError for a stranger."""
        for known in self.operators:
            if known["id"] == operator:
                return unb64u(known["keys"]["checkpoint"])
        raise LookupError("no such operator")

    @property
    def validators(self) -> dict[str, str]:
        """The consensus keys at the beginning, {base64url: operator id}; none where one operator writes."""
        return {
            one["keys"][VALIDATOR_USE]: one["id"] for one in self.operators if VALIDATOR_USE in one["keys"]
        }

    @property
    def institutions(self) -> list[dict[str, Any]]:
        """Institutions at the beginning: {id, code, name, type, operator, base, keys by use}."""
        return list(self.doc["institutions"])


def build_genesis(
    *,
    name: str,
    origin: str,
    wallet: str,
    at: int,
    operators: list[dict[str, Any]],
    institutions: list[dict[str, Any]],
    limits: Mapping[str, int] | None = None,
    rules: int = NEWEST_RULES,
) -> dict[str, Any]:
    """The document without signatures, for review and signing; keys are base64url, `rules` 1 or 2.

    Limits that are not named get their defaults; with validators, so does the quota of an operator.
    """
    several = any(VALIDATOR_USE in operator["keys"] for operator in operators)
    usual = {**DEFAULT_LIMITS, **({OPERATOR_QUOTA: _OPERATOR_QUOTA_DEFAULT} if several else {})}
    return {
        "yaoshi": "genesis",
        "version": 1,
        "name": name,
        "origin": origin,
        "wallet": wallet,
        "at": at,
        "rules": rules,
        "limits": {**usual, **(limits or {})},
        "operators": operators,
        "institutions": institutions,
    }


def sign_genesis(doc: Mapping[str, Any], seeds: list[bytes]) -> bytes:
    """The genesis bytes, signed by whichever of the seeds hold the wanted keys, in document order.

    Raises Malformed(genesis-signatures) when a wanted seed is missing.
    """
    return seal_genesis(doc, genesis_signatures(doc, seeds))


def genesis_signatures(doc: Mapping[str, Any], seeds: list[bytes]) -> dict[str, str]:
    """What these seeds have to sign, each side on its own machine: {kid: signature in base64url}."""
    message = _message(doc)
    by_kid = {thumbprint(public_key(seed)): seed for seed in seeds}
    wanted = {thumbprint(key) for key in _signing_keys(doc)}
    return {kid: b64u(sign(seed, message)) for kid, seed in by_kid.items() if kid in wanted}


def seal_genesis(doc: Mapping[str, Any], signatures: Mapping[str, str]) -> bytes:
    """The genesis bytes with everybody's signatures, put in document order.

    Raises Malformed(genesis-signatures) when one is missing; whether they hold, `parse_genesis` says.
    """
    listed = []
    for key in _signing_keys(doc):
        kid = thumbprint(key)
        if kid not in signatures:
            raise Malformed("genesis-signatures", "a wanted signature is missing")
        listed.append({"kid": kid, "signature": signatures[kid]})
    return canonical_json({**doc, "signatures": listed})


def _message(doc: Mapping[str, Any]) -> bytes:
    return _TAG + canonical_json({key: value for key, value in doc.items() if key != "signatures"})


def parse_genesis(data: bytes) -> Genesis:
    """Check form, keys, signatures. Raises Malformed(genesis-form, genesis-signatures, key-invalid)."""
    doc = parse_json(data, MAX_GENESIS_BYTES)
    if canonical_json(doc) != data:
        raise Malformed("genesis-form", "not in canonical form")
    _check_form(doc)
    _check_signatures(doc)
    return Genesis(hashlib.sha256(data).hexdigest(), data, doc)


def _check_form(doc: dict[str, Any]) -> None:
    _want(doc.keys() == _MEMBERS and doc["yaoshi"] == "genesis", "members of the document")
    _want(_is_int(doc["version"], 1, 1) and _is_int(doc["rules"], 1, NEWEST_RULES), "version or rules")
    _want(_is_int(doc["at"], 0), "at is a time in milliseconds")
    _want(isinstance(doc["name"], str) and 0 < len(doc["name"]) <= 100, "name")
    _want(isinstance(doc["origin"], str) and bool(_ORIGIN.fullmatch(doc["origin"])), "origin")
    _want(isinstance(doc["wallet"], str) and bool(_ADDRESS.fullmatch(doc["wallet"])), "wallet")
    limits = doc["limits"]
    _want(isinstance(limits, dict) and limits.keys() - {OPERATOR_QUOTA} == DEFAULT_LIMITS.keys(), "limits")
    _want(all(_is_int(value, 0) for value in limits.values()), "limits are whole numbers")
    for group, check in (("operators", check_operator), ("institutions", check_institution)):
        _want(isinstance(doc[group], list) and 0 < len(doc[group]) <= 1000, group)
        for member in doc[group]:
            check(member)
    _check_unique(doc)


def check_operator(operator: object) -> None:
    """Raises Malformed(genesis-form, key-invalid) unless this is {id, name, keys} of an operator."""
    if not isinstance(operator, dict) or operator.keys() != {"id", "name", "keys"}:
        raise Malformed("genesis-form", "an operator's members")
    _want(is_hex(operator["id"], 32), "an operator's id")
    _want(isinstance(operator["name"], str) and 0 < len(operator["name"]) <= 100, "an operator's name")
    keys = operator["keys"]
    validator = isinstance(keys, dict) and VALIDATOR_USE in keys
    _check_keys(keys, (*OPERATOR_USES, VALIDATOR_USE) if validator else OPERATOR_USES)


def check_institution(institution: object) -> None:
    """Raises Malformed(genesis-form, key-invalid) unless this is an institution as `Genesis` has them."""
    members = {"id", "code", "name", "type", "operator", "base", "keys"}
    if not isinstance(institution, dict) or institution.keys() != members:
        raise Malformed("genesis-form", "an institution's members")
    _want(is_hex(institution["id"], 32) and isinstance(institution["operator"], str), "an institution's ids")
    _want(isinstance(institution["code"], str) and bool(CODE.fullmatch(institution["code"])), "a code")
    names = institution["name"]
    _want(isinstance(names, dict) and names.keys() == {"zh-CN", "en"}, "names in zh-CN and en")
    _want(all(isinstance(text, str) and 0 < len(text) <= 100 for text in names.values()), "a name")
    _want(isinstance(institution["type"], str), "an institution's type")
    _want(institution["type"] in INSTITUTION_TYPES, "an institution's type")
    _want(isinstance(institution["base"], str) and bool(_ADDRESS.fullmatch(institution["base"])), "a base")
    _check_keys(institution["keys"], INSTITUTION_USES)


def _check_keys(keys: object, uses: tuple[str, ...]) -> None:
    if not isinstance(keys, dict) or keys.keys() != set(uses):
        raise Malformed("genesis-form", "keys by use")
    for key in keys.values():
        admit_key(key)


def _check_unique(doc: dict[str, Any]) -> None:
    members = [*doc["operators"], *doc["institutions"]]
    keys = [key for member in members for key in member["keys"].values()]
    codes = [institution["code"] for institution in doc["institutions"]]
    operators = {operator["id"] for operator in doc["operators"]}
    _want(len({member["id"] for member in members}) == len(members), "an id stands twice")
    if doc["rules"] > 1:
        beginnings = {member["id"][:ID_BEGINNING] for member in members}
        _want(len(beginnings) == len(members), "two ids begin alike")
    _want(len(set(keys)) == len(keys), "a key stands twice")
    _want(len(set(codes)) == len(codes), "a code stands twice")
    _want(all(inst["operator"] in operators for inst in doc["institutions"]), "an unknown operator")
    validators = {VALIDATOR_USE in operator["keys"] for operator in doc["operators"]}
    _want(len(validators) == 1, "either every operator has a validator, or none has")


def _signing_keys(doc: Mapping[str, Any]) -> list[str]:
    votes = [operator["keys"]["vote"] for operator in doc["operators"]]
    return votes + [institution["keys"]["offline"] for institution in doc["institutions"]]


def _check_signatures(doc: dict[str, Any]) -> None:
    message = _message(doc)
    wanted, found = _signing_keys(doc), doc["signatures"]
    if not isinstance(found, list) or len(found) != len(wanted):
        raise Malformed("genesis-signatures", "one signature for each operator and institution")
    for key, item in zip(wanted, found, strict=True):
        if (
            not isinstance(item, dict)
            or item.keys() != {"kid", "signature"}
            or item["kid"] != thumbprint(key)
        ):
            raise Malformed("genesis-signatures", "signatures stand in document order")
        signature = unb64u(item["signature"], 64) if isinstance(item["signature"], str) else b""
        if not verify(unb64u(key), message, signature):
            raise Malformed("genesis-signatures", "a signature does not verify")


def _is_int(value: object, low: int, high: int | None = None) -> bool:
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return value >= low and (high is None or value <= high)


def _want(holds: bool, what: str) -> None:
    if not holds:
        raise Malformed("genesis-form", what)
