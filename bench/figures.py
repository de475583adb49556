"""A measured figure beside its peer, the goal it has to keep, and how both are shown.

var/bench/NAME.json holds a list of {name, value, unit, peer, peer_value, ratio, goal, holds}.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measurement; ``goal`` is words. Without a peer the peer's fields are None."""

    name: str
    value: float
    unit: str
    peer: str | None
    peer_value: float | None
    ratio: float | None
    goal: str
    holds: bool


def beside(name: str, value: float, unit: str, peer: str, peer_value: float, *, at_most: float) -> Figure:
    """A figure that may be at most ``at_most`` times its peer's."""
    ratio = value / peer_value
    return Figure(
        name,
        _short(value),
        unit,
        peer,
        _short(peer_value),
        _short(ratio),
        f"ratio <= {at_most}",
        ratio <= at_most,
    )


def at_least(name: str, value: float, unit: str, peer: str, peer_value: float, *, factor: float) -> Figure:
    """A figure that must be at least ``factor`` times its peer's."""
    ratio = value / peer_value
    return Figure(
        name,
        _short(value),
        unit,
        peer,
        _short(peer_value),
        _short(ratio),
        f"ratio >= {factor}",
        ratio >= factor,
    )


def below(name: str, value: float, unit: str, limit: float) -> Figure:
    """A figure with a limit of its own and no peer."""
    return Figure(name, _short(value), unit, None, None, None, f"< {limit:g} {unit}", value < limit)


def above(
    name: str,
    value: float,
    unit: str,
    limit: float,
    peer: str | None = None,
    peer_value: float | None = None,
) -> Figure:
    """A figure with a limit of its own from below; a peer beside it is shown and sets no goal."""
    ratio = None if peer_value is None else _short(value / peer_value)
    shown = None if peer_value is None else _short(peer_value)
    return Figure(name, _short(value), unit, peer, shown, ratio, f">= {limit:g} {unit}", value >= limit)


def noted(name: str, value: float, unit: str) -> Figure:
    """A figure without a goal, which explains others."""
    return Figure(name, _short(value), unit, None, None, None, "", True)


def percentile(samples: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of the samples."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def save(folder: Path, name: str, figures: Sequence[Figure]) -> Path:
    """Write the figures of one bench."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps([asdict(figure) for figure in figures], indent=1, ensure_ascii=False) + "\n")
    return path


def table(figures: Sequence[Figure]) -> str:
    """The figures as aligned lines."""
    head = ("figure", "value", "unit", "peer's", "ratio", "goal", "holds")
    rows = [head, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


def _row(figure: Figure) -> tuple[str, ...]:
    def cell(value: float | None) -> str:
        return "" if value is None else f"{value:g}"

    peer, ratio = cell(figure.peer_value), cell(figure.ratio)
    holds = ("yes" if figure.holds else "NO") if figure.goal else ""
    return (figure.name, cell(figure.value), figure.unit, peer, ratio, figure.goal, holds)


def _short(value: float) -> float:
    return float(f"{value:.4g}")
