"""`flask ledger verify` and `compare`: what a ledger's files and hospitals say, held against signatures.

An export needs nothing but the file: every record is replayed from the genesis, and the validators'
signatures in it are judged by the votes in its own records. A receipt is held against an export, or against
the blocks that a hospital shows now, traced from the pinned genesis. Exit 1: something differs. Exit 3: it
could not be told, because somebody did not answer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.progress import Progress

from gateway.cli.opening import command_settings, now_ms, read_genesis
from gateway.contracts import CONTRACTS
from gateway.ledger_door.far import FarLedger, Start, genesis_at
from gateway.peers.http import Peers
from gateway.settings import SettingsError, settings_from_env
from ledger.audit import AuditResult, verify_log
from ledger.encoding import parse_json, unb64u
from ledger.engine.embedded import open_view_only
from ledger.errors import CODES, LedgerError, Malformed, Unavailable
from ledger.genesis import Genesis, parse_genesis
from ledger.light.chain import check_same
from ledger.light.validators import validators_of
from ledger.receipt import Proven, read_receipt
from ledger.record import decode_record
from ledger.registry import validators

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_MOST = 1024 * 1024
_ID = click.option("--ledger", "expected", help="The ledger id that was pinned (64 hex digits).")
DIFFERENT, NOT_TOLD = 1, 3


@click.command("verify")
@click.argument("file", type=_FILE)
@_ID
@click.option(
    "--in",
    "export",
    type=_FILE,
    help="For a receipt: an export of the ledger, which holds it or names the validators.",
)
@click.option("--at", "address", help="For a receipt: a hospital of the ledger, such as https://a.example.")
def verify(file: Path, expected: str | None, export: Path | None, address: str | None) -> None:
    """Check an exported file offline, entry by entry, or a receipt by what the validators signed."""
    receipt = _receipt_in(file)
    if receipt is None:
        _say_export(_audited(file, expected, {}))
    elif address is not None:
        ledger = _pinned(expected)
        _verify_at(receipt, address, ledger, _start(ledger, export))
    elif export is not None:
        _verify_in_export(receipt, export, expected)
    else:
        raise click.UsageError("a receipt is checked --in an export, or --at a hospital of the ledger")


@click.command("compare")
@click.argument("one")
@click.argument("other")
@_ID
@click.option("--in", "export", type=_FILE, help="An export from which the validators are known.")
def compare(one: str, other: str, expected: str | None, export: Path | None) -> None:
    """Hold the blocks of two hospitals (addresses) against each other; says when they keep two ledgers."""
    ledger = _pinned(expected)
    start = _start(ledger, export)
    with _asking() as peers:
        genesis = genesis_at(peers, one, ledger)
        first, second = FarLedger(peers, one, genesis), FarLedger(peers, other, genesis)
        left, right = first.believed(now_ms(), start), second.believed(now_ms(), start)
        height = min(left.block.header.height, right.block.header.height)
        documents = first.document(height), second.document(height)
        try:
            check_same(first.at(height), second.at(height))
            longer = first if left.size >= right.size else second
            longer.check_carried(left, right.size, right.root)
        except Malformed as malformed:
            click.echo(json.dumps({"height": height, one: documents[0], other: documents[1]}, indent=1))
            _differ(malformed)
    click.echo(f"Both hospitals show the same block at height {height}, signed by more than two thirds.")
    click.echo(f"两家医院在高度 {height} 出示的是同一个区块，超过三分之二的验证者已签名。")


def _verify_in_export(receipt: dict[str, Any], export: Path, expected: str | None) -> None:
    genesis = _genesis_in(export)
    proven = _proven(receipt, genesis)
    result = _audited(export, expected, {proven.checkpoint.size: proven.checkpoint.root})
    _say_export(result)
    _say_receipt(proven, bool(result.claims.get("certificate")))


def _verify_at(receipt: dict[str, Any], address: str, ledger: str, start: Start) -> None:
    with _asking() as peers:
        genesis = genesis_at(peers, address, ledger)
        proven = _proven(receipt, genesis)
        far = FarLedger(peers, address, genesis)
        certified = far.believed(now_ms(), start)
        far.check_carried(certified, proven.checkpoint.size, proven.checkpoint.root)
    header = certified.block.header
    click.echo(
        f"Block {header.height} is signed by more than two thirds; ledger of {certified.size} records."
    )
    click.echo(f"区块 {header.height} 由超过三分之二的验证者签名，账本共 {certified.size} 条记录。")
    _say_receipt(proven, certified=True)


def _audited(file: Path, expected: str | None, known: Mapping[int, bytes]) -> AuditResult:
    with file.open("rb") as source, Progress(transient=True) as progress:
        task = progress.add_task("Checking", total=None)
        return verify_log(
            source,
            contracts=CONTRACTS,
            expected_id=expected,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
            known=known,
        )


def _say_export(result: AuditResult) -> None:
    if not result.ok:
        click.echo(f"DIFFERENT: {result.first_difference}. {result.size} records before it hold.")
        click.echo(f"不一致：见上。此前的 {result.size} 条记录成立。")
        sys.exit(DIFFERENT)
    click.echo(f"Everything holds: {result.size} records, root {result.root}")
    click.echo(f"全部成立：{result.size} 条记录。")
    if result.claims.get("certificate"):
        click.echo("More than two thirds of the validators, whom the operators voted for, signed this log.")
        click.echo("各运营方投票决定的验证者中，超过三分之二签署了这份账本。")
    elif not result.claims["checkpoint"]:
        click.echo("The file has no checkpoint: compare size and root with one that somebody else kept.")
        click.echo("文件没有核对凭证：请将记录数与根值同他人保存的凭证比对。")


def _say_receipt(proven: Proven, certified: bool) -> None:
    record = proven.record
    click.echo(f"The receipt holds: entry {proven.entry.id} is record {record.index} of this ledger.")
    click.echo(f"回执成立：该条目是本账本的第 {record.index} 号记录。")
    if not certified:
        click.echo("That other hospitals signed it was not shown: the export holds no signatures of theirs.")
        click.echo("未能证明其他医院已签名：导出文件中没有它们的签名。")


def _receipt_in(file: Path) -> dict[str, Any] | None:
    """The receipt in a file, None when it is none: then it is an export."""
    with file.open("rb") as source:
        data = source.read(_MOST + 1)
    try:
        document = parse_json(data, _MOST)
    except Malformed:
        return None
    return document if "record" in document else None


def _proven(receipt: dict[str, Any], genesis: Genesis) -> Proven:
    try:
        proven = read_receipt(receipt, genesis.origin)
        if proven.entry.payload["ledger"] != genesis.id:
            raise Malformed("receipt-form", "an entry of another ledger")
    except Malformed as malformed:
        _differ(malformed)
    return proven


def _genesis_in(export: Path) -> Genesis:
    """The genesis in an export's first record, for its name; the audit checks that record."""
    with export.open("rb") as file:
        file.readline(_MOST)
        line = file.readline(2 * _MOST)
    try:
        return parse_genesis(decode_record(unb64u(parse_json(line, 2 * _MOST)["record"])).entry)
    except (Malformed, KeyError):
        _differ(Malformed("genesis-form", "the export does not begin with a genesis"))


