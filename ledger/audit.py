"""An audit reads an exported log and checks everything again, entry by entry, with nothing but the file.

`export_log` writes NDJSON: a first line
{"yaoshi":"export","version":1,"ledger","size","root","checkpoint"}, then one line
{"index","record","heads"} for each record. `verify_log` replays the machine from record 0
(`ledger.replay`), recomputes every signature, judgement, chain, heads root and the log root, and names
the first thing that differs. What the file alone cannot tell: whether this is the log that others saw;
for that, compare size and root with a checkpoint that somebody else kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import IO, Any

from ledger.checkpoint import Checkpoint, open_checkpoint
from ledger.encoding import b64u, canonical_json, is_hex, parse_json, unb64u
from ledger.errors import Malformed, Unavailable
from ledger.genesis import MAX_GENESIS_BYTES, Genesis, parse_genesis
from ledger.light.certificate import Certified
from ledger.light.watch import Watch
from ledger.machine import Contracts
from ledger.record import Record, decode_record
from ledger.registry import checkpoint_keys
from ledger.replay import Differs, Replay, compare
from ledger.view import View

Progress = Callable[[int, int], None]
CLAIMS = ("unaltered", "signed", "checkpoint")
_PAGE = 1_000
_MAX_LINE = 2 * MAX_GENESIS_BYTES
_HEADER = {"yaoshi", "version", "ledger", "size", "root", "checkpoint"}


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What the audit found.

    `size` and `root` (hex) are those recomputed up to the first difference, which `first_difference` names in
    English and `index` places (None: the file as a whole). `claims`: True holds, False fell, None was not
    reached; the checkpoint's stays None when the file has none. Among hospitals there is a fourth,
    certificate, when the file has one; `certified` is what then holds.
    """

    ok: bool
    size: int
    root: str
    first_difference: str | None
    index: int | None
    claims: dict[str, bool | None]
    certified: Certified | None = None


def export_log(
    view: View,
    file: IO[bytes],
    progress: Progress | None = None,
    certificate: dict[str, Any] | None = None,
) -> None:
    """Write the whole log of a view; a checkpoint stands in the first line when the view can sign one.

    `certificate` is a light block of at most this size, for the first line, too (`ledger.light`).
    """
    certified = {} if certificate is None else {"certificate": certificate}
    file.write(_line({**_header_of(view), **certified}))
    for start in range(0, view.size, _PAGE):
        for row in view.records(start, min(_PAGE, view.size - start)):
            record = {"index": row.index, "record": b64u(row.record_bytes), "heads": b64u(row.heads)}
            file.write(_line(record))
        if progress is not None:
            progress(min(start + _PAGE, view.size), view.size)


def verify_log(
    file: IO[bytes],
    contracts: Contracts,
    expected_id: str | None = None,
    progress: Progress | None = None,
    known: Mapping[int, bytes] | None = None,
) -> AuditResult:
    """Check an exported log; `contracts` are the rules of its kinds, by version.

    `known` are roots by size that somebody else kept. A certificate in the file is a claim of its own.

    Never raises for what the file holds, but Fatal(rules-unknown) when a later release has to check it.
    """
    audit = _Audit(file)
    try:
        audit.run(contracts, expected_id, progress, known or {})
    except Differs as differs:
        claims = {**audit.claims, differs.claim: False}
        where = "" if differs.index is None else f"record {differs.index}: "
        return AuditResult(False, *audit.reached(), f"{where}{differs.what}", differs.index, claims)
    return AuditResult(True, *audit.reached(), None, None, audit.claims, audit.certified)


