"""Holds an order against the rules and the results that exist: the offer, or why there is none."""

from collections.abc import Mapping, Sequence

from consent.reuse.orders import Context, Order
from consent.reuse.results import Result
from consent.reuse.rules import Rule
from consent.reuse.verdicts import Verdict

NOWHERE: Mapping[str, frozenset[str]] = {}


def check(
    order: Order,
    rules: Sequence[Rule],
    results: Sequence[Result],
    context: Context,
    *,
    areas: Mapping[str, frozenset[str]] = NOWHERE,
) -> Verdict:
    """The verdict on one order. `areas`: institution -> the areas that it lies in, for marks."""
    raise NotImplementedError
