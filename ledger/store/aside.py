"""Sets a ledger aside under another name, so that an empty one can be filled in its place from elsewhere.

Nothing is deleted: what went wrong can be looked at afterwards. Nobody may be writing meanwhile.
"""

from __future__ import annotations

import os
from pathlib import Path

from ledger.store.place import Place, Postgres


def set_aside(place: Place, moment: str) -> str | None:
    """The name that it has now (a file's, or a schema's), None when there was none.

    `moment` is part of that name, [0-9a-z]. Raises Unavailable(ledger-locked, storage-failed).
    """
    if isinstance(place, Postgres):
        from ledger.store.postgres import rename_ledger

        return rename_ledger(place, f"ledger_before_{moment}")
    return _rename_files(place, place.with_name(f"{place.stem}-before-{moment}{place.suffix}"))


def _rename_files(file: Path, aside: Path) -> str | None:
    from ledger.store.sqlite import Lock

    lock = Lock(file)
    try:
        if not file.exists():
            return None
        # The log of changes first: a file without it is an older state, a log without its file is nothing.
        for end in ("-shm", "-wal", ""):
            if Path(f"{file}{end}").exists():
                os.rename(f"{file}{end}", f"{aside}{end}")
    finally:
        lock.release()
    return aside.name
