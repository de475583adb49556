"""Finding a chart at the desk."""

import pytest

from gateway.records.patients import find_patients, get_patient
from tests.gateway.records.store import WT, WX, Store, patient

MR = {"type": {"coding": [{"code": "MR"}]}, "system": "urn:chart", "value": "WX20180417"}
ZHANG = patient(
    "p2",
    name=[{"family": "张", "given": ["伟（合成）"]}],
    identifier=[{"value": "A_100%"}],
    gender="x",
    birthDate="1980-01-02",
)
SMITH = patient(
    "p3",
    name=[
        {"use": "nickname", "text": "Bob"},
        {"use": "official", "family": "Smith", "given": ["Robert", "J"]},
    ],
    birthDate="1958",
)


@pytest.fixture
def charts(store: Store) -> Store:
    store.take(patient("p1", identifier=[{"system": "urn:x", "value": "7"}, MR]), ZHANG, SMITH)
    return store


FOUND = {
    "part of the name": ("秀兰", ["林秀兰（合成）"]),
    "the chart number": ("WX20180417", ["林秀兰（合成）"]),
    "the chart number in small letters": ("wx2018", ["林秀兰（合成）"]),
    "a birth date": ("1946-03-08", ["林秀兰（合成）"]),
    "name and birth date": ("林 1946", ["林秀兰（合成）"]),
    "a western name in any order": ("smith rob", ["Robert J Smith"]),
    "a name without blanks": ("robertj", ["Robert J Smith"]),
    "everybody synthetic": ("合成", ["张伟（合成）", "林秀兰（合成）"]),
    "one word that fits and one that does not": ("林 1947", []),
    "blanks": ("   ", []),
    "nothing": ("", []),
    "a percent sign is no wildcard": ("%", ["张伟（合成）"]),
    "an underscore is no wildcard": ("_1", ["张伟（合成）"]),
    "hostile text": ("'; DROP TABLE chart; --", []),
    "endless text": ("x" * 100_000, []),
}


@pytest.mark.parametrize(("text", "names"), FOUND.values(), ids=FOUND)
def test_a_chart_is_found_by(charts: Store, text: str, names: list[str]) -> None:
    with charts.db.connect() as conn:
        assert [row.name for row in find_patients(conn, WX, text)] == names
        assert find_patients(conn, WT, text) == []


def test_a_chart_shows_who_it_is(charts: Store) -> None:
    with charts.db.connect() as conn:
        (row,) = find_patients(conn, WX, "秀兰")
        assert get_patient(conn, WX, row.id) == row
        assert (row.sex, row.birth_date, row.identifier) == ("female", "1946-03-08", "WX20180417")
        assert row.identifiers == [
            {"system": "urn:x", "value": "7"},
            {"system": "urn:chart", "value": "WX20180417"},
        ]


def test_another_institution_has_no_such_chart(charts: Store) -> None:
    with charts.db.connect() as conn:
        (row,) = find_patients(conn, WX, "秀兰")
        assert get_patient(conn, WT, row.id) is None


def test_an_unknown_sex_is_unknown(charts: Store) -> None:
    with charts.db.connect() as conn:
        assert find_patients(conn, WX, "张伟")[0].sex == "unknown"


def test_a_corrected_patient_corrects_the_chart(charts: Store) -> None:
    charts.take(patient("p1", birthDate="1946-03-09"))
    with charts.db.connect() as conn:
        assert find_patients(conn, WX, "秀兰")[0].birth_date == "1946-03-09"
        assert len(find_patients(conn, WX, "合成")) == 2
