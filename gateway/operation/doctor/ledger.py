"""Whether genesis, ledger and addresses fit each other, so that a node can start on them at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from gateway.operation.addresses import consoles, fit
from gateway.operation.doctor.findings import FLASK, Finding, Meaning, Meanings, Scene, quoted
from gateway.operation.watermark import MarkUnreadableError, read_mark
from gateway.settings import Settings
from ledger.engine.embedded import open_view_only
from ledger.engine.startup import load_tip
from ledger.errors import LedgerError, Unavailable
from ledger.genesis import Genesis, parse_genesis
from ledger.store.database import Store

MEANINGS = Meanings(
    {
        "not-founded": Meaning(
            "note",
            "{path} holds no ledger yet.",
            "The first start founds one: fresh keys, a genesis, nothing else.",
            "{path} 中还没有账本。",
            "首次启动会建立账本：新的密钥、创世文件，别无其他。",
            FLASK + " serve --no-demo",
        ),
        "restore-cut-off": Meaning(
            "wrong",
            "A restore was cut off: {left} is there, and {path} is not.",
            "Nothing is lost: the data from before lies in the folder named .before-…",
            "恢复被中断：有 {left}，没有 {path}。",
            "没有丢失任何内容：之前的数据在名为 .before-… 的文件夹中。",
            FLASK + " restore BACKUP",
        ),
        "genesis-unreadable": Meaning(
            "wrong",
            "{path} is not the genesis of a ledger ({code}).",
            "Without it nobody can tell which ledger this is. Every backup holds a copy.",
            "{path} 不是账本的创世文件（{code}）。",
            "没有它就无法确认这是哪一个账本。每份备份都有副本。",
            FLASK + " restore BACKUP --replace",
        ),
        "addresses-differ": Meaning(
            "wrong",
            "The ledger is that of {console} and {wallet}; the settings say {now_console} and {now_wallet}.",
            "Phones and partners know it by its first addresses, and these are signed into its genesis.",
            "账本的地址是 {console} 和 {wallet}，而设置为 {now_console} 和 {now_wallet}。",
            "手机和合作机构只认最初的地址，地址已签入创世文件。",
            "export YAOSHI_CONSOLE={console} YAOSHI_WALLET={wallet}",
        ),
        "ledger-damaged": Meaning(
            "wrong",
            "The ledger file does not hold ({code}: {detail}).",
            "The node does not start on it. Keep the file: it may help to find out what happened.",
            "账本文件有误（{code}：{detail}）。",
            "节点不会以它启动。请保留此文件，有助于查明原因。",
            FLASK + " restore NEWEST_BACKUP --replace",
        ),
        "mark-unreadable": Meaning(
            "wrong",
            "{path} cannot be read, which says how long the ledger is known to have been.",
            "Without it an older ledger goes unnoticed. First compare with an auditor's checkpoint.",
            "无法读取 {path}，其中记着账本已知的长度。",
            "没有它，节点就发现不了账本变旧。请先与审计员保存的检查点比对。",
            "mv {quoted} {quoted}.unreadable",
        ),
        "log-unwritable": Meaning(
            "wrong",
            "The log cannot be written to {path}.",
            "The node would run without a trace of what it does.",
            "无法把日志写入 {path}。",
            "节点将在没有日志的情况下运行。",
            "mkdir -p {folder} && touch {quoted}",
        ),
    }
)


def examine(scene: Scene) -> Iterator[Finding]:
    """What a start needs: the genesis, the ledger's end, its addresses, its mark, a place for the log."""
    settings = scene.settings
    yield from _outside(settings)
    if not settings.genesis_path.exists():
        yield _missing(settings)
        return
    try:
        genesis = parse_genesis(settings.genesis_path.read_bytes())
    except (OSError, LedgerError) as error:
        code = error.code if isinstance(error, LedgerError) else type(error).__name__
        yield MEANINGS.of("genesis-unreadable", path=settings.genesis_path, code=code)
        return
    yield from _addresses(settings, genesis)
    yield from _ending(settings, genesis)


def _missing(settings: Settings) -> Finding:
    data = settings.data
    signs = (f"{data.name}.before-", f"{data.name}.restoring")
    left = sorted(path for path in data.parent.glob("*") if path.name.startswith(signs))
    if left and not data.exists():
        return MEANINGS.of("restore-cut-off", path=data, left=left[0])
    return MEANINGS.of("not-founded", path=data)


def _outside(settings: Settings) -> Iterator[Finding]:
    try:
        read_mark(settings.mark_path)
    except MarkUnreadableError:
        yield MEANINGS.of("mark-unreadable", path=settings.mark_path, quoted=quoted(settings.mark_path))
    if settings.log is not None and not _writable(settings.log):
        facts = {"folder": quoted(settings.log.parent), "quoted": quoted(settings.log)}
        yield MEANINGS.of("log-unwritable", path=settings.log, **facts)


def _writable(path: Path) -> bool:
    return os.access(path if path.exists() else path.parent, os.W_OK) and not path.is_dir()


def _addresses(settings: Settings, genesis: Genesis) -> Iterator[Finding]:
    if not fit(settings, genesis, settings.ledger_place):
        yield MEANINGS.of(
            "addresses-differ",
            console=" / ".join(consoles(genesis, settings.ledger_place)),
            wallet=genesis.wallet,
            now_console=settings.console_origin,
            now_wallet=settings.wallet_origin,
        )


def _ending(settings: Settings, genesis: Genesis) -> Iterator[Finding]:
    try:
        with open_view_only(settings.ledger_place, genesis.data):
            store = Store(settings.ledger_place, write=False)
        try:
            with store.snapshot() as connection:
                load_tip(connection)
        finally:
            store.close()
    except Unavailable as error:
        # Founded and not yet begun; a start brings it up; a moment's outage.
        if error.code not in ("ledger-missing", "schema-older", "ledger-busy"):
            yield MEANINGS.of("ledger-damaged", code=error.code, detail=error.detail)
    except LedgerError as error:
        yield MEANINGS.of("ledger-damaged", code=error.code, detail=error.detail)
