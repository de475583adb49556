"""Every screen once in English: no text is left in Chinese, and none shows the name of a text instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.journeys.node import Node
from tests.journeys.staff import Staff
from tests.journeys.tour import Tour
from tests.journeys.windows import Windows

CHINESE = re.compile(r"[\u3400-\u9fff]")
# "ask.title", "thread.by-grant": what stands there when a catalogue lacks a text.
KEY = re.compile(r"(?<![\w./:@-])[a-z]+(?:\.[a-z-]+)+(?![\w./:-])")
# A language is called by its own name, so that whoever reads nothing else finds it.
OWN_NAMES = ("中文", "语言")
# Marks of mutual recognition are printed as they are issued, in any language.
MARKS = ("全国HR",)
PATIENT = "周雨桐"

# All that a person reads or has read out on this screen.
_TEXTS = """() => {
  const found = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement, data } = walker.currentNode;
    if (parentElement.checkVisibility()) found.push(data);
  }
  for (const name of ["aria-label", "placeholder", "title", "alt"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) found.push(element.getAttribute(name));
  }
  return found.filter((text) => text.trim() !== "");
}"""


def test_no_screen_shows_chinese_words_of_the_program_or_names_of_texts(
    node: Node, windows: Windows, staff: Callable[[str, str], Staff]
) -> None:
    from_records = sorted(words_of_records(staff), key=len, reverse=True)
    wrong: list[str] = []

    def see(screen: str, page: Any) -> None:
        for text in page.evaluate(_TEXTS):
            rest = text
            for known in (*from_records, *OWN_NAMES, *MARKS):
                rest = rest.replace(known, "")
            if CHINESE.search(rest) or KEY.search(rest):
                wrong.append(f"{screen}: {text.strip()[:120]}")

    reason, orders = "Follow-up of the thyroid", ("thyroid", "creatinine")
    Tour(node, windows, "en-GB", reason, PATIENT, ("QH", "WX"), "WT", see, orders=orders).walk()
    assert sorted(set(wrong)) == []


def words_of_records(staff: Callable[[str, str], Staff]) -> set[str]:
    """Words that hospitals wrote: names of people, departments, and the texts of records."""
    words = {account for code in ("WX", "WT", "QH") for account in _people(staff, code)}
    for code in ("WX", "WT", "QH"):
        doctor = staff(code, "clinician")
        patient = doctor.find(PATIENT)
        words |= {patient["name"], patient["name"].replace("（合成）", ""), f"{patient['name'][0]} **"}
        words |= set(_texts(doctor.open(patient["id"])["items"]))
    return {word for word in words if CHINESE.search(word)}


def _people(staff: Callable[[str, str], Staff], code: str) -> set[str]:
    roles = (
        ("desk", "clinician", "privacy")
        if code != "WX"
        else ("desk", "clinician", "auditor", "privacy", "administrator")
    )
    sessions = [staff(code, role).call("GET", "session")["staff"] for role in roles]
    return {text for one in sessions for text in (one["name"], one["department"]) if text}


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    return [text for each in value for text in _texts(each)] if isinstance(value, list) else []
