"""SMART scopes: what is granted of what is asked."""

import pytest

from gateway.fhir.token_scopes import allows, narrow, types_of_scope, types_of_token

GRANT = ("Observation", "Patient")


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        pytest.param(
            "system/*.rs",
            "system/Observation.rs system/Patient.rs",
            id="a wildcard becomes the grant's types",
        ),
        pytest.param("system/Observation.rs", "system/Observation.rs", id="one type stays one type"),
        pytest.param("system/Observation.r", "system/Observation.r", id="reading alone stays reading alone"),
        pytest.param(
            "system/Observation.r system/Observation.s", "system/Observation.rs", id="two words join"
        ),
        pytest.param("system/Observation.read", "system/Observation.rs", id="the v1 word read means r and s"),
        pytest.param("system/*.cruds", "system/Observation.rs system/Patient.rs", id="writing is dropped"),
        pytest.param("system/Observation.sr", "", id="letters out of order give nothing"),
        pytest.param("system/Observation.dus", "", id="letters out of order among known ones give nothing"),
        pytest.param("system/Observation.rx", "", id="an unknown letter gives nothing"),
        pytest.param("system/Observation.rr", "", id="a letter twice gives nothing"),
        pytest.param("system/Condition.rs", "", id="a type outside the grant gives nothing"),
        pytest.param("patient/Observation.rs user/*.rs", "", id="only system scopes are known"),
        pytest.param("system/Observation.rs?category=laboratory", "", id="a restriction gives nothing"),
        pytest.param("system/Observation.write", "", id="writing alone gives nothing"),
        pytest.param("", "", id="nothing asked gives nothing"),
    ],
)
def test_the_granted_scope_is_asked_and_granted(asked: str, granted: str) -> None:
    assert " ".join(narrow(asked, GRANT)) == granted


@pytest.mark.parametrize(
    ("scopes", "resource_type", "verb", "expected"),
    [
        pytest.param("system/Observation.rs", "Observation", "r", True, id="read where read is granted"),
        pytest.param(
            "system/Observation.r", "Observation", "s", False, id="search where only read is granted"
        ),
        pytest.param("system/Observation.rs", "Patient", "r", False, id="another type"),
    ],
)
def test_a_token_allows(scopes: str, resource_type: str, verb: str, expected: bool) -> None:
    assert allows(scopes, resource_type, verb) is expected


def test_a_patient_is_always_among_the_types_of_a_scope_and_single_records_add_theirs() -> None:
    served = ("Observation", "Patient", "Procedure", "DiagnosticReport")
    assert types_of_scope({"laboratory"}, {"Procedure/x", "Unknown/y"}, served) == (
        "DiagnosticReport", "Observation", "Patient", "Procedure",
    )  # fmt: skip


def test_the_types_of_a_token_are_those_that_may_be_searched() -> None:
    assert types_of_token("system/Observation.rs system/Patient.r") == ("Observation",)
