"""Files that are too large, too deep, packed without end, or of any wrong form: named, and never a crash."""

import bz2
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.records.definitions.resource_types import TYPES
from gateway.records.elements.json_text import NotJson, parse
from gateway.records.importing.refusals import REASONS
from gateway.records.items import item_of_text
from gateway.records.reading import bundle_text, sources, unpacking
from tests.gateway.records.store import Store, observation, open_store, patient

# Where the entries of a Bundle stand

_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(_TEXT, inside, max_size=4),
    max_leaves=12,
)
_ENTRY = st.fixed_dictionaries(
    {}, optional={"fullUrl": _TEXT | _JSON, "resource": _JSON | st.fixed_dictionaries({"id": _TEXT})}
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(_TEXT, _JSON, max_size=4), st.lists(_ENTRY | _JSON, max_size=6),
    st.integers(1, 64), st.sampled_from([None, 0, 3]), st.booleans(),
)  # fmt: skip
def test_every_entry_of_a_bundle_is_found_however_the_window_moves(
    members: dict[str, Any], entries: list[Any], piece: int, indent: int | None, is_ascii: bool
) -> None:
    bundle = {**members, "entry": entries, "type": "batch"}
    content = json.dumps(bundle, indent=indent, ensure_ascii=is_ascii).encode()
    before, bundle_text.PIECE = bundle_text.PIECE, piece
    try:
        walked = bundle_text.walk(b"\xef\xbb\xbf" * (piece % 2) + content)
    finally:
        bundle_text.PIECE = before
    content = b"\xef\xbb\xbf" * (piece % 2) + content
    assert walked.rest == len(content)
    assert [json.loads(content[spot.start : spot.end]) for spot in walked.spots] == entries
    rest = {name: value for name, value in bundle.items() if name != "entry"}
    assert walked.members == parse(json.dumps(rest))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 40))
def test_a_broken_bundle_is_refused_where_any_reader_would_refuse_it(data: st.DataObject, piece: int) -> None:
    entries = [{"resource": {"id": "é" * 3, "n": [1, -2.5e3, True]}}, {"fullUrl": "x\\"}]
    text = json.dumps({"resourceType": "Bundle", "entry": entries, "type": "batch"}, ensure_ascii=False)
    place = data.draw(st.integers(0, len(text)))
    instead = data.draw(st.sampled_from(["", "}", ",", '"', "\\", "\n", "nul", "]"]))
    broken = text[:place] + instead + text[place + 1 :]
    before, bundle_text.PIECE = bundle_text.PIECE, piece
    try:
        walked = bundle_text.walk(broken.encode())
        rest = broken.encode()[walked.rest :].strip()
    except NotJson as error:
        fault = error.code
    else:
        fault = "" if not rest else "something follows"
    finally:
        bundle_text.PIECE = before
    try:
        json.loads(broken)
        expected = {"", "duplicate-key"}
    except json.JSONDecodeError:
        expected = {"not-json", "something follows"}
    assert fault in expected


def test_the_line_and_column_of_a_fault_far_inside_are_told(store: Store) -> None:
    several = [{"resource": observation(note=[{"text": f"ö{n}"}])} for n in range(2000)]
    entries = ",\n".join(json.dumps(each, ensure_ascii=False) for each in several)
    text = f'{{"resourceType":"Bundle","type":"batch","entry":[\n{entries},\n{{"resource": 汉}}]}}'
    store.take_text(text)
    (refused,) = store.refused
    assert (refused.code, refused.place) == ("not-json", 0)
    assert refused.detail.startswith("line 2002, column 14: ")


# Too large, too deep

BOMBS = {"gzip": gzip.compress, "bzip2": bz2.compress}


