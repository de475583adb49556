"""What an import stores, what it refuses and how it names it."""

import bz2
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from gateway.records.importing.refusals import REASONS
from gateway.records.reading.lines import MAX_LINE
from tests.gateway.records.store import WT, WX, Store, encounter, observation, patient, report

URN = "urn:uuid:00000000-0000-4000-8000-00000000000"


def entry(resource: dict[str, Any], full_url: str = "", **request: str) -> dict[str, Any]:
    return {"fullUrl": full_url, "resource": resource, "request": {"method": "POST", **request}}


def without_id(resource: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name != "id"}


def test_a_number_is_stored_as_written(store: Store) -> None:
    body = json.dumps(observation(valueQuantity={"value": 1})).replace('"value": 1', '"value": 6.80e0')
    store.take(patient())
    store.take_text(body)
    assert '"valueQuantity":{"value":6.80e0}' in store.row("Observation").json_text


def test_local_ids_are_ours_and_the_senders_is_kept(store: Store) -> None:
    store.take(patient(), observation())
    resource = store.resource("Observation")
    assert resource["id"] != "o1"
    assert resource["meta"]["source"] == "Observation/o1"
    assert resource["meta"]["versionId"] == "1"
    assert resource["subject"]["reference"] == f"Patient/{store.patient()}"


REFERENCES = {
    "by urn:uuid": (f"{URN}1", f"{URN}1"),
    "by type and id": ("Patient/p1", f"{URN}1"),
    "by type, id and version": ("Patient/p1/_history/3", f"{URN}1"),
    "by an absolute address": ("https://a.example/fhir/Patient/p1", "https://a.example/fhir/Patient/p1"),
    "by an identifier": ("Patient?identifier=urn:mr|77", f"{URN}1"),
    "by an identifier without system": ("Patient?identifier=77", f"{URN}1"),
}


@pytest.mark.parametrize(("reference", "full_url"), REFERENCES.values(), ids=REFERENCES)
def test_a_patient_of_the_same_bundle_is_referred_to(store: Store, reference: str, full_url: str) -> None:
    who = entry(patient(identifier=[{"system": "urn:mr", "value": "77"}]), full_url)
    store.take(entry(observation(subject={"reference": reference}), f"{URN}2"), who, type_="transaction")
    assert store.refused == []
    assert store.resource("Observation")["subject"]["reference"] == f"Patient/{store.patient()}"


LASTING = {name: value for name, value in REFERENCES.items() if name != "by urn:uuid"}


@pytest.mark.parametrize(("reference", "full_url"), LASTING.values(), ids=LASTING)
def test_a_patient_of_an_earlier_bundle_is_referred_to(store: Store, reference: str, full_url: str) -> None:
    store.take(entry(patient(identifier=[{"system": "urn:mr", "value": "77"}]), full_url))
    store.take(entry(observation(subject={"reference": reference}), f"{URN}2"), type_="transaction")
    assert store.refused == []
    assert store.resource("Observation")["subject"]["reference"] == f"Patient/{store.patient()}"


def test_a_urn_uuid_means_nothing_outside_its_bundle(store: Store) -> None:
    store.take(entry(patient(), f"{URN}1"))
    store.take(entry(observation(subject={"reference": f"{URN}1"})))
    assert store.codes == ["no-patient"]


def test_a_relative_reference_is_read_beside_its_own_address(store: Store) -> None:
    base = "https://a.example/fhir/"
    store.take(entry(patient(), base + "Patient/p1"), entry(observation(), base + "Observation/o1"))
    assert store.refused == []
    assert store.row("Patient").source_id == base + "Patient/p1"


def test_a_reference_to_what_comes_later_is_kept(store: Store) -> None:
    store.take(patient())
    store.take(observation(encounter={"reference": "Encounter/e1"}))
    store.take(encounter())
    reference = store.resource("Observation")["encounter"]["reference"]
    assert reference == f"Encounter/{store.row('Encounter').id}"


def test_what_is_contained_stays(store: Store) -> None:
    inside = {"resourceType": "Practitioner", "id": "d", "name": [{"text": "x"}]}
    store.take(patient(), observation(contained=[inside], performer=[{"reference": "#d"}]))
    resource = store.resource("Observation")
    assert (resource["contained"], resource["performer"]) == ([inside], [{"reference": "#d"}])


