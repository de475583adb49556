"""The worked examples by name, as the text that stands between the fences of a format page."""

import hashlib
import json
from functools import cache
from typing import Any
from urllib.parse import urlencode

from ledger.apphash import app_hash
from ledger.checkpoint import checkpoint_text, open_checkpoint
from ledger.compact import parse_compact
from ledger.digits import digits
from ledger.encoding import b64u, canonical_json, unb64u
from ledger.entry import parse_entry
from ledger.heads import TYPE_NAMES
from ledger.merkle import leaf_hash
from ledger.note import COSIGNATURE, ED25519, Verifier, format_vkey
from ledger.record import decode_record, record_hash
from ledger.signing import public_key, thumbprint
from tests.docs import story as told_by
from tests.docs.governing import governing
from tests.docs.light import light
from tests.docs.story import (
    CLINIC,
    HOSPITAL,
    INVITE,
    LINK,
    MINUTE,
    OFFER,
    REFERENCE,
    SCOPE,
    START,
    VISIT,
    Story,
    digest,
    key,
    told,
)


@cache
def examples() -> dict[str, str]:
    """Every example, from one telling of the story."""
    with told() as story:
        return {
            **_keys(story),
            **_signed(story),
            **_log(story),
            **_details(story),
            **_pull(story),
            **_glass(story),
            **_wallet(story),
            **_offer(story),
            **governing(story),
            **light(story),
        }


def _keys(story: Story) -> dict[str, str]:
    unsigned = canonical_json(story.unsigned_genesis)
    return {
        "key": _rows(
            ("seed (hex)", digest("phone").hex()),
            ("public key (base64url)", key("phone")),
            ("hashed", f'{{"crv":"Ed25519","kty":"OKP","x":"{key("phone")}"}}'),
            ("kid", thumbprint(key("phone"))),
        ),
        "ids": _rows(
            ("operator", told_by.OPERATOR),
            ("hospital", HOSPITAL),
            ("clinic", CLINIC),
            ("link", LINK),
            ("visit", VISIT),
            ("ledger", story.ledger),
        ),
        "genesis.unsigned": unsigned.decode(),
        "genesis": story.genesis.decode(),
        "genesis.id": _rows(
            ("bytes", str(len(story.genesis))),
            ("signed message begins", (b"yaoshi/genesis/v1\x00" + unsigned[:10]).hex()),
            ("ledger id", hashlib.sha256(story.genesis).hexdigest()),
        ),
    }


def _signed(story: Story) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, jws in {
        **story.entries,
        "proof": story.proof,
        "login": story.login,
        "request": story.request,
        "assertion": story.assertion,
        "declaration": story.declaration,
    }.items():
        found[name] = jws
        found[f"{name}.payload"] = canonical_json(parse_compact(jws).payload).decode()
    grant = parse_compact(story.entries["grant.give"])
    header, payload, _ = story.entries["grant.give"].split(".")
    found["grant.give.header"] = unb64u(header).decode()
    found["grant.give.id"] = _rows(
        ("SHA-256 over", f"{header[:12]}… . {payload[:12]}… ({len(grant.signing_input)} bytes)"),
        ("entry id", grant.id),
    )
    found["request.hash"] = _rows(
        ("SHA-256 of the request", hashlib.sha256(story.request.encode()).hexdigest())
    )
    found["digits"] = _digits(story)
    return found


def _digits(story: Story) -> str:
    institution, reference, x = HOSPITAL, INVITE, public_key(digest("phone"))
    data = (
        b"yaoshi/digits/v1\x00"
        + bytes.fromhex(story.ledger)
        + bytes.fromhex(institution)
        + reference.encode()
        + x
    )
    hashed = hashlib.sha256(data).digest()
    return _rows(
        ("institution", institution),
        ("reference", reference),
        ("key (hex)", x.hex()),
        ("hashed (hex)", data.hex()),
        ("SHA-256", hashed.hex()),
        ("first 8 bytes", str(int.from_bytes(hashed[:8], "big"))),
        ("digits", digits(story.ledger, institution, reference, x)),
    )