@pytest.mark.parametrize("name", ["bomb.json", "bomb.ndjson"])
@pytest.mark.parametrize("pack", BOMBS.values(), ids=BOMBS)
def test_a_file_that_unpacks_without_end_is_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Any, name: str
) -> None:
    monkeypatch.setattr(unpacking, "UNCHECKED", 2**20)
    (tmp_path / name).write_bytes(pack(b" " * (2**24 if name.endswith("ndjson") else 2**23)))
    (tmp_path / "z.json").write_text(json.dumps(patient()))
    store.take_files(tmp_path)
    assert store.codes[-1] == "unpacks-too-large"
    assert store.report.stored == {"Patient": 1}


def test_records_that_pack_well_are_no_bomb(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "UNCHECKED", 2**14)
    lines = [patient(), *(observation(f"o{n}") for n in range(400))]
    (tmp_path / "a.ndjson.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    store.take_files(tmp_path)
    assert store.refused == []


def test_a_file_that_is_too_large_says_how_else(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MAX_FILE", 1000)
    (tmp_path / "a.json").write_text(json.dumps(patient(text={"div": "x" * 2000})))
    store.take_files(tmp_path)
    assert store.codes == ["file-too-large"]


@pytest.mark.parametrize("form", ["single", "entry", "beside"])
def test_a_resource_that_is_too_long_is_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(bundle_text, "MAX_ENTRY", 3000)
    monkeypatch.setattr(sources, "MAX_ENTRY", 3000)
    monkeypatch.setattr(bundle_text, "PIECE", 1000)
    long = patient(text={"div": "x" * 9000})
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": long}]}
    if form == "beside":
        bundle = {"resourceType": "Bundle", "type": "batch", "signature": "x" * 9000, "entry": []}
    store.take_text(json.dumps(long if form == "single" else bundle))
    assert store.codes == ["entry-too-long"]
    assert store.rows() == []


@pytest.mark.parametrize("depth", [200, 100_000])
def test_a_resource_that_is_nested_too_deeply_is_refused(store: Store, tmp_path: Path, depth: int) -> None:
    deep = '{"resourceType":"Observation","id":"d","x":' + "[" * depth + "]" * depth + "}"
    good = json.dumps(patient())
    entries = f'[{{"resource":{deep}}},{{"resource":{good}}}]'
    (tmp_path / "a.json").write_text(deep)
    (tmp_path / "b.ndjson").write_text(f"{deep}\n{good}")
    (tmp_path / "c.json").write_text(f'{{"resourceType":"Bundle","type":"batch","entry":{entries}}}')
    store.take_files(tmp_path)
    assert store.codes == ["too-deep"] * 3
    # Where an entry ends cannot be told any more when it is deep without end.
    assert store.report.taken == (2 if depth < 1000 else 1)


_MEMORY = """
import os, sys
from pathlib import Path
from gateway.records.importing.importer import import_paths
from gateway.records.importing.report import Report
from gateway.store.database import connect_database
from gateway.store.metadata import metadata
import gateway.records.tables
db = connect_database(Path(sys.argv[1]))
metadata.create_all(db)
report = Report()
def most():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
before = most()
import_paths(db, "a" * 32, [Path(sys.argv[2])], report, clock=lambda: 1_767_225_600_000, entropy=os.urandom)
print(report.stored.total(), report.refused.total(), before, most())
"""


@pytest.mark.parametrize("type_", ["collection", "transaction"])
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc (Linux)")
def test_a_bundle_of_60_mb_takes_less_memory_than_twice_its_bytes(tmp_path: Path, type_: str) -> None:
    path = tmp_path / "large.json"
    with path.open("w") as file:
        file.write(f'{{"resourceType":"Bundle","type":"{type_}","entry":[')
        file.write(json.dumps({"resource": patient()}))
        for number in range(1500):
            paper = {"resourceType": "DocumentReference", "id": f"d{number}",
                     "subject": {"reference": "Patient/p1"},
                     "content": [{"attachment": {"data": "QUJD" * 10_000}}]}  # fmt: skip
            file.write("," + json.dumps({"resource": paper}))
        file.write("]}")
    assert path.stat().st_size > 60_000_000
    command = [sys.executable, "-c", _MEMORY, str(tmp_path / "gateway.db"), str(path)]
    root = Path(__file__).parents[3]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    stored, refused, before, after = map(int, answer.stdout.split())
    assert (stored, refused) == (1501, 0)
    assert (after - before) * 1024 < 2 * path.stat().st_size, f"{(after - before) // 1024} MiB more"


# Wrong types everywhere

_WRONG = st.sampled_from(
    [None, True, 0, -1, "x", "", [], {}, [None], [[]], [5, "x"], {"reference": 5},
     {"reference": "Patient/p1"}, {"coding": "x"}, {"identifier": []}, "9" * 400,
     {"coding": [None, {"code": 1}, {"system": 2, "code": "c"}]},
     {"identifier": {"system": "s", "value": 5}}, "9999-99-99", "0000", "2025-02-30T99:99:99Z",
     {"start": 5, "end": "9999"}, {"value": "x", "code": []}, {"resourceType": "Medication"}]
)  # fmt: skip
_ELEMENTS = sorted(
    {path.split(".")[0] for type_ in TYPES.values() for each in type_.parameters for path in each.paths}
    | {type_.patient for type_ in TYPES.values()}
    | {"id", "meta", "contained", "medicationReference", "encounter", "context", "note", "valueString",
       "extension", "securityLabel", "confidentiality", "section", "content", "name", "gender", "birthDate",
       "target"}
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(TYPES)), st.dictionaries(st.sampled_from(_ELEMENTS), _WRONG, max_size=6)
        ),
        min_size=1, max_size=12,
    ),
    st.sampled_from(["collection", "transaction", "document"]),
)  # fmt: skip
def test_resources_of_any_wrong_form_are_stored_or_refused(
    hostile: Store, made: list[tuple[str, dict[str, Any]]], form: str
) -> None:
    given_ = [
        {"resourceType": type_, "id": f"h{n}", "subject": {"reference": "Patient/p1"},
         "patient": {"reference": "Patient/p1"}, **elements}
        for n, (type_, elements) in enumerate(made)
    ]  # fmt: skip
    report = hostile.take(*given_, type_=form)
    assert report.read == len(given_)
    assert set(hostile.codes) <= set(REASONS)
    for row in hostile.rows():
        assert item_of_text(row.json_text)["type"] == row.type


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Any:
    store = Store(open_store(tmp_path_factory.mktemp("hostile")))
    store.take(patient())
    yield store
    store.db.dispose()


