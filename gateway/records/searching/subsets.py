"""Cuts a resource down to the elements that were asked for, and says in it that it was cut.

FHIR R4 search, _summary and _elements. What changes the meaning of the rest (a status, a modifier extension)
always stays, and so does what the standard makes mandatory. The tag SUBSETTED keeps a reader from taking the
part for the whole. What is cut is what leaves, and what a disclosure's hash is of.
"""

from collections.abc import Set
from typing import Any, NamedTuple

from gateway.records.definitions.summaries import ALWAYS, OF_TYPE, Elements
from gateway.records.elements.json_text import parse, write

SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
# Elements whose name tells the datatype: value[x] is valueQuantity, valueString …
_CHOICES = frozenset(
    {"abatement", "asNeeded", "deceased", "effective", "medication", "multipleBirth", "occurred",
     "occurrence", "onset", "performed", "quantity", "reported", "source", "value"}
)  # fmt: skip
_NONE = Elements(frozenset(), frozenset(), frozenset(), frozenset())


class Subset(NamedTuple):
    """`how` is elements, true, text or data; `names` are those of _elements."""

    how: str
    names: frozenset[str] = frozenset()


def cut(json_text: str, subset: Subset) -> str:
    """The JSON text of the part; numbers keep their digits."""
    resource = parse(json_text)
    known = OF_TYPE.get(resource["resourceType"], _NONE)
    if subset.how == "data":
        kept = {name: value for name, value in resource.items() if name != "text"}
    else:
        wanted = {
            "elements": subset.names | known.mandatory,
            "true": known.summary | known.mandatory,
            "text": known.mandatory | {"text"},
        }[subset.how]
        kept = {name: value for name, value in resource.items() if _is_kept(name, wanted | known.modifiers)}
    if subset.how == "true":
        kept = {name: _without(value, _inside(known, name)) for name, value in kept.items()}
    meta = dict(kept.get("meta", {}))
    meta["tag"] = [*_listed(meta.get("tag")), SUBSETTED]
    return write({**kept, "meta": meta})


def _is_kept(name: str, wanted: Set[str]) -> bool:
    """Whether an element is among those wanted; value[x] is wanted as value, _birthDate with birthDate."""
    plain = name.removeprefix("_")
    choices = (each for each in _CHOICES & wanted if plain.startswith(each))
    return plain in ALWAYS or plain in wanted or any(plain[len(each) :][:1].isupper() for each in choices)


def _inside(known: Elements, name: str) -> frozenset[str]:
    paths = (each.partition(".") for each in known.inside)
    return frozenset(child for parent, _, child in paths if parent == name)


def _without(value: Any, names: frozenset[str]) -> Any:
    if not names:
        return value
    if isinstance(value, list):
        return [_without(each, names) for each in value]
    if isinstance(value, dict):
        return {name: each for name, each in value.items() if name.removeprefix("_") not in names}
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
