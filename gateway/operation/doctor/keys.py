"""Whether the keys are those that the ledger names, and whether they are kept where they belong.

A node signs with what lies in keys/; the ledger says which key is whose. Keys of keys-waiting/ count when the
ledger names them: the next start puts them in place (gateway.identity.rotation).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.identity.founding import OFFLINE_USES
from gateway.identity.keyring import operator_here
from gateway.operation.backup.noted import last_backup
from gateway.operation.doctor.findings import FLASK, Finding, Meaning, Meanings, Scene, quoted
from gateway.operation.doctor.running import running_node
from gateway.settings import Settings
from ledger.encoding import b64u, unb64u
from ledger.engine.embedded import open_view_only
from ledger.errors import LedgerError, Malformed
from ledger.genesis import INSTITUTION_USES, Genesis
from ledger.signing import public_key

WORKING = tuple(use for use in INSTITUTION_USES if use not in OFFLINE_USES)
MEANINGS = Meanings(
    {
        "keys-none": Meaning(
            "wrong",
            "{path} holds no keys of an institution of this ledger.",
            "Without keys the node acts for nobody.",
            "{path} 中没有本账本任何机构的密钥。",
            "没有密钥，节点不能代表任何机构。",
            "tar -xf BACKUP_WITH_KEYS -C {quoted} keys && chmod -R go= {quoted}",
        ),
        "key-missing": Meaning(
            "wrong",
            "The {use} key of {code} is missing in {path}.",
            "What that key signs is refused until it is back or a new one is made.",
            "{path} 中缺少 {code} 的 {use} 密钥。",
            "在找回或重新生成之前，需要它签名的操作都会被拒绝。",
            FLASK + " institution rotate {code} --use {use} --offline FOLDER_OF_OFFLINE_KEYS",
        ),
        "key-differs": Meaning(
            "wrong",
            "The {use} key of {code} in {path} is not the one that the ledger names.",
            "The ledger refuses what it signs: keys and ledger are from different times.",
            "{path} 中 {code} 的 {use} 密钥与账本所列不符。",
            "账本会拒绝它的签名：密钥与账本不是同一时期的。",
            FLASK + " institution rotate {code} --use {use} --offline FOLDER_OF_OFFLINE_KEYS",
        ),
        "key-malformed": Meaning(
            "wrong",
            "{path} does not hold a key.",
            "The file is damaged or was written by something else.",
            "{path} 不是密钥文件。",
            "文件已损坏，或由其他程序写成。",
            "mv {quoted} {quoted}.damaged",
        ),
        "checkpoint-key": Meaning(
            "wrong",
            "The operator's checkpoint key is not in {path}, or is another one.",
            "Nobody can check what this node shows, so it does not start. Only a copy of the key mends this.",
            "{path} 中没有运营方的检查点密钥，或密钥不符。",
            "没有它，任何人都无法核对本节点出示的内容，因此节点不会启动。只能用该密钥的副本恢复。",
            "tar -xf BACKUP_WITH_KEYS -C {quoted} keys && chmod -R go= {quoted}",
        ),
        "rotation-unfinished": Meaning(
            "note",
            "New keys of a rotation wait in {path}.",
            "The rotation was cut off. The next start of the node finishes it.",
            "轮换产生的新密钥还在 {path} 中等待。",
            "轮换曾被中断。节点下次启动时会完成它。",
            "",
        ),
        "keys-unread": Meaning(
            "warning",
            "Keys in {path} are newer than the running node.",
            "The node still signs with the earlier ones: it reads its keys when it starts.",
            "{path} 中的密钥比正在运行的节点更新。",
            "节点只在启动时读取密钥，目前仍用旧密钥签名。",
            "kill -HUP {pid}",
        ),
        "offline-here": Meaning(
            "warning",
            "The offline keys are still on this machine, in {path}.",
            "Whoever takes over the machine could change the institutions' keys for good.",
            "离线密钥仍在本机的 {path} 中。",
            "控制了本机的人可以永久更换机构的密钥。",
            "cp -r {quoted} /media/STICK/ && cp -r {quoted} /media/SECOND_STICK/ && rm -r {quoted}",
        ),
        "keys-unsaved": Meaning(
            "warning",
            "The keys have never been saved, or have changed since.",
            "If this disk fails, the institutions need their offline keys and the ledger's operator is lost.",
            "密钥从未备份，或备份之后有变动。",
            "如果磁盘损坏，机构须动用离线密钥，账本运营方的密钥则无法找回。",
            FLASK + " backup --with-keys /media/SAFE/yaoshi-keys.tar",
        ),
    }
)


def examine(scene: Scene) -> Iterator[Finding]:
    """Presence, form and fit of every working key; where the offline keys are; whether keys were saved."""
    settings = scene.settings
    genesis = scene.genesis()
    if genesis is None:
        return
    yield from _institutions(settings, _registered(settings, genesis))
    yield from _checkpoint(settings, genesis)
    if any(settings.keys_waiting_path.glob("*/*.key")):
        yield MEANINGS.of("rotation-unfinished", path=settings.keys_waiting_path)
    if any(settings.offline_path.glob("*/*.key")):
        yield MEANINGS.of("offline-here", path=settings.offline_path, quoted=quoted(settings.offline_path))
    yield from _times(settings)


def _registered(settings: Settings, genesis: Genesis) -> dict[str, tuple[str, Mapping[str, str]]]:
    """{institution: (code, keys by use)} as the ledger names them now, or as its genesis does."""
    try:
        with open_view_only(settings.ledger_place, genesis.data) as view:
            return {one.id: (one.code, one.keys) for one in view.institutions()}
    except LedgerError:
        return {one["id"]: (one["code"], one["keys"]) for one in genesis.institutions}


def _institutions(
    settings: Settings, registered: Mapping[str, tuple[str, Mapping[str, str]]]
) -> Iterator[Finding]:
    hosted = [subject for subject in registered if any((settings.keys_path / subject).glob("*.key"))]
    if not hosted:
        yield MEANINGS.of("keys-none", path=settings.keys_path, quoted=quoted(settings.data))
    for subject in hosted:
        code, keys = registered[subject]
        for use in WORKING:
            path = settings.keys_path / subject / f"{use}.key"
            waiting = settings.keys_waiting_path / subject / f"{use}.key"
            if _public(waiting) == keys[use]:
                continue
            found = _public(path)
            if not path.exists():
                yield MEANINGS.of("key-missing", path=path.parent, code=code, use=use)
            elif found is None:
                yield MEANINGS.of("key-malformed", path=path, quoted=quoted(path))
            elif found != keys[use]:
                yield MEANINGS.of("key-differs", path=path.parent, code=code, use=use)


def _checkpoint(settings: Settings, genesis: Genesis) -> Iterator[Finding]:
    operator = operator_here(settings, genesis)
    path = settings.keys_path / operator / "checkpoint.key"
    if _public(path) != _checkpoint_keys(settings, genesis).get(operator):
        yield MEANINGS.of("checkpoint-key", path=path.parent, quoted=quoted(settings.data))


def _checkpoint_keys(settings: Settings, genesis: Genesis) -> dict[str, str]:
    """{operator: its checkpoint key} of all on the ledger, who came later, too."""
    try:
        with open_view_only(settings.ledger_place, genesis.data) as view:
            return {one.id: one.keys["checkpoint"] for one in view.operators()}
    except LedgerError:
        return {one["id"]: one["keys"]["checkpoint"] for one in genesis.operators}


def _times(settings: Settings) -> Iterator[Finding]:
    changed = max((path.stat().st_mtime_ns for path in settings.keys_path.glob("*/*.key")), default=0)
    node = running_node(settings)
    if node is not None and changed > node.since_ns:
        yield MEANINGS.of("keys-unread", path=settings.keys_path, pid=node.pid)
    saved = last_backup(settings)
    if changed // 1_000_000 > (saved.keys_at if saved is not None else 0):
        yield MEANINGS.of("keys-unsaved")


def _public(path: Path) -> str | None:
    try:
        return b64u(public_key(unb64u(path.read_text("ascii").strip(), 32)))
    except (OSError, UnicodeDecodeError, Malformed):
        return None