NUMBERS = ["9" * 5000, "1e999999", "-0.0", "1E-7", "0.10000000000000000001"]


@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
def test_a_huge_number_is_kept_or_refused_but_never_changed(store: Store, number: str) -> None:
    body = json.dumps(observation(valueQuantity={"value": "HERE"})).replace('"HERE"', number)
    store.take_text(f'{{"resourceType":"Bundle","type":"batch","entry":[{{"resource":{json.dumps(patient())}}},'
                    f'{{"resource":{body}}}]}}')  # fmt: skip
    assert store.refused == []
    assert f'"value":{number}' in store.row("Observation").json_text


@pytest.mark.parametrize("where", ["id", "text", "reference", "fullUrl", "key"])
def test_half_a_character_is_refused_wherever_it_stands(store: Store, where: str) -> None:
    half = "\ud83d"
    elements: dict[str, Any] = {
        "id": {"id": half}, "text": {"note": [{"text": half}]}, "key": {half: 1}, "fullUrl": {},
        "reference": {"encounter": {"reference": f"Encounter/{half}"}},
    }[where]  # fmt: skip
    entry = {"resource": observation(**elements), "fullUrl": f"urn:{half}" if where == "fullUrl" else "urn:x"}
    store.take(patient(), entry)
    assert store.report.stored["Patient"] == 1
    assert store.codes in (["text-not-unicode"], ["id-invalid"]) or where == "fullUrl"