def _start(ledger: str, export: Path | None) -> Start:
    """An export's last certified block, or the validators that a member's own replica names."""
    if export is not None:
        result = _audited(export, ledger, {})
        if not result.ok:
            _say_export(result)
        return Start(result.certified.block if result.certified else None)
    try:
        settings = settings_from_env()
        here = parse_genesis(settings.genesis_path.read_bytes())
    except (SettingsError, OSError, Malformed):
        return Start()
    if here.id != ledger or not here.validators:
        return Start()
    try:
        with open_view_only(settings.ledger_place, here.data) as view:
            return Start(voted=validators_of(validators(view.get)))
    except LedgerError:  # a replica that cannot be read helps nobody, and spoils nothing
        return Start()


def _pinned(expected: str | None) -> str:
    return expected or read_genesis(command_settings()).id


@contextmanager
def _asking() -> Iterator[Peers]:
    peers = Peers(own_machine=True)  # the addresses are those that were typed
    try:
        yield peers
    except Malformed as malformed:
        _differ(malformed)
    except Unavailable as outage:
        click.echo(f"Not told: a hospital gave no answer that can be read ({outage.detail}).", err=True)
        click.echo("无法判断：有医院没有给出可读的答复。", err=True)
        sys.exit(NOT_TOLD)
    finally:
        peers.close()


def _differ(malformed: Malformed) -> NoReturn:
    title_en, title_zh, todo_en, todo_zh = CODES[malformed.code]
    click.echo(f"DIFFERENT ({malformed.code}): {title_en}. {todo_en}")
    click.echo(f"不一致（{malformed.code}）：{title_zh}。{todo_zh}")
    sys.exit(DIFFERENT)
