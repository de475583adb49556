"""Makes single FHIR resources of one synthetic person at one institution.

Ids depend on seed, person, institution and what the resource is, never on the day; every resource carries the
tag HTEST. Not here: what happened to the person (people, story) and when (generator).
"""

from datetime import date, datetime, time, timedelta, timezone
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID

from gateway.demo.people import Concept, Person

Json = dict[str, Any]

CHINA = timezone(timedelta(hours=8))


class Maker:
    """Makes resources of one person at one institution: ids, tags and references are filled in here."""

    def __init__(self, institution: str, person: Person, anchor: date, seed: int) -> None:
        self.institution, self.person, self.anchor, self.seed = institution, person, anchor, seed
        self.patient_id = self.id("Patient")

    def id(self, *words: object) -> str:
        """An id that depends on who, where and what alone."""
        text = "/".join(map(str, (self.seed, self.institution, self.person.charts["WX"], *words)))
        return str(UUID(bytes=sha256(text.encode()).digest()[:16], version=4))

    def resource(self, type_: str, words: tuple[object, ...], **elements: Any) -> Json:
        """A resource tagged as test data; elements that are None are left out."""
        tag = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
        head = {"resourceType": type_, "id": self.id(type_, *words), "meta": {"tag": [tag]}}
        return {**head, **{name: value for name, value in elements.items() if value is not None}}

    @property
    def subject(self) -> Json:
        return {"reference": f"urn:uuid:{self.patient_id}"}

    def encounter(self, words: object, at: str, title: str) -> Json:
        """An ambulatory visit."""
        return self.resource(
            "Encounter", (words,), status="finished",
            **{"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}},
            type=[{"text": title}], subject=self.subject, period={"start": at, "end": at},
        )  # fmt: skip

    def moment(self, days_ago: int, words: object) -> str:
        """A weekday morning that many days before the anchor day, China time."""
        day = self.anchor - timedelta(days=days_ago)
        day -= timedelta(days=max(0, day.weekday() - 4))
        minutes = Random(f"{self.seed}/{words}/{days_ago}").randrange(0, 150)  # noqa: S311 - not a secret
        at = datetime.combine(day, time(7, 30), CHINA) + timedelta(minutes=minutes)
        return at.isoformat(timespec="seconds")


def concept(coded: Concept) -> Json:
    """A CodeableConcept with the Chinese words as its text."""
    system, code, english, chinese = coded
    return {"coding": [{"system": system, "code": code, "display": english}], "text": chinese}


def reference(resource: Json) -> Json:
    """A Reference to a resource of the same Bundle."""
    return {"reference": f"urn:uuid:{resource['id']}"}