def _log(story: Story) -> dict[str, str]:
    view = story.view
    committed = story.committed["grant.give"]
    record = view.record(committed.index)
    (row,) = view.records(committed.index, 1)
    (newest,) = view.records(view.size - 1, 1)
    link = view.subject(LINK)
    if link is None:
        raise LookupError("the link")
    head_data = (
        b"yaoshi/head/v1\x00"
        + link.number.to_bytes(8, "big")
        + bytes([link.type])
        + bytes.fromhex(link.id)
        + link.seq.to_bytes(8, "big")
        + link.head
    )
    leaf_data = row.heads + record_hash(record)
    checkpoint = view.checkpoint()
    origin, operator = view.genesis.origin, public_key(digest("operator/checkpoint"))
    opened = open_checkpoint(checkpoint, origin, operator)
    return {
        "record": _hex(record),
        "record.fields": _record_fields(record),
        "record.zero": _record_fields(view.record(0)),
        "leaf": _rows(
            ("heads root after it", row.heads.hex()),
            ("SHA-256 of record", record_hash(record).hex()),
            ("leaf data", leaf_data.hex()),
            ("leaf hash", leaf_hash(leaf_data).hex()),
            ("index", str(committed.index)),
            ("size", str(view.size)),
            *(
                (f"proof[{place}]", value.hex())
                for place, value in enumerate(view.inclusion(committed.index))
            ),
            ("log root", view.root.hex()),
        ),
        "leaf.consistency": _rows(
            ("from size 3 to", str(view.size)),
            *((f"proof[{place}]", value.hex()) for place, value in enumerate(view.consistency(3))),
        ),
        "head": _rows(
            ("number", str(link.number)),
            ("type", f"{link.type} ({TYPE_NAMES[link.type]})"),
            ("id", link.id),
            ("seq", str(link.seq)),
            ("head", link.head.hex()),
            ("leaf data", head_data.hex()),
            ("leaf hash", leaf_hash(head_data).hex()),
            *((f"proof[{place}]", value.hex()) for place, value in enumerate(view.head_proof(link.number))),
            ("heads root", newest.heads.hex()),
        ),
        "checkpoint": checkpoint.rstrip("\n"),
        "checkpoint.keys": _rows(
            ("type 01", format_vkey(Verifier(origin, ED25519, operator))),
            ("type 04", format_vkey(Verifier(origin, COSIGNATURE, operator))),
        ),
        "checkpoint.cosigned": f"cosignature/v1\ntime {opened.time}\n"
        + checkpoint_text(origin, opened.size, opened.root).rstrip("\n"),
        "checkpoint.app": _rows(("app hash", app_hash(view.size, view.root).hex())),
        "receipt": _json(story.receipt("grant.give")),
        "export": _export(story),
    }


def _record_fields(record: bytes) -> str:
    tag = b"yaoshi/record/v1\x00"
    at = len(tag)
    return _rows(
        ("tag", tag.hex()),
        ("index", record[at : at + 8].hex()),
        ("time", record[at + 8 : at + 16].hex()),
        ("subject number", record[at + 16 : at + 24].hex()),
        ("seq", record[at + 24 : at + 32].hex()),
        ("prev", record[at + 32 : at + 64].hex()),
        ("length", record[at + 64 : at + 68].hex()),
        ("entry begins", record[at + 68 : at + 92].decode()),
        ("SHA-256", record_hash(record).hex()),
    )


def _export(story: Story) -> str:
    import io

    from ledger.audit import export_log

    file = io.BytesIO()
    export_log(story.view, file)
    lines = file.getvalue().decode().splitlines()
    return "\n".join([lines[0], lines[-1]])


def _details(story: Story) -> dict[str, str]:
    grant = story.details["grant.give"]
    hashed = b"yaoshi/commit/v1\x00" + grant.salt + grant.details.encode()
    return {
        "opening.details": grant.details,
        "opening": _json(grant.opening),
        "opening.commitment": _rows(
            ("salt (hex)", grant.salt.hex()),
            ("details", f"{len(grant.details.encode())} bytes of UTF-8"),
            ("hashed begins", hashed[:64].hex()),
            ("commitment", grant.commitment),
        ),
        "opening.look": story.details["look.made"].details,
        "scope": canonical_json(SCOPE).decode(),
        "scope.smallest": '{"kinds":["laboratory"]}',
        "disclosure.details": story.details["disclosure.made"].details,
        "disclosure.opening": _json(
            {"receipt": story.receipt("disclosure.made"), "opening": story.details["disclosure.made"].opening}
        ),
    }


def _pull(story: Story) -> dict[str, str]:
    form = {
        "grant_type": "client_credentials",
        "scope": "system/*.rs",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": story.assertion,
    }
    return {
        "pull.token.request": f"POST /i/{HOSPITAL}/token HTTP/1.1\n"
        "Content-Type: application/x-www-form-urlencoded\n\n" + urlencode(form),
        "pull.token.answer": _json(
            {
                "access_token": b64u(digest("token")),
                "token_type": "Bearer",
                "expires_in": 300,
                "scope": "system/DiagnosticReport.rs system/Observation.rs system/Patient.rs",
                "patient": "p-1",
            }
        ),
        "pull.search": f"GET /i/{HOSPITAL}/fhir/Observation?patient=p-1&_count=200 HTTP/1.1\n"
        f"Authorization: Bearer {b64u(digest('token'))}\nAccept: application/fhir+json",
        "pull.answer": "HTTP/1.1 200 OK\nContent-Type: application/fhir+json; charset=utf-8\n"
        f"Cache-Control: no-store\nYaoshi-Disclosure: {story.committed['disclosure.made'].entry_id}",
    }


