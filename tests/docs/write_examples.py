"""Writes the worked examples of docs/formats anew: python -m tests.docs.write_examples

An example stands between fences after the line `<!-- example: NAME -->`; all else in a page stays as it is.
"""

import re
from pathlib import Path

PAGES = Path(__file__).parents[2] / "docs" / "formats"
BLOCK = re.compile(
    r"(?P<open><!-- example: (?P<name>[a-z.]+) -->\n```[a-z]*\n)(?P<text>.*?)(?P<close>\n```\n)", re.DOTALL
)


def pages() -> list[Path]:
    return sorted(PAGES.glob("*.md"))


def shown() -> list[tuple[Path, str, str]]:
    """(page, name, text) of every example that stands in a page."""
    return [
        (page, match["name"], match["text"])
        for page in pages()
        for match in BLOCK.finditer(page.read_text(encoding="utf-8"))
    ]


def rewrite(examples: dict[str, str]) -> list[Path]:
    """Put the examples in; the pages that changed."""
    changed = []
    for page in pages():
        before = page.read_text(encoding="utf-8")
        after = BLOCK.sub(lambda match: match["open"] + examples[match["name"]] + match["close"], before)
        if after != before:
            page.write_text(after, encoding="utf-8")
            changed.append(page)
    return changed


if __name__ == "__main__":
    from tests.docs.examples import examples

    for written in rewrite(examples()):
        print(written.relative_to(PAGES.parents[1]))  # noqa: T201 - a command's answer
