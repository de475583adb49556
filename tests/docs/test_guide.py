"""The users' guide says the same in both languages, and every picture that a page names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/guide"
PICTURE = re.compile(r'<img src="([^"]+)"')
PAGES = (GUIDE / "zh-CN.md", GUIDE / "en.md", ROOT / "docs/screens/README.md", ROOT / "README.md")
# A page of pictures must stay light on a slow line.
LARGEST = 150_000


def headings(page: str) -> list[str]:
    """The level of every heading, and the picture under it without its language, in order."""
    text = (GUIDE / page).read_text(encoding="utf-8")
    found = re.findall(r"^(#+) |<img src=\"\.\./screens/([a-z-]+)-(?:zh|en)\.png\"", text, re.MULTILINE)
    return [level or picture for level, picture in found]


def test_both_languages_have_the_same_headings_and_pictures() -> None:
    assert headings("zh-CN.md") == headings("en.md")
    assert len(headings("en.md")) > 30


@pytest.mark.parametrize(("page", "language"), [("zh-CN.md", "zh"), ("en.md", "en")])
def test_pictures_are_in_the_language_of_the_page(page: str, language: str) -> None:
    shown = PICTURE.findall((GUIDE / page).read_text(encoding="utf-8"))
    assert [each for each in shown if not each.endswith(f"-{language}.png")] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_picture_is_there_and_small(page: Path) -> None:
    pictures = [page.parent / each for each in PICTURE.findall(page.read_text(encoding="utf-8"))]
    assert pictures != []
    assert [each.name for each in pictures if not each.is_file()] == []
    assert [each.name for each in pictures if each.stat().st_size > LARGEST] == []


def test_every_picture_is_described() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert text.count("<img ") == len(re.findall(r'<img [^>]*alt="[^"]+"', text)), page.name
