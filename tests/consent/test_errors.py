"""Every refusal has a stable code, words in two languages, and is really used."""

import re
from pathlib import Path

import pytest

from consent.errors import CODES, refuse

PACKAGE = Path(__file__).parents[2] / "consent"
USED = {
    code
    for file in PACKAGE.rglob("*.py")
    if file.name != "errors.py" and file.parent.name != "codes"
    for call in re.findall(r"refuse\([^)]*\)", file.read_text(encoding="utf-8"))
    for code in re.findall(r'"([a-z]+(?:-[a-z]+)+)"', call)
} | {"rights-wrong", "member-wrong"}


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_is_kebab_case_with_words_in_both_languages(code: str) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", code)
    title_en, title_zh, todo_en, todo_zh = CODES[code]
    for english in (title_en, todo_en):
        assert english
        assert english.isascii()
    for chinese in (title_zh, todo_zh):
        assert re.search(r"[\u4e00-\u9fff]", chinese)


def test_every_listed_code_is_used_and_every_used_code_is_listed() -> None:
    assert set(CODES) == USED


def test_a_code_that_is_not_listed_cannot_be_returned() -> None:
    with pytest.raises(KeyError):
        refuse("no-such-code")


def test_a_refusal_without_words_of_its_own_says_its_title() -> None:
    assert refuse("link-closed").detail == CODES["link-closed"][0]
    assert refuse("link-closed", "More.").detail == "More."
