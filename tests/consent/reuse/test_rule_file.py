"""A rule file is taken whole or not at all, and every mistake is named with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.reuse.faults import FAULTS
from consent.reuse.rule_content import content_of, rule_of
from consent.reuse.rule_file import MAX_BYTES, parse_rules
from consent.reuse.rules import DAY_MS

GOOD = """\
# what an institution may write
[group.hba1c]
words = { zh = "糖化血红蛋白", en = "HbA1c" }
codes = ["4548-4"]
unverified = ["59261-8"]
relevant_drugs = ["A10*", "urn:own|7"]
[[group.hba1c.rule]]
situation = "default"
version = 2
min_interval_d = 0.5
sources = ["LEEDS"]

[[group.hba1c.rule]]
situation = "stable"
words = { zh = "稳定", en = "stable" }
version = 1
min_interval_d = 180
window_d = 60
settings = ["outpatient"]
mark_required = true
marks_accepted = ["全国HR"]
context_allowed = ["pregnancy"]
sources = ["G147:B-E19", "CN-HB"]
conflicts = ["JCP3 60"]
note = "the window is shorter than the interval"
valid_from = 2026-12-01
"""


def with_line(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def test_a_good_file_gives_drafts_with_everything_that_it_says() -> None:
    parsed = parse_rules(GOOD)
    assert parsed.faults == ()
    default, stable = parsed.rules
    assert (default.name, default.min_interval_ms, default.window_ms) == (
        "hba1c/default@2",
        DAY_MS // 2,
        None,
    )
    assert default.situation_words.zh == "未注明情形"
    assert stable.codes == {"http://loinc.org|4548-4"}
    assert stable.unverified == {"http://loinc.org|59261-8"}
    assert (stable.min_interval_ms, stable.window_ms) == (180 * DAY_MS, 60 * DAY_MS)
    assert stable.marks_accepted == ("全国HR",)
    assert stable.relevant_drugs == {"http://www.whocc.no/atc|A10*", "urn:own|7"}
    assert stable.relevant_procedures is None
    assert stable.valid_from == 1_796_083_200_000
    assert {rule.status for rule in parsed.rules} == {"draft"}


def test_a_rule_comes_back_from_its_content_as_it_was() -> None:
    assert [rule_of(content_of(rule)) for rule in parse_rules(GOOD).rules] == list(parse_rules(GOOD).rules)


TWO_GROUPS = (
    GOOD
    + '[group.other]\nwords = { zh = "其他", en = "other" }\ncodes = ["4548-4"]\n'
    + ('[[group.other.rule]]\nsituation = "default"\nversion = 1\nnever = true\nsources = ["C"]\n')
)


@pytest.mark.parametrize(
    ("old", "new", "line", "code"),
    [
        pytest.param("min_interval_d = 0.5", "min_interval_d = ", 10, "toml-wrong", id="a value is missing"),
        pytest.param('note = "the', 'note = """the', 25, "text-over-lines", id="a text goes over lines"),
        pytest.param("unverified", "unverfied", 5, "key-unknown", id="a key of a group is misspelt"),
        pytest.param("window_d", "windows_d", 18, "key-unknown", id="a key of a rule is misspelt"),
        pytest.param('situation = "stable"\n', "", 13, "key-missing", id="a situation is missing"),
        pytest.param("version = 1\n", "", 13, "key-missing", id="a version is missing"),
        pytest.param('sources = ["LEEDS"]\n', "", 7, "key-missing", id="no source is named"),
        pytest.param("version = 2", 'version = "2"', 9, "value-wrong", id="a version is a text"),
        pytest.param("version = 2", "version = true", 9, "value-wrong", id="a version is a flag"),
        pytest.param("_d = 0.5", "_d = -1", 10, "value-wrong", id="a length is negative"),
        pytest.param("_d = 0.5", "_d = 0", 10, "value-wrong", id="a length is nothing"),
        pytest.param("_d = 0.5", "_d = nan", 10, "value-wrong", id="a length is no number"),
        pytest.param("_d = 0.5", "_d = inf", 10, "value-wrong", id="a length is without end"),
        pytest.param("_d = 0.5", "_d = 1e9", 10, "value-wrong", id="a length is absurd"),
        pytest.param(
            "window_d = 60",
            "window_d = 0.0000000001",
            18,
            "value-wrong",
            id="a length is no whole millisecond",
        ),
        pytest.param('"outpatient"', '"kitchen"', 19, "value-wrong", id="a setting is unknown"),
        pytest.param("mark_required = true", "mark_required = 1", 20, "value-wrong", id="a flag is a number"),
        pytest.param('"pregnancy"', '"bad-mood"', 22, "value-wrong", id="a kind of event is unknown"),
        pytest.param("2026-12-01", "2026-12-01T00:00:00", 26, "value-wrong", id="a moment has no zone"),
        pytest.param('zh = "稳定", ', "", 15, "value-wrong", id="a language is missing"),
        pytest.param(
            'en = "stable"', 'en = "sta\\u202eble"', 15, "value-wrong", id="a name turns the writing around"
        ),
        pytest.param('codes = ["4548-4"]', 'codes = "4548-4"', 4, "value-wrong", id="codes are no list"),
        pytest.param("4548-4", "4548-5", 4, "code-wrong", id="a check digit is wrong"),
        pytest.param("4548-4", "HbA1c", 4, "code-wrong", id="a code has no system"),
        pytest.param('"A10*"', '"metformin"', 6, "code-wrong", id="a drug is named by its name"),
        pytest.param(
            "unverified", 'members = ["718-7"]\nunverified', 5, "code-not-in-group", id="a member is foreign"
        ),
        pytest.param(
            "unverified",
            'equivalent = [["4548-4"]]\nunverified',
            5,
            "value-wrong",
            id="a code equals only itself",
        ),
        pytest.param(
            '"stable"\nwords', '"default"\nwords', 14, "situation-twice", id="a situation stands twice"
        ),
        pytest.param(
            '"default"',
            '"acute"\nwords = {zh="急", en="acute"}',
            2,
            "default-missing",
            id="no rule is the default",
        ),
        pytest.param("_d = 0.5", "_d = 61", 7, "default-not-shortest", id="the default is longer"),
        pytest.param("min_interval_d = 0.5\n", "", 8, "length-missing", id="a rule says no length"),
        pytest.param(
            "_d = 0.5",
            "_d = 0.5\nnever = true",
            11,
            "length-contradiction",
            id="never stands beside a length",
        ),
        pytest.param(
            "min_interval_d = 0.5",
            "no_retest = true",
            10,
            "length-contradiction",
            id="no retest would hold for ever",
        ),
        pytest.param(
            "version = 2", 'version = 2\nstatus = "approved"', 10, "status-not-draft", id="it approves itself"
        ),
    ],
)
def test_one_wrong_line_refuses_the_file_when(old: str, new: str, line: int, code: str) -> None:
    refused(with_line(old, new), line, code)


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        pytest.param(GOOD + "\n[[group.hba1c.rule", 28, "toml-wrong", id="it breaks off"),
        pytest.param("x = " + "9" * 5000, 0, "toml-wrong", id="a number is longer than any"),
        pytest.param("x = " + "[" * 5000, 0, "toml-wrong", id="it is nested without end"),
        pytest.param("#" * (MAX_BYTES + 1), 0, "file-too-large", id="it is too large"),
        pytest.param("", 0, "nothing-there", id="it is empty"),
        pytest.param("title = 'x'\n" + GOOD, 1, "key-unknown", id="a key of the file is unknown"),
        pytest.param(TWO_GROUPS, 29, "code-twice", id="a code stands in two groups"),
        pytest.param("[group]\nhba1c = 1\n", 0, "value-wrong", id="a group is a number"),
        pytest.param("group = 1\n", 1, "value-wrong", id="all groups are a number"),
        pytest.param('[group."HbA1c!"]\n', 1, "value-wrong", id="a group has a strange name"),
        pytest.param("[group.x]\nrule = 1\n", 2, "value-wrong", id="a rule is no table"),
    ],
)
def test_a_file_is_refused_whole_when(text: str, line: int, code: str) -> None:
    refused(text, line, code)