def test_a_foreign_address_stays(store: Store) -> None:
    foreign = {"reference": "https://b.example/fhir/Practitioner/1"}
    store.take(patient(), observation(performer=[foreign]))
    assert store.resource("Observation")["performer"] == [foreign]


def test_a_prescription_carries_the_drug_it_cites(store: Store) -> None:
    drug = {
        "resourceType": "Medication",
        "id": "m",
        "code": {"coding": [{"system": "s", "code": "c"}], "text": "药"},
    }
    order = {
        "resourceType": "MedicationRequest", "id": "r", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/p1"}, "medicationReference": {"reference": f"{URN}5"},
    }  # fmt: skip
    store.take(entry(patient()), entry(order), entry(drug, f"{URN}5"), type_="transaction")
    resource = store.resource("MedicationRequest")
    assert resource["medicationReference"] == {"reference": "#medication"}
    assert resource["contained"][0]["code"]["text"] == "药"
    assert store.search("MedicationRequest", ("code", "s|c")).total == 1


def test_the_same_again_changes_nothing(store: Store) -> None:
    resources = [patient(), encounter(), observation(encounter={"reference": "Encounter/e1"}), report()]
    store.take(*resources)
    before = store.rows()
    store.now += 1000
    store.take(*reversed(resources))
    assert (sum(store.report.unchanged.values()), store.report.stored.total()) == (4, 0)
    assert store.rows() == before


def test_a_resource_without_an_id_is_known_by_its_content(store: Store) -> None:
    for _ in range(2):
        store.take(patient(), without_id(observation()))
    assert len(store.rows("Observation")) == 1


def test_a_new_export_of_the_same_content_changes_nothing(store: Store) -> None:
    store.take(patient(), observation(meta={"lastUpdated": "2025-01-01T00:00:00Z", "versionId": "1"}))
    again = dict(
        reversed(observation(meta={"lastUpdated": "2026-01-01T00:00:00Z", "versionId": "9"}).items())
    )
    store.take(again)
    assert store.report.unchanged["Observation"] == 1


def test_changed_content_is_a_new_version_under_the_same_id(store: Store) -> None:
    store.take(patient(), observation(code="4548-4"))
    before = store.row("Observation")
    store.now += 1000
    store.take(observation(code="777-3", status="corrected"))
    after = store.row("Observation")
    assert store.report.changed == {"Observation": 1}
    assert (after.id, after.version, after.last_updated) == (before.id, 2, store.now)
    assert after.revision > before.revision
    assert store.search("Observation", ("code", "4548-4")).total == 0
    assert store.search("Observation", ("code", "777-3"), ("status", "corrected")).total == 1


def test_two_institutions_share_nothing(store: Store) -> None:
    store.take(patient(), observation())
    store.take(observation(), institution=WT)
    assert store.codes == ["no-patient"]
    store.take(patient(), observation(), institution=WT)
    assert store.report.stored == {"Patient": 1, "Observation": 1}
    assert store.row("Patient").id != store.row("Patient", WT).id


OTHER = [patient("p2"), encounter("e2", whose="p2"), observation("o2", whose="p2")]
REFUSALS: dict[str, tuple[list[Any], list[str]]] = {
    "its type is not stored": ([{"resourceType": "Claim", "id": "c"}], ["unsupported-type"]),
    "it names nobody": ([without_id(observation(subject=None))], ["no-patient"]),
    "it names a patient who is not here": ([observation(whose="p9")], ["no-patient"]),
    "it names a display only": ([observation(subject={"display": "林"})], ["no-patient"]),
    "it names an organisation": ([observation(subject={"reference": "Organization/x"})], ["no-patient"]),
    "its encounter is another patient's": (
        [*OTHER, observation(encounter={"reference": "Encounter/e2"})], ["mixed-patients"]),
    "its result is another patient's": (
        [*OTHER, report(result=[{"reference": "Observation/o2"}])], ["mixed-patients"]),
    "it speaks about two patients": (
        [*OTHER, {"resourceType": "Provenance", "id": "v",
                  "target": [{"reference": "Patient/p1"}, {"reference": "Patient/p2"}]}], ["mixed-patients"]),
    "its id is none": ([observation(id="a/b")], ["id-invalid"]),
    "its id is a number": ([observation(id=5)], ["id-invalid"]),
    "it bears a name of the node's own": (
        [entry(without_id(observation()), "urn:yaoshi:copy:" + "0a" * 16 + ":p1:Observation/o1")],
        ["name-reserved"]),
    "its meta is a text": ([observation(meta="x")], ["malformed"]),
    "it is no resource": ([{"resource": 5}, {"resource": {}}, {"resource": {"resourceType": 7}}],
                          ["not-a-resource"] * 3),
    "it is to be deleted": ([entry(observation(), method="DELETE")], ["method"]),
    "it stands there twice, differently": ([observation(), observation(code="777-3")], ["twice-in-bundle"]),
    "it holds half a character": ([observation(note=[{"text": "\ud83d"}])], ["text-not-unicode"]),
    "its condition cannot be read": ([entry(observation(), ifNoneExist="name=x")], ["create-ambiguous"]),
}  # fmt: skip


