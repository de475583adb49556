"""Real files beside the project, how many resources they hold, and what an import did with them."""

import bz2
import gzip
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.records.importing.report import Report
from gateway.records.reading.files import files_of
from tests.gateway.records.store import DATA

FHIR, ABDM = DATA / "fhir", DATA / "abdm" / "bundles"
ALL = os.environ.get("YAOSHI_ALL_DATA") == "1"  # every patient of Synthea, not a part of them
EVERY = 6


def files_in(name: str) -> list[Path]:
    """The files of one set, of the two large ones the information files and every sixth patient."""
    files = files_of([ABDM if name == "abdm" else FHIR / name]).files
    if ALL or not name.startswith("synthea"):
        return files
    head = [path for path in files if "Information" in path.name]
    return head + [path for path in files if path not in head][::EVERY]


def unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    return bz2.decompress(data) if data[:3] == b"BZh" else data


def resources_in(files: Sequence[Path]) -> int:
    """How many resources files hold, counted without any code of ours; what holds none counts as one."""
    return sum(_count(unpacked(path).decode("utf-8-sig"), ".ndjson" in path.suffixes) for path in files)


def _count(text: str, is_lines: bool) -> int:
    if is_lines:
        return len([line for line in text.splitlines() if line.strip()])
    try:
        value: Any = json.loads(text)
    except json.JSONDecodeError:
        return 1
    is_bundle = isinstance(value, dict) and value.get("resourceType") == "Bundle"
    return max(1, len(value.get("entry", []))) if is_bundle else 1


def by_code(report: Report) -> dict[str, int]:
    """Refusals without their types."""
    counted: Counter[str] = Counter()
    for (_, code), count in report.refused.items():
        counted[code] += count
    return dict(counted)


def table_of(name: str, report: Report) -> str:
    """One line of the table of counts."""
    refused = ", ".join(f"{code} {count}" for code, count in sorted(by_code(report).items()))
    counts = f"read {report.read:6}  stored {report.stored.total():6}  changed {report.changed.total():3}"
    return (
        f"import of {name:22} {counts}  unchanged {report.unchanged.total():6}  "
        f"refused {report.refused.total():6}" + (f" ({refused})" if refused else "")
    )
