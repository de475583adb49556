"""Every door of the node, walked from its own map of routes, and everybody who may stand before one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient

from gateway.identity.roles import ROLES
from gateway.peers.assertion import ASSERTION_TYPE, build_assertion
from gateway.web.access import Access, accesses
from gateway.web.hosts import CONSOLE as CONSOLE_SIDE
from gateway.web.hosts import SIDE
from tests.gateway.conftest import CONSOLE, WALLET
from tests.gateway.wallet.phone import Phone
from tests.gateway.wallet.story import Story


@dataclass(frozen=True)
class Door:
    """One method of one rule; `side` is console, wallet or both."""

    method: str
    rule: str
    access: Access
    side: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.rule.partition('<any')[0]}{' …' if '<any' in self.rule else ''}"

    @property
    def origin(self) -> str:
        return WALLET if self.side == "wallet" else CONSOLE

    @property
    def takes_json(self) -> bool:
        form = self.rule.endswith(("/token", "/_search", "/verify", "/scans"))
        return self.method in ("POST", "PUT", "PATCH", "DELETE") and not form


def doors(app: Flask) -> list[Door]:
    found = []
    for (rule, method, endpoint), access in sorted(accesses(app).items()):
        assert access is not None
        names = next(one.arguments for one in app.url_map.iter_rules(endpoint) if one.rule == rule)
        side = getattr(app.view_functions[endpoint], SIDE, CONSOLE_SIDE)
        found.append(Door(method, rule, access, side, tuple(sorted(names))))
    return found


def address(door: Door, values: dict[str, str]) -> str:
    """The door's path with these values, each fully escaped."""
    parts = []
    for part in door.rule.split("/"):
        if part.startswith("<"):
            name = part.strip("<>").rpartition(":")[2]
            value = values.get(name, "nothing")  # a name that no story here fills
            parts.append(quote(value.encode("utf-8", "surrogatepass"), safe=""))
        else:
            parts.append(part)
    return "/".join(parts)


@dataclass
class People:
    """Who knocks: each a client and its headers. Two of each, at the hospital and at the clinic."""

    town: Story
    phone: Phone
    reference: str
    grant: str
    values: dict[str, str]
    callers: dict[str, tuple[FlaskClient, dict[str, str]]] = field(default_factory=dict)

    def rightful(self, door: Door) -> tuple[FlaskClient, dict[str, str]]:
        """Somebody whom the door lets in."""
        kind = door.access.kind
        if kind == "staff":
            return self.callers[f"{door.access.detail[0]} of the hospital"]
        if kind in ("wallet", "peer"):
            return self.callers[f"{kind} token of the hospital"]
        return self.callers["nobody"]

    def strangers(self, door: Door) -> Iterator[tuple[str, FlaskClient, dict[str, str]]]:
        """Everybody whom the door must not let in."""
        for name, (client, headers) in self.callers.items():
            who, _, where = name.partition(" of ")
            kind = door.access.kind
            own = (kind == "staff" and who in door.access.detail) or (
                who == f"{kind} token" and where == "the hospital"
            )
            if not own:
                yield name, client, headers


def people(town: Story) -> People:
    """A linked phone with a standing grant, tokens of every kind, and staff of every role."""
    phone = town.linked()
    reference, offer = town.granted(phone)
    values = {
        "institution": town.hospital,
        "reference": reference,
        "patient_id": town.patient,
        "resource_type": "Observation",
        "record_id": "nothing",
        "entry_id": "0" * 64,
        "run": "0" * 32,
        "emergency": "0" * 32,
        "glass": "0" * 64,
        "code": "not-granted",
        "name": "nothing",
    }
    found = People(town, phone, reference, offer["grant"], values)
    other = linked_at_clinic(town)
    found.callers = {
        "nobody": (town.client(), {}),
        "wallet token of the hospital": (town.client(), phone.bearer()),
        "wallet token of the clinic": (town.client(), other.bearer()),
        "peer token of the hospital": (town.client(), peer_bearer(town, offer["grant"])),
        "a made-up token": (town.client(), {"Authorization": f"Bearer {'A' * 43}"}),
        "a password": (town.client(), {"Authorization": "Basic YWRtaW46YWRtaW4="}),
    }
    for role in ROLES:
        found.callers[f"{role} of the hospital"] = (town.sign_in(role, town.hospital), {})
    return found


def linked_at_clinic(town: Story) -> Phone:
    """Another link of the same person, at the other institution."""
    desk, phone = town.sign_in("desk", town.clinic), town.phone(town.clinic)
    checks = {"document": True, "match": True, "present": True}
    made = desk.post(f"/console/api/patients/{town.chart}/invites", json={"checks": checks, "rekey": False})
    reference = made.json["reference"]
    assert phone.fetch(reference).status_code == 200
    assert phone.prove(reference).status_code == 200
    confirmed = desk.post(f"/console/api/references/{reference}/confirm", json={})
    assert confirmed.json["state"] == "confirmed"
    return phone


def assertion(town: Story, grant: str, **changes: Any) -> str:
    """A client assertion of the clinic for its doctor, under a grant at the hospital."""
    with town.gw.ledger.view() as view:
        base = view.institution(town.hospital).base
    claimed = {
        "client": town.clinic,
        "custodian_base": base,
        "grant": grant,
        "user": {"id": town.doctor.staff_id, "name": "测试员（合成）", "role": "clinician"},  # type: ignore[attr-defined]
        "purpose": "TREAT",
    }
    return build_assertion(town.gw, **{**claimed, **changes})


def token_form(signed: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "scope": "system/*.rs",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": signed,
    }


def peer_bearer(town: Story, grant: str, **changes: Any) -> dict[str, str]:
    form = token_form(assertion(town, grant, **changes))
    answer = town.client().post(f"/i/{town.hospital}/token", data=form)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json['access_token']}"}