@pytest.mark.parametrize(("resources", "codes"), REFUSALS.values(), ids=REFUSALS)
def test_a_resource_is_refused_when(store: Store, resources: list[Any], codes: list[str]) -> None:
    store.take(patient(), *resources, type_="batch")
    assert store.codes == codes
    assert store.report.stored["Patient"] >= 1
    assert set(codes) <= set(REASONS)


def test_a_record_never_moves_to_another_patient(store: Store) -> None:
    store.take(patient(), patient("p2"), observation(whose="p1"))
    store.take(observation(whose="p2"))
    assert store.codes == ["patient-changed"]
    assert store.row("Observation").version == 1


def test_a_record_that_another_patient_cited_first_is_refused(store: Store) -> None:
    store.take(patient(), patient("p2"), observation(encounter={"reference": "Encounter/e1"}))
    store.take(encounter("e1", whose="p2"))
    assert store.codes == ["mixed-patients"]


def organisation(number: int, **request: str) -> dict[str, Any]:
    resource = {
        "resourceType": "Organization",
        "id": f"g{number}",
        "identifier": [{"system": "s", "value": "1"}],
    }
    return entry(resource, f"{URN}{number}", **request)


def test_if_none_exist_keeps_the_first(store: Store) -> None:
    store.take(organisation(1, ifNoneExist="identifier=s|1"), type_="batch")
    by = [{"reference": f"{URN}2"}]
    store.take(
        organisation(2, ifNoneExist="identifier=s|1"), entry(patient()), entry(observation(performer=by)),
        type_="transaction",
    )  # fmt: skip
    assert store.report.unchanged == {"Organization": 1}
    first = store.row("Organization")
    assert store.resource("Observation")["performer"] == [{"reference": f"Organization/{first.id}"}]


def test_if_none_exist_twice_in_one_bundle_makes_one(store: Store) -> None:
    store.take(*(organisation(number, ifNoneExist="identifier=s|1") for number in (1, 2)), type_="batch")
    assert len(store.rows("Organization")) == 1


def test_a_transaction_is_refused_whole_when_a_condition_has_no_match(store: Store) -> None:
    lost = observation(performer=[{"reference": "Practitioner?identifier=s|9"}])
    store.take(entry(patient()), entry(lost), type_="transaction")
    assert sorted(store.codes) == ["reference-unmatched", "transaction-refused"]
    assert store.rows() == []


def test_a_transaction_is_refused_whole_when_a_condition_has_two_matches(store: Store) -> None:
    store.take(organisation(1), organisation(2), type_="batch")
    lost = observation(performer=[{"reference": "Organization?identifier=s|1"}])
    store.take(entry(patient()), entry(lost), type_="transaction")
    assert sorted(store.codes) == ["reference-unmatched", "transaction-refused"]


def test_a_batch_goes_on_when_a_condition_has_no_match(store: Store) -> None:
    lost = observation(performer=[{"reference": "Practitioner?identifier=s|9"}])
    store.take(entry(patient()), entry(lost), type_="batch")
    assert store.codes == ["reference-unmatched"]
    assert store.report.stored == {"Patient": 1}