class _Audit:
    """One pass over a file."""

    def __init__(self, file: IO[bytes]) -> None:
        self.claims: dict[str, bool | None] = dict.fromkeys(CLAIMS)
        self.certified: Certified | None = None
        self._file = file
        self._replay: Replay | None = None

    def reached(self) -> tuple[int, str]:
        """Size and root (hex) of what was replayed."""
        return (self._replay.tip.size, self._replay.tip.log_root.hex()) if self._replay else (0, "")

    def run(
        self,
        contracts: Contracts,
        expected_id: str | None,
        progress: Progress | None,
        known: Mapping[int, bytes],
    ) -> None:
        header = self._read_header(expected_id)
        size = header["size"]
        record, heads = self._read_record(0)
        genesis = _genesis_of(record, header["ledger"])
        replay = self._replay = Replay(genesis, contracts)
        compare(replay.beginning, record, heads)
        watch = Watch(genesis, header.get("certificate"), known)
        watch.meet(replay)
        for index in range(1, size):
            replay.check(*self._read_record(index))
            watch.meet(replay)
            if progress is not None and (index + 1) % _PAGE == 0:
                progress(index + 1, size)
        if self._file.readline(1):
            raise Differs("unaltered", "the file goes on after its last record")
        if replay.tip.log_root != header["root"]:
            raise Differs("unaltered", "the log root differs from the one that the file states")
        self.claims.update(unaltered=True, signed=True)
        if header["checkpoint"] is not None:
            keys = checkpoint_keys(replay.get, genesis).values()
            _check_checkpoint(header["checkpoint"], keys, Checkpoint(genesis.origin, size, header["root"]))
            self.claims["checkpoint"] = True
        watch.check_all_met()
        if watch.certified is not None:
            self.claims["certificate"] = True
            self.certified = watch.certified
        if progress is not None:
            progress(size, size)

    def _read_header(self, expected_id: str | None) -> dict[str, Any]:
        header = self._read_line("the first line")
        well_formed = (
            header.keys() - {"certificate"} == _HEADER
            and (header["yaoshi"], header["version"]) == ("export", 1)
            and is_hex(header["ledger"], 64)
            and type(header["size"]) is int
            and header["size"] > 0
            and isinstance(header["root"], str)
            and isinstance(header["checkpoint"], str | None)
        )
        if not well_formed:
            raise Differs("unaltered", "the first line is not that of an exported ledger")
        if expected_id is not None and header["ledger"] != expected_id:
            raise Differs("unaltered", "the file is of another ledger than the expected one")
        try:
            return {**header, "root": unb64u(header["root"], 32)}
        except Malformed as malformed:
            raise Differs("unaltered", f"the first line is malformed ({malformed.code})") from None

    def _read_record(self, index: int) -> tuple[Record, bytes]:
        line = self._read_line("its line", index)
        if line.keys() != {"index", "record", "heads"} or line["index"] != index:
            raise Differs("unaltered", "its line is missing or another stands in its place", index)
        if not isinstance(line["record"], str) or not isinstance(line["heads"], str):
            raise Differs("unaltered", "its line is malformed", index)
        try:
            return decode_record(unb64u(line["record"])), unb64u(line["heads"], 32)
        except Malformed as malformed:
            raise Differs("unaltered", f"its line is malformed ({malformed.code})", index) from None

    def _read_line(self, name: str, index: int | None = None) -> dict[str, Any]:
        line = self._file.readline(_MAX_LINE)
        if not line.endswith(b"\n"):
            raise Differs("unaltered", f"{name} is missing or cut off", index)
        try:
            return parse_json(line, _MAX_LINE)
        except Malformed as malformed:
            raise Differs("unaltered", f"{name} is malformed ({malformed.code})", index) from None


def _genesis_of(record: Record, ledger_id: str) -> Genesis:
    try:
        genesis = parse_genesis(record.entry)
    except Malformed as malformed:
        raise Differs("signed", f"it holds no valid genesis ({malformed.code})", 0) from None
    if genesis.id != ledger_id:
        raise Differs("unaltered", "the genesis is not that of the ledger that the file names", 0)
    return genesis


def _check_checkpoint(note: str, keys: Iterable[str], wanted: Checkpoint) -> None:
    for key in keys:
        try:
            found = open_checkpoint(note, wanted.origin, unb64u(key))
        except Malformed:
            continue
        if replace(found, time=None) != wanted:
            raise Differs("checkpoint", "the checkpoint states another size or root")
        return
    raise Differs("checkpoint", "the checkpoint is not signed by an operator of this ledger")


def _header_of(view: View) -> dict[str, Any]:
    checkpoint: str | None
    try:
        checkpoint = view.checkpoint()
    except Unavailable:
        checkpoint = None
    return {
        "yaoshi": "export",
        "version": 1,
        "ledger": view.genesis.id,
        "size": view.size,
        "root": b64u(view.root),
        "checkpoint": checkpoint,
    }


def _line(document: dict[str, Any]) -> bytes:
    return canonical_json(document) + b"\n"