def refused(text: str, line: int, code: str) -> None:
    parsed = parse_rules(text)
    assert parsed.rules == ()
    assert (line, code) in [(fault.line, fault.code) for fault in parsed.faults], parsed.faults


def test_every_mistake_is_named_at_once() -> None:
    text = with_line("window_d = 60", "window_d = -60").replace("4548-4", "4548-5")
    assert [(fault.line, fault.code) for fault in parse_rules(text).faults][:2] == [
        (4, "code-wrong"),
        (18, "value-wrong"),
    ]


def test_each_fault_is_said_in_two_languages() -> None:
    assert all(en and zh for en, zh in FAULTS.values())


@given(st.text(max_size=200) | st.text(alphabet='[]group.hba1c={}"\n#=truewords,0123456789-', max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    parsed = parse_rules(text)
    assert not (parsed.rules and parsed.faults)
    assert parsed.rules or parsed.faults
    assert all(fault.code in FAULTS for fault in parsed.faults)


@given(st.integers(0, len(GOOD) - 1), st.sampled_from(['"', "[", "]", "=", "\n", "x", "0", "{", "#", "\\"]))
def test_one_wrong_character_is_either_harmless_or_refused(place: int, mark: str) -> None:
    parsed = parse_rules(GOOD[:place] + mark + GOOD[place + 1 :])
    assert not (parsed.rules and parsed.faults)
    assert parsed.rules or parsed.faults