PACKED = {"plain": lambda data: data, "gzip": gzip.compress, "bzip2": bz2.compress}


@pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED)
def test_a_file_is_read_when_it_is(store: Store, tmp_path: Path, pack: Any) -> None:
    bundle = {"resourceType": "Bundle", "type": "document", "entry": [{"resource": patient()}]}
    path = tmp_path / "anything.json"
    path.write_bytes(pack(json.dumps(bundle).encode()))
    store.take_files(path)
    assert store.report.stored == {"Patient": 1}


def test_ndjson_is_read_in_any_order_of_files(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text("\n".join(json.dumps(observation(f"o{n}")) for n in range(600)))
    (tmp_path / "b.ndjson").write_text(json.dumps(patient()) + "\n\n")
    store.take_files(tmp_path)
    assert store.report.stored == {"Patient": 1, "Observation": 600}
    assert store.refused == []
    store.take_files(tmp_path)
    assert store.report.unchanged == {"Patient": 1, "Observation": 600}


def test_each_line_is_named_that_holds_no_resource(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "x.ndjson"
    lines = [
        json.dumps(patient()).encode(),
        b"{oops",
        b"",
        b"5",
        b"\xff",
        b'"' + b"x" * (MAX_LINE + 9) + b'"',
    ]
    path.write_bytes(b"\n".join([*lines, json.dumps(observation()).encode()]))
    store.take_files(path)
    assert sorted((each.place, each.code) for each in store.refused) == [
        (2, "not-json"), (4, "not-a-resource"), (5, "text-not-utf8"), (6, "line-too-long"),
    ]  # fmt: skip
    assert store.report.stored == {"Patient": 1, "Observation": 1}
    assert "line 2, column 2" in next(each.detail for each in store.refused if each.place == 2)


FILES = {
    "it is empty": (b"", "not-json"),
    "it is cut off": (b'{"resourceType":"Patient"', "not-json"),
    "its gzip is cut off": (gzip.compress(b"{}" * 999)[:20], "file-unreadable"),
    "its bzip2 is broken": (b"BZh9 but no more", "file-unreadable"),
    "it names a member twice": (b'{"resourceType":"Patient","resourceType":"Patient"}', "duplicate-key"),
    "it is a list": (b"[]", "not-a-resource"),
    "it is a search result": (b'{"resourceType":"Bundle","type":"searchset"}', "bundle-type"),
    "it is no UTF-8": (b'{"resourceType":"Patient","id":"\xff"}', "text-not-utf8"),
}


@pytest.mark.parametrize(("content", "code"), FILES.values(), ids=FILES)
def test_a_file_is_refused_when(store: Store, tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "x.json").write_bytes(content)
    (tmp_path / "y.json").write_text(json.dumps(patient()))
    store.take_files(tmp_path / "x.json", tmp_path / "missing.json", tmp_path / "y.json")
    assert store.codes == [code, "file-unreadable"]
    assert store.report.stored == {"Patient": 1}


def test_a_byte_order_mark_is_no_obstacle(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(patient()).encode())
    store.take_files(tmp_path)
    assert store.refused == []


def test_progress_counts_files(store: Store, tmp_path: Path) -> None:
    from gateway.records.importing.importer import import_paths

    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(json.dumps(patient(name)))
    seen: list[tuple[str, int, int]] = []
    import_paths(
        store.db, WX, [tmp_path], store.report,
        lambda path, done, total: seen.append((path.name, done, total)),
        clock=lambda: store.now, entropy=store.entropy,
    )  # fmt: skip
    assert seen == [("a.json", 0, 2), ("a.json", 1, 2), ("b.json", 1, 2), ("b.json", 2, 2)]


@pytest.mark.parametrize(("type_", "transactions"), [("collection", 6), ("transaction", 1)])
def test_a_large_bundle_comes_in_short_pieces_unless_it_is_a_transaction(
    store: Store, type_: str, transactions: int
) -> None:
    commits = []
    event.listen(store.db.begin.__self__, "commit", commits.append)  # type: ignore[attr-defined]
    store.take(patient(), *(observation(f"o{number}") for number in range(2500)), type_=type_)
    assert store.report.stored == {"Patient": 1, "Observation": 2500}
    assert len(commits) == transactions
