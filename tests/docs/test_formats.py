"""The format pages tell the truth: every worked example is what the code makes, byte for byte."""

import re

import pytest

from tests.docs.examples import examples
from tests.docs.write_examples import BLOCK, PAGES, pages, shown

REWRITE = "python -m tests.docs.write_examples"
WANTED = {
    "genesis", "entry", "record", "leaf", "head", "receipt", "checkpoint", "opening", "scope", "request",
    "offer", "proof", "login", "digits", "pull", "glass", "qr", "wallet-api", "batch", "governance",
    "light-block", "envelope",
}  # fmt: skip
SHOWN = shown()


@pytest.mark.parametrize(("page", "name", "text"), SHOWN, ids=[name for _, name, _ in SHOWN])
def test_an_example_is_what_the_code_makes(page: object, name: str, text: str) -> None:
    made = examples()
    assert name in made, f"{page} shows {name}, which nothing makes"
    assert text == made[name], f"{page}: {name} differs; if that is meant, run: {REWRITE}"


def test_every_example_stands_in_a_page() -> None:
    assert {name for _, name, _ in SHOWN} == set(examples())


def test_every_format_has_a_page_with_an_example_and_stands_in_the_index() -> None:
    names = {page.stem for page in pages()} - {"README"}
    assert names >= WANTED
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    for name in names:
        assert f"({name}.md)" in index
        assert BLOCK.search((PAGES / f"{name}.md").read_text(encoding="utf-8")), name


def test_every_mark_of_an_example_has_a_fence_after_it() -> None:
    for page in pages():
        text = page.read_text(encoding="utf-8")
        assert text.count("<!-- example:") == len(BLOCK.findall(text)), page


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in pages():
        for target in re.findall(r"\]\(([a-z-]+\.md)", page.read_text(encoding="utf-8")):
            assert (PAGES / target).is_file(), f"{page.name} links to {target}"
