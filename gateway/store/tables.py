"""Names the modules that hold tables, so that opening the database sees all of them.

An area is listed when its folder exists; a listed module that cannot be imported stops the start.
"""

from importlib import import_module
from importlib.util import find_spec

AREAS = ("store", "identity", "web", "records", "disclosure", "fhir", "peers", "links", "references", "asks",
         "wallet", "looks", "console")


def load() -> None:
    """Imports every gateway/<area>/tables.py."""
    for area in AREAS:
        name = f"gateway.{area}.tables"
        if name != __name__ and find_spec(f"gateway.{area}") and find_spec(name):
            import_module(name)
