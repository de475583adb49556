"""Whether the machine gives the node what it needs: Python and libraries, disk, clock, a user of its own."""

from __future__ import annotations

import ctypes
import platform
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

from gateway.operation.backup.noted import last_backup
from gateway.operation.doctor.findings import FLASK, Finding, Meaning, Meanings, Scene, day, quoted
from gateway.settings import ROOT, Settings
from gateway.web.disk import disk_state

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 35, 0)  # RETURNING and the upserts that the stores use
PINNED = re.compile(r"([A-Za-z0-9._-]+)==([^\s;\\]+)([^\\]*)")
TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
MEANINGS = Meanings(
    {
        "python-old": Meaning(
            "wrong",
            "This is Python {found}; {wanted} or later is needed.",
            "The program is not made for it.",
            "当前为 Python {found}，需要 {wanted} 或更高。",
            "程序不支持此版本。",
            "sudo apt install python3.11-venv && rm -r .venv && make run",
        ),
        "sqlite-old": Meaning(
            "wrong",
            "This Python has SQLite {found}; {wanted} or later is needed.",
            "The databases cannot be written.",
            "此 Python 的 SQLite 为 {found}，需要 {wanted} 或更高。",
            "无法写入数据库。",
            "sudo apt install --only-upgrade libsqlite3-0",
        ),
        "libraries-differ": Meaning(
            "warning",
            "Libraries differ from requirements.txt: {names}.",
            "The node runs with versions that were not tested with it.",
            "程序库与 requirements.txt 不一致：{names}。",
            "节点使用了未经测试的版本。",
            ".venv/bin/pip install --require-hashes -r requirements.txt",
        ),
        "disk-full": Meaning(
            "wrong",
            "{free} MiB are free on the disk of {path}: too little.",
            "The node takes no entry and releases nothing until there is room.",
            "{path} 所在磁盘剩余 {free} MiB，空间不足。",
            "在腾出空间之前，节点不接受记录，也不释放任何内容。",
            "du -xh {quoted} | sort -h | tail",
        ),
        "disk-low": Meaning(
            "warning",
            "{free} MiB are free on the disk of {path}.",
            "Below {stop} MiB the node stops writing.",
            "{path} 所在磁盘剩余 {free} MiB。",
            "低于 {stop} MiB 时节点将停止写入。",
            "du -xh {quoted} | sort -h | tail",
        ),
        "clock-free": Meaning(
            "warning",
            "Nothing sets this machine's clock.",
            "A clock that drifts makes grants end too early or too late, and phones call checkpoints stale.",
            "本机时钟没有校时。",
            "时钟漂移会使授权过早或过晚结束，手机也会认为检查点过期。",
            "sudo timedatectl set-ntp true",
        ),
        "running-as-root": Meaning(
            "warning",
            "The node runs as root.",
            "A fault in it would be a fault of the whole machine. Give it a user of its own.",
            "节点以 root 运行。",
            "它的故障会成为整台机器的故障。请为它建立专用用户。",
            "sudo useradd --system --home-dir /opt/yaoshi yaoshi; "
            "sudo chown yaoshi: {beside} && sudo chown -R yaoshi: {quoted}",
        ),
        "backup-none": Meaning(
            "warning",
            "This node was never backed up.",
            "If this disk fails, records, accounts and the ledger are gone.",
            "本节点从未备份。",
            "如果磁盘损坏，病历、账户和账本都会丢失。",
            FLASK + " backup /BACKUPS/yaoshi-$(date +%F).tar",
        ),
        "backup-old": Meaning(
            "warning",
            "The newest backup is of {day}, {hours} hours ago.",
            "What came since would be lost with this disk.",
            "最新的备份在 {day}，{hours} 小时之前。",
            "如果磁盘损坏，此后的内容会丢失。",
            FLASK + " backup /BACKUPS/yaoshi-$(date +%F).tar",
        ),
        "left-over": Meaning(
            "note",
            "{path} is left from a restore or a founding.",
            "It holds keys or records. Remove it once you are sure that you do not need it.",
            "{path} 是恢复或建立账本时留下的。",
            "其中有密钥或病历。确认不再需要后请删除。",
            "rm -r {quoted}",
        ),
    }
)


def examine(scene: Scene) -> Iterator[Finding]:
    """The program's surroundings, and what lies around that should not."""
    yield from _program()
    data = scene.settings.data
    if scene.uid == 0 and data.exists() and data.stat().st_uid == 0:
        beside = (data.parent, data.parent / "demo.json", scene.settings.mark_path)
        names = " ".join(quoted(path) for path in beside if path.exists())
        yield MEANINGS.of("running-as-root", quoted=quoted(data), beside=names)
    if _clock_is_free():
        yield MEANINGS.of("clock-free")
    if data.exists():
        yield from _disk(scene.settings)
        yield from _backup(scene)
    yield from _left_over(scene.settings)


def _program() -> Iterator[Finding]:
    if sys.version_info[:2] < OLDEST_PYTHON:
        yield MEANINGS.of("python-old", found=platform.python_version(), wanted=_dotted(OLDEST_PYTHON))
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        yield MEANINGS.of("sqlite-old", found=sqlite3.sqlite_version, wanted=_dotted(OLDEST_SQLITE))
    differing = [name for name, wanted, optional in _wanted() if _differs(name, wanted, optional)]
    if differing:
        names = ", ".join(differing[:5]) + (f" (+{len(differing) - 5})" if len(differing) > 5 else "")
        yield MEANINGS.of("libraries-differ", names=names)


def _wanted() -> Iterator[tuple[str, str, bool]]:
    """(name, version, whether a marker may leave it out) of each line of the lock."""
    for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines():
        found = PINNED.match(line)
        if found is not None:
            yield found[1], found[2], ";" in found[3]


def _differs(name: str, wanted: str, optional: bool) -> bool:
    try:
        return installed(name) != wanted
    except PackageNotFoundError:
        return not optional


def _clock_is_free() -> bool:
    """Whether nothing sets the kernel's clock (adjtimex(2), reading only); False where it cannot tell."""
    try:
        return bool(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)) == TIME_ERROR)
    except (OSError, AttributeError):
        return False


def _disk(settings: Settings) -> Iterator[Finding]:
    state = disk_state(settings)
    if state is not None:
        free, stop = shutil.disk_usage(settings.data).free >> 20, settings.disk_stop_bytes >> 20
        facts = {"free": free, "stop": stop, "quoted": quoted(settings.data)}
        yield MEANINGS.of(state, path=settings.data, **facts)


def _backup(scene: Scene) -> Iterator[Finding]:
    saved = last_backup(scene.settings)
    if saved is None:
        yield MEANINGS.of("backup-none")
    elif 0 < scene.settings.backup_warn_ms < scene.now - saved.at:
        yield MEANINGS.of("backup-old", day=day(saved.at), hours=(scene.now - saved.at) // 3_600_000)


def _left_over(settings: Settings) -> Iterator[Finding]:
    data = settings.data
    signs = tuple(f"{data.name}.{sign}" for sign in ("before-", "restoring", "checking", "founding"))
    for path in sorted(data.parent.glob("*")):
        if data.exists() and path.name.startswith(signs) and path.is_dir():
            yield MEANINGS.of("left-over", path=path, quoted=quoted(path))
    for path in sorted(data.glob(".yaoshi-backup-*")):
        yield MEANINGS.of("left-over", path=path, quoted=quoted(path))


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(str(number) for number in numbers)
