"""Finds the files to import, in the order in which references resolve best, and names those passed over.

A folder is searched to its bottom; a file that is named by itself is read whatever its name.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_SUFFIXES = frozenset({".json", ".ndjson", ".jsonl"})
_PACKED = frozenset({".gz", ".bz2"})
# Those whom others cite come first: organisations and people, drugs, then patients, then their records.
_ORDER = ("organization", "location", "practitioner", "medication.", "medication-", "patient")


class Found(NamedTuple):
    """The files to read in their order, and those of a folder whose names are not those of FHIR files."""

    files: list[Path]
    passed_over: list[Path]


def files_of(paths: Sequence[Path]) -> Found:
    """The files of these paths, each once."""
    files: list[Path] = []
    passed_over: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted((each for each in path.rglob("*") if each.is_file()), key=_order)
            files.extend(each for each in inside if _looks_like_fhir(each))
            passed_over.extend(each for each in inside if not _looks_like_fhir(each))
        else:
            files.append(path)
    return Found(list(dict.fromkeys(files)), passed_over)


def _looks_like_fhir(path: Path) -> bool:
    suffixes = [each.lower() for each in path.suffixes]
    if suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    return bool(suffixes) and suffixes[-1] in _SUFFIXES


def _order(path: Path) -> tuple[int, str]:
    name = path.name.lower()
    if "hospitalinformation" in name or "practitionerinformation" in name:  # Synthea's two batch files
        return 0, name
    rank = next((number for number, word in enumerate(_ORDER, 1) if name.startswith(word)), len(_ORDER) + 1)
    return rank, str(path)
