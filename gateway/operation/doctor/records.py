"""Whether the databases are sound, belong together, and are as long as they are known to have been."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from gateway.console.audit_runs import check_file
from gateway.identity.keyring import hosted_here
from gateway.operation.doctor.findings import FLASK, Finding, Meaning, Meanings, Scene, day
from gateway.operation.openings import missing_openings
from gateway.operation.watermark import TOLD_MS, MarkUnreadableError, expected_mark, is_behind, read_mark
from gateway.settings import Settings
from gateway.store.database import connect_database
from gateway.store.migrate import head, version
from gateway.store.snapshot import damage_of
from ledger.audit import export_log
from ledger.engine.embedded import open_view_only
from ledger.errors import LedgerError, Unavailable
from ledger.genesis import Genesis, parse_genesis
from ledger.store.database import Store
from ledger.view import View

NEWEST = 10_000  # records whose openings are looked for, unless everything is
CLOCK_SLACK_MS = 5_000
MEANINGS = Meanings(
    {
        "ledger-rolled-back": Meaning(
            "wrong",
            "The ledger has {size} records here and had {known}: it is older than what was already shown.",
            "Nothing is recorded or released. Phones raise an alarm. Put the newer data back if it exists.",
            "账本现有 {size} 条记录，曾有 {known} 条：它比曾经出示的更旧。",
            "不记录也不释放任何内容，手机会报警。如果还有较新的数据，请把它恢复。",
            FLASK
            + " restore --replace NEWER_BACKUP_OR_FOLDER_KEPT_ASIDE    (only if there is none: "
            + FLASK
            + " ledger accept-loss)",
        ),
        "ledger-catching-up": Meaning(
            "warning",
            "The ledger has {size} records here and had {known}: the others have them, and they come back.",
            "Until then nothing is recorded or released here. Application and node must run.",
            "账本现有 {size} 条记录，曾有 {known} 条：其他成员有，正在取回。",
            "在此之前，本节点不记录也不释放任何内容。账本应用和共识节点必须在运行。",
            FLASK + " consortium status",
        ),
        "checkpoint-beyond": Meaning(
            "wrong",
            "The checkpoint that you gave names {known} records; the ledger here has {size}, or others.",
            "Somebody saw more than this node has. Restore with --expect, so that the node knows it, too.",
            "您给出的检查点有 {known} 条记录；此处账本有 {size} 条，或内容不同。",
            "有人见过本节点没有的记录。恢复时请带上 --expect，让节点也知道。",
            FLASK + " restore NEWER_BACKUP --replace --expect CHECKPOINT",
        ),
        "checkpoint-foreign": Meaning(
            "wrong",
            "The checkpoint that you gave is not one that this ledger's operator signed.",
            "It says nothing about this ledger, or it was altered.",
            "您给出的检查点不是本账本运营方签署的。",
            "它与本账本无关，或被改动过。",
            "",
        ),
        "ledger-records-lost": Meaning(
            "warning",
            "Records {size} to {known} of the ledger were given up on {day}.",
            "Phones that saw them keep an alarm. Permissions from before open nothing until given again.",
            "账本第 {size} 至 {known} 条记录已于 {day} 放弃。",
            "看到过它们的手机会一直报警。之前的授权在重新给出之前不再有效。",
            "",
        ),
        "clock-behind": Meaning(
            "wrong",
            "This machine's clock is {seconds} seconds behind the ledger's newest record.",
            "Entries are refused or stand under a wrong time. Let the machine set its clock by the network.",
            "本机时钟比账本最新记录慢 {seconds} 秒。",
            "记录会被拒绝或时间有误。请让本机通过网络校时。",
            "sudo timedatectl set-ntp true",
        ),
        "ledger-altered": Meaning(
            "wrong",
            "The ledger does not hold when it is replayed: {difference}.",
            "Its past is not what was signed. Keep the files as evidence.",
            "重放账本时发现有误：{difference}。",
            "它的历史与签名不符。请保留文件作为证据。",
            FLASK + " restore NEWEST_BACKUP --replace",
        ),
        "database-damaged": Meaning(
            "wrong",
            "{name} is damaged ({damage}).",
            "Records, accounts and openings in it may be lost. Restore the newest backup.",
            "{name} 已损坏（{damage}）。",
            "其中的病历、账户和明细可能丢失。请恢复最新的备份。",
            FLASK + " restore NEWEST_BACKUP --replace",
        ),
        "database-missing": Meaning(
            "wrong",
            "{name} is missing, and the ledger is not new.",
            "Records, accounts and the details of all entries were in it.",
            "缺少 {name}，而账本不是新的。",
            "病历、账户和所有记录的明细都在其中。",
            FLASK + " restore NEWEST_BACKUP --replace",
        ),
        "migrations-missing": Meaning(
            "note",
            "gateway.db is of an earlier release ({found}, this one has {wanted}).",
            "The next start of the node brings it up. Make a backup first.",
            "gateway.db 属于较早的版本（{found}，本版本为 {wanted}）。",
            "节点下次启动时会更新它。请先备份。",
            FLASK + " backup BEFORE_UPDATE.tar",
        ),
        "release-older": Meaning(
            "wrong",
            "gateway.db was written by a later release ({found}, this one has {wanted}).",
            "This program does not know its tables and does not start on them. Install the later release.",
            "gateway.db 由更新的版本写成（{found}，本版本为 {wanted}）。",
            "本程序不认识其中的表，不会启动。请安装更新的版本。",
            "git checkout LATER_RELEASE && make run",
        ),
        "openings-missing": Meaning(
            "wrong",
            "{count} entries of the ledger have no details here, the first at record {first}.",
            "Patients see looks that nobody explains. The database is older than the ledger, or was altered.",
            "账本有 {count} 条记录在此没有明细，首条为第 {first} 条。",
            "患者会看到无人说明的查看。数据库比账本旧，或被改动过。",
            FLASK + " restore NEWEST_BACKUP --replace",
        ),
    }
)


def examine(scene: Scene) -> Iterator[Finding]:
    """Both databases, each for itself and one with the other."""
    settings = scene.settings
    genesis = scene.genesis()
    if genesis is None:
        return
    sound = True
    files = (settings.ledger_path, settings.database_path) if settings.postgres is None else ()
    for path in files:
        damage = damage_of(path, whole=scene.deep) if path.exists() else None
        if damage is not None:
            sound = False
            yield MEANINGS.of("database-damaged", name=path.name, damage=damage)
    if sound and begun(settings):
        with open_view_only(settings.ledger_place, genesis.data) as view:
            yield from _length(scene, view)
            yield from _clock(scene, view)
            yield from _openings(scene, genesis, view)
            if scene.deep:
                yield from _replayed(settings, view)


def examine_length(scene: Scene) -> Iterator[Finding]:
    """Whether the ledger is as long as it is known to have been; quick, and nothing else is looked at."""
    try:
        genesis = parse_genesis(scene.settings.genesis_path.read_bytes())
        with open_view_only(scene.settings.ledger_place, genesis.data) as view:
            yield from _length(scene, view)
    except (OSError, LedgerError):
        return  # what cannot be read is the start's affair


def begun(settings: Settings) -> bool:
    """Whether there is a ledger to look at."""
    try:
        Store(settings.ledger_place, write=False).close()
    except Unavailable as error:
        return error.code != "ledger-missing"
    return True


def _length(scene: Scene, view: View) -> Iterator[Finding]:
    try:
        mark = read_mark(scene.settings.mark_path)
    except MarkUnreadableError:
        mark = None
    if mark is not None and mark.ledger == view.genesis.id:
        if is_behind(view, mark) and view.genesis.validators:
            yield MEANINGS.of("ledger-catching-up", size=view.size, known=mark.size)
        elif is_behind(view, mark):
            yield MEANINGS.of("ledger-rolled-back", size=view.size, known=mark.size)
        for loss in mark.losses:
            if loss.at > scene.now - TOLD_MS:
                yield MEANINGS.of("ledger-records-lost", size=loss.size, known=loss.known, day=day(loss.at))
    if scene.expected is not None:
        expected = expected_mark(view.genesis, scene.expected, scene.now)
        if expected is None:
            yield MEANINGS.of("checkpoint-foreign")
        elif is_behind(view, expected):
            yield MEANINGS.of("checkpoint-beyond", size=view.size, known=expected.size)


def _clock(scene: Scene, view: View) -> Iterator[Finding]:
    behind = view.time - scene.now
    if behind > CLOCK_SLACK_MS:
        yield MEANINGS.of("clock-behind", seconds=behind // 1000)


def _openings(scene: Scene, genesis: Genesis, view: View) -> Iterator[Finding]:
    path = scene.settings.database_path
    if scene.settings.postgres is None and not path.exists():
        if view.size > 1:
            yield MEANINGS.of("database-missing", name=path.name)
        return
    db = connect_database(scene.settings.database_place)
    try:
        with db.connect() as conn:
            found, wanted = version(conn), head()
            if found != wanted:
                code = "release-older" if (found or "") > (wanted or "") else "migrations-missing"
                yield MEANINGS.of(code, found=found, wanted=wanted)
                return
            newest = None if scene.deep else NEWEST
            missing = missing_openings(view, conn, hosted_here(scene.settings, genesis), newest)
    finally:
        db.dispose()
    if missing:
        yield MEANINGS.of("openings-missing", count=len(missing), first=missing[0])


def _replayed(settings: Settings, view: View) -> Iterator[Finding]:
    with tempfile.TemporaryFile(dir=settings.data) as file:
        export_log(view, file)
        file.seek(0)
        result = check_file(file, view.genesis.id, lambda done, total: None)
    if not result.ok:
        yield MEANINGS.of("ledger-altered", difference=result.first_difference)
