"""What a lying server does to a timeline on its way to a phone, and what the phone must shout then."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from typing import Any

from tests.journeys.wallet import Wallet

Served = dict[str, Any]


def drop_one(served: Served, _: Served) -> None:
    del served["records"][1]


def keep_back_the_newest(served: Served, _: Served) -> None:
    del served["records"][-1]


def change_the_order(served: Served, _: Served) -> None:
    served["records"][1:3] = served["records"][2:0:-1]


def alter_a_byte(served: Served, _: Served) -> None:
    record = bytearray(_unb64u(served["records"][1]["record"]))
    record[-20] ^= 1
    served["records"][1]["record"] = _b64u(bytes(record))


def put_in_an_earlier_one_again(served: Served, _: Served) -> None:
    served["records"].append(served["records"][1])


def change_the_checkpoints_signature(served: Served, _: Served) -> None:
    head, line = served["checkpoint"].rstrip("\n").rsplit(" ", 1)
    raw = bytearray(base64.b64decode(line))
    raw[-1] ^= 1
    served["checkpoint"] = f"{head} {base64.b64encode(raw).decode()}\n"


def change_the_checkpoints_size(served: Served, _: Served) -> None:
    lines = served["checkpoint"].split("\n")
    lines[1] = str(int(lines[1]) + 1)
    served["checkpoint"] = "\n".join(lines)


def serve_an_older_state(served: Served, older: Served) -> None:
    served.clear()
    served.update(copy.deepcopy(older))


def break_a_proof_of_place(served: Served, _: Served) -> None:
    served["head"]["proof"] = served["head"]["proof"][1:]


def withhold_the_newest_opening(served: Served, _: Served) -> None:
    newest = next(name for name in reversed(commitments(served["records"])) if name in served["openings"])
    del served["openings"][newest]


LIES: dict[str, tuple[Callable[[Served, Served], None], str]] = {
    "an entry is left out": (drop_one, "记录断了一截"),
    "the newest entry is kept back": (keep_back_the_newest, "最新的记录没有交出"),
    "two entries have changed places": (change_the_order, "记录的次序被动过"),
    "an entry is shown twice": (put_in_an_earlier_one_again, "记录的次序被动过"),
    "one byte of an entry is another": (alter_a_byte, "有记录被改动了"),
    "the log is the one of yesterday": (serve_an_older_state, "以前的记录被改写了"),
    "the checkpoint's signature is another": (change_the_checkpoints_signature, "有一处签名对不上"),
    "the checkpoint names another size": (change_the_checkpoints_size, "有一处签名对不上"),
    "the head has no proof": (break_a_proof_of_place, "医院拿不出证明"),
}


class Proxy:
    """Stands between one phone and its institutions, and lies when it is told to."""

    def __init__(self, phone: Wallet) -> None:
        self.lie: Callable[[Served, Served], None] | None = None
        self._older: dict[str, Served] = {}
        phone.page.route("**/wallet/timeline", self._answer)

    def _answer(self, route: Any) -> None:
        answer = route.fetch()
        served = answer.json()
        if answer.ok:
            older = self._older.setdefault(route.request.url, copy.deepcopy(served))
            if self.lie is not None:
                self.lie(served, older)
        route.fulfill(response=answer, body=json.dumps(served))


def commitments(records: list[dict[str, str]]) -> list[str]:
    """Commitments of served records, oldest first."""
    found = []
    for each in records:
        entry = _unb64u(each["record"]).rsplit(b".", 2)[-2]
        payload = json.loads(_unb64u(entry.decode()))
        found.append(payload.get("commitment", ""))
    return found


def _b64u(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unb64u(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