def _glass(story: Story) -> dict[str, str]:
    broken = story.committed["glass.broken"]
    record = decode_record(unb64u(story.glass_receipt["record"]))
    entry = parse_entry(record.entry.decode())
    answer = {
        "glass": broken.entry_id,
        "opening": story.details["glass.broken"].opening,
        "patient": {"name": "王秀英（合成）", "sex": "female", "birth_date": "1946-03-08"},
    }
    extensions = {
        "hl7-b2b": {
            **parse_compact(story.assertion).payload["extensions"]["hl7-b2b"],
            "purpose_of_use": ["urn:oid:2.16.840.1.113883.5.8#BTG"],
            "consent_policy": ["urn:yaoshi:policy:break-glass:1"],
        },
        "yaoshi-glass": {"glass": broken.entry_id},
    }
    del extensions["hl7-b2b"]["consent_reference"]
    return {
        "glass.answer": _json(
            {**answer, "receipt": story.glass_receipt, "until": record.time + 240 * MINUTE}
        ),
        "glass.answer.waiting": _json({**answer, "entries": [entry.text], "until": entry.at + 60 * MINUTE}),
        "glass.details": story.details["glass.broken"].details,
        "glass.review.details": story.details["glass.reviewed"].details,
        "glass.assertion.extensions": _json(extensions),
        "wallet.objection": _json({"glass": broken.entry_id, "text": "我当时清醒，没有人问过我。"}),
        "wallet.objection.answer": _json({"glass": broken.entry_id, "at": START + 65 * MINUTE}),
    }


def _wallet(story: Story) -> dict[str, str]:
    grant = story.details["grant.give"]
    token, wallet = b64u(digest("wallet token")), "http://127.0.0.1:8080"
    address = f"{wallet}/q#{b64u(bytes.fromhex(story.ledger)[:16])}"
    timeline = {
        **(story.view.link_proof(LINK, 3) or {}),
        "openings": {
            opened.commitment: opened.opening
            for name, opened in story.details.items()
            if not name.startswith("glass.")  # those came later
        },
        "time": START + 6 * MINUTE,
        "reading": "full",
    }
    given = {
        "custodian": HOSPITAL,
        "grant": story.committed["grant.give"].entry_id,
        "receipt": story.receipt("grant.give"),
        "opening": grant.opening,
    }
    return {
        "qr.ask": f"{address}.WT.{REFERENCE}",
        "qr.invite": f"{address}.WX.{INVITE}",
        "qr.typed": f"WT {REFERENCE[:4]} {REFERENCE[4:]}",
        "wallet.claim": _json({"key": key("phone")}),
        "wallet.invite": _json(
            {
                "type": "invite",
                "link": {"subject": LINK, "institution": HOSPITAL, "claimed": False},
                "mode": "open",
                "expires": START + 10 * MINUTE,
            }
        ),
        "wallet.ask": _json({"type": "ask", "request": story.request, "expires": START + 11 * MINUTE}),
        "wallet.proof": _json({"key": key("phone"), "proof": story.proof}),
        "wallet.grants": _json({"key": key("one-time"), "grants": [given]}),
        "wallet.nonce": _json({"nonce": b64u(digest("nonce")), "time": START + 6 * MINUTE}),
        "wallet.login": _json({"login": story.login}),
        "wallet.session": _json(
            {
                "token": token,
                "expires": START + 11 * MINUTE,
                "time": START + 6 * MINUTE,
                "reading": "full",
                "person": {"name": "王秀英（合成）"},
                "institution": HOSPITAL,
            }
        ),
        "wallet.entry": _json({"entry": story.entries["grant.give"], "opening": grant.opening}),
        "wallet.entry.answer": _json(
            {
                "entry_id": story.committed["grant.give"].entry_id,
                "receipt": story.receipt("grant.give"),
            }
        ),
        "wallet.timeline": _json(timeline),
        "wallet.event": f'event: changed\nid: {START + 5 * MINUTE}\ndata: {{"cursor":{START + 5 * MINUTE}}}',
    }


def _offer(story: Story) -> dict[str, str]:
    named = {"institution": HOSPITAL, "reference": OFFER}
    request = told_by.request(story.ledger, named)
    address = f"http://127.0.0.1:8080/q#{b64u(bytes.fromhex(story.ledger)[:16])}"
    made = {"reference": OFFER, "code": f"WX{OFFER}", "expires": START + 10 * MINUTE}
    claimed = {
        "state": "claimed",
        "expires": START + 10 * MINUTE,
        "claim": {"institution": CLINIC, "request": request},
    }
    return {
        "qr.offer": f"{address}.WX.{OFFER}",
        "offer.made": _json(made),
        "offer.waiting": _json({"state": "waiting", "expires": START + 10 * MINUTE, "claim": None}),
        "offer.request": canonical_json(parse_compact(request).payload).decode(),
        "offer.claim": _json({"request": request}),
        "offer.claimed": _json(claimed),
        "offer.phone": _json({"type": "offer"}),
    }


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def _rows(*rows: tuple[str, str]) -> str:
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in rows)


def _hex(data: bytes) -> str:
    text = data.hex()
    return "\n".join(text[place : place + 96] for place in range(0, len(text), 96))
