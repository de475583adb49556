"""What a restore does where the data lies in PostgreSQL: new schemas are filled, then take the old names.

All renamings are one transaction of the server: there is the old data or the new, and what was there keeps
lying in the database under names that end with the moment, which the folder kept aside has in its name, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.operation.backup.archive import BackupError, Progress
from gateway.operation.backup.pinning import IN_USE, Schemas
from gateway.store.schema import fill_schema, gateway_kind, ledger_kind
from ledger.store.place import Postgres

RESTORING = "_restoring"
_KEPT = re.compile(r".+\.before-(\d{8}T\d{6}Z(-\d+)?)")


def is_occupied(place: Postgres | None) -> bool:
    """Whether the database, if there is one, holds a ledger or a gateway's tables."""
    if place is None:
        return False
    from ledger.store.postgres import has_schema

    return any(has_schema(place, name) for name in (IN_USE.ledger, IN_USE.gateway))


def kept_with(folder: Path) -> Schemas:
    """The schemas that were kept aside together with this folder. Raises BackupError."""
    found = _KEPT.fullmatch(folder.name)
    if found is None:
        raise BackupError(f"{folder} is not a folder that a restore kept aside: its name has no .before-…")
    return _aside(found[1])


@contextmanager
def exchanged(place: Postgres, draft: Path, moment: str, progress: Progress) -> Iterator[tuple[str, ...]]:
    """Put what the draft's files hold into the database, and take the files out of the draft.

    The names under which what was there is kept. When the block fails all of it is undone. The draft may lack
    the ledger, which then comes from the other members.
    """
    from ledger.store.postgres import drop_schema, has_schema, rename_schemas

    kinds = [kind for kind in (ledger_kind(), gateway_kind()) if (draft / f"{kind.schema}.db").exists()]
    try:
        for kind in kinds:
            file = draft / f"{kind.schema}.db"
            fill_schema(
                place,
                kind,
                kind.schema + RESTORING,
                file,
                lambda done, total, name=file.name: progress(name, done, total),  # type: ignore[misc]
            )
        aside = _aside(moment)
        kept = [
            (name, after)
            for name, after in ((IN_USE.ledger, aside.ledger), (IN_USE.gateway, aside.gateway))
            if has_schema(place, name)
        ]
        names = [*kept, *((kind.schema + RESTORING, kind.schema) for kind in kinds)]
        for kind in kinds:
            for left in draft.glob(f"{kind.schema}.db*"):
                left.unlink()
        rename_schemas(place, names)
        try:
            yield tuple(after for _, after in kept)
        except BaseException:
            rename_schemas(place, [(after, before) for before, after in reversed(names)])
            raise
    finally:
        for name in (IN_USE.ledger, IN_USE.gateway):
            drop_schema(place, name + RESTORING)


def _aside(moment: str) -> Schemas:
    end = f"_before_{moment.lower().replace('-', '_')}"
    return Schemas(IN_USE.ledger + end, IN_USE.gateway + end)
