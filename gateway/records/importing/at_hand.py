"""Finds the resources of a batch that have an identifier, for conditional references within the batch.

FHIR R4 transactions: Type?identifier=… may mean an entry of the same Bundle. Only the types that are asked
for are read, when they are first asked for.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from gateway.records.elements.facts import values_at
from gateway.records.elements.json_text import NotJson
from gateway.records.elements.references import Conditional
from gateway.records.importing.preparation import identity_of
from gateway.records.reading.batches import Batch

_Named = dict[str, list[tuple[str, str]]]  # identifier value -> system, source id


class AtHand:
    """The identifiers of one batch."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._by_type: dict[str, _Named] = {}

    def __call__(self, condition: Conditional) -> list[str]:
        """Source ids of what fits."""
        if condition.type not in self._by_type:
            self._by_type[condition.type] = self._read(condition.type)
        named = self._by_type[condition.type].get(condition.value, ())
        fits = [name for system, name in named if condition.system in (None, system)]
        return list(dict.fromkeys(fits))

    def _read(self, type_: str) -> _Named:
        found: _Named = defaultdict(list)
        for spot in self._batch.spots:
            if spot.type != type_:
                continue
            try:
                resource = self._batch.read(spot).resource
                name, _ = identity_of(resource, spot.full_url)
            except NotJson:
                continue
            for system, value in _identifiers(resource):
                found[value].append((system, name))
        return found


def _identifiers(resource: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for each in values_at(resource, "identifier"):
        if isinstance(each, dict) and type(each.get("value")) is str:
            yield str(each.get("system", "")), each["value"]
