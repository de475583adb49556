"""Finds every module that holds tables (gateway/<area>/tables.py), so that opening the database sees all."""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

import gateway


def load() -> None:
    """Imports every gateway/<area>/tables.py but this one."""
    for area in iter_modules(gateway.__path__, "gateway."):
        name = f"{area.name}.tables"
        if area.ispkg and name != __name__ and find_spec(name):
            import_module(name)
