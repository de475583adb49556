"""People at all gateways' doors: a patient grants, a doctor elsewhere looks, the patient revokes, over HTTP.

One pair for each custodian: its patient's phone and a doctor at the next hospital. The phone is told that its
revocation is recorded; from that record on the doctor's hospital shows nothing more. An outage is no answer,
and they try again.
"""

from __future__ import annotations

import http.client
import threading

from tests.faults.load import HOUR_MS, Acknowledged
from tests.faults.network import CODES, Network, await_that
from tests.journeys.key_phone import KeyPhone
from tests.journeys.staff import RefusedError, Staff

# All of one synthetic person: each hospital of the demonstration but the fourth has a chart of his.
PATIENT, CUSTODIANS = "赵德明", ("WX", "WT", "QH")
PAUSE_S = 1.0
KNOWN_WITHIN_S = 120.0  # longer than any fault lasts
NO_ANSWER = (OSError, http.client.HTTPException)
UNAVAILABLE = 500


class Pair:
    """A linked phone at one hospital and a doctor at the next."""

    def __init__(self, network: Network, custodian: str) -> None:
        self._network, town = network, network.town
        self.phone = KeyPhone(town, custodian)
        desk = Staff(town, custodian, "desk")
        self.phone.link_at(desk, desk.find(PATIENT)["id"])
        self.elsewhere = CODES[(CODES.index(custodian) + 1) % len(CODES)]
        self.doctor = Staff(town, self.elsewhere, "clinician")
        self.live: tuple[str, str] | None = None

    def turn(self, acknowledged: Acknowledged) -> None:
        """One grant, look and revocation; what an earlier outage left is ended first."""
        grant, reference = self.live or self.give(acknowledged)
        self.doctor.visit(reference)
        try:
            acknowledged.add(self.phone.revoke(grant))
        except RefusedError as error:
            if error.code != "grant-revoked":  # it was recorded in the outage before
                raise
        self.live = None
        size = self._network.hospitals[self.phone.code].tip()[1]
        reader = self._network.hospitals[self.elsewhere]
        await_that(lambda: reader.tip()[1] >= size, f"{self.elsewhere} knows of it", KNOWN_WITHIN_S)
        if any(source["items"] for source in self.doctor.visit(reference)["sources"]):
            acknowledged.fault(f"{self.elsewhere} showed records of {self.phone.code} after a revocation")

    def give(self, acknowledged: Acknowledged) -> tuple[str, str]:
        """A new grant to the doctor, and the name of the visit."""
        asked = self.doctor.ask(None, ["laboratory"], self.phone.now() + HOUR_MS)
        request = self.phone.fetch(asked["reference"], self.elsewhere)["request"]
        self.doctor.confirm(asked["reference"])
        grant = self.phone.give(request, asked["reference"], self.elsewhere)
        self.live = grant, asked["reference"]
        acknowledged.add(grant)
        return self.live

    def is_shown(self) -> bool:
        """Whether the doctor sees records under the grant when the page is loaded again."""
        assert self.live is not None
        try:
            seen = self.doctor.call("POST", f"visits/{self.live[1]}/refresh", {})
            return any(source["items"] for source in seen["sources"])
        except (RefusedError, *NO_ANSWER):
            return False


class Phones:
    """One thread for each pair, from `begin` until `end`."""

    def __init__(self, network: Network, acknowledged: Acknowledged) -> None:
        self.pairs = [Pair(network, code) for code in CUSTODIANS]
        self._acknowledged = acknowledged
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []
        self.turns = 0

    def begin(self) -> None:
        self._ending.clear()
        self._threads = [threading.Thread(target=self._run, args=(one,), daemon=True) for one in self.pairs]
        for one in self._threads:
            one.start()

    def end(self) -> None:
        """No more; back when the last answers are there."""
        self._ending.set()
        for one in self._threads:
            one.join()

    def _run(self, pair: Pair) -> None:
        while not self._ending.is_set():
            try:
                pair.turn(self._acknowledged)
                self.turns += 1
            except RefusedError as error:
                if error.status < UNAVAILABLE:
                    self._acknowledged.fault(f"{pair.phone.code}: {error}")
            except NO_ANSWER:
                pass
            except Exception as fault:
                self._acknowledged.fault(f"the phone at {pair.phone.code}: {fault!r}")
                return
            self._ending.wait(PAUSE_S)
