"""Whether this member's part of a consortium's ledger works: application, node, and the others reached."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.consortium.directory import Nodes, read_directory
from gateway.consortium.pulse import BEHIND, SILENT, STILL, Pulse, level_of
from gateway.identity.keyring import operator_here
from gateway.operation.doctor.findings import FLASK, Finding, Meaning, Meanings, Scene
from gateway.operation.doctor.running import application_runs
from gateway.settings import Settings
from ledger.genesis import Genesis

MEANINGS = Meanings(
    {
        "application-down": Meaning(
            "wrong",
            "The ledger's application is not running.",
            "Nothing can be recorded here; the consensus node ends with it.",
            "账本应用没有运行。",
            "本节点无法记录任何内容；共识节点会随之退出。",
            "systemctl start yaoshi-application yaoshi-consensus",
        ),
        "node-silent": Meaning(
            "wrong",
            "The consensus node at {address} does not answer.",
            "Nothing can be recorded here.",
            "共识节点 {address} 没有应答。",
            "本节点无法记录任何内容。",
            "systemctl restart yaoshi-consensus; journalctl --namespace=yaoshi -u yaoshi-consensus -n 50",
        ),
        "consensus-behind": Meaning(
            "wrong",
            "This node is at block {height}, the others are at {level}.",
            "It catches up; or its consensus failed for good: its log then says CONSENSUS FAILURE.",
            "本节点在第 {height} 个区块，其他成员在第 {level} 个。",
            "它正在追赶；或共识已彻底失败：此时日志中有 CONSENSUS FAILURE。",
            FLASK + " consortium status    (if the height does not move: docs/consortium.md, Repair)",
        ),
        "consensus-still": Meaning(
            "wrong",
            "No block since {seconds} seconds, at block {height}.",
            "More than two thirds of the members are needed; or this node's consensus failed.",
            "{seconds} 秒以来没有新区块，当前为第 {height} 个。",
            "需要超过三分之二的成员；也可能是本节点的共识已失败。",
            FLASK + " consortium status",
        ),
        "member-unreached": Meaning(
            "warning",
            "{count} of {all} other members are not connected.",
            "All goes on while more than two thirds are there. Call those members, or the network's people.",
            "其他 {all} 个成员中有 {count} 个未连接。",
            "超过三分之二在线时其余成员照常运行。请联系这些成员或网络人员。",
            FLASK + " consortium status",
        ),
        "members-unknown": Meaning(
            "wrong",
            "The list of members' nodes cannot be read ({kind}).",
            "No other node is met, so nothing can be recorded here.",
            "无法读取成员节点名单（{kind}）。",
            "不会与任何节点建立连接，因此无法记录任何内容。",
            FLASK + " restore NEWEST_BACKUP_WITH_KEYS --replace",
        ),
    }
)


def examine(scene: Scene) -> Iterator[Finding]:
    """Nothing for a ledger of one operator."""
    settings = scene.settings
    genesis = scene.genesis()
    if genesis is None or not genesis.validators:
        return
    try:
        nodes = read_directory(settings.node_path)
    except (OSError, ValueError) as error:
        yield MEANINGS.of("members-unknown", kind=type(error).__name__)
        return
    if not application_runs(settings):
        yield MEANINGS.of("application-down")
        return
    yield from _chain(settings, genesis, nodes, scene.now)


def _chain(settings: Settings, genesis: Genesis, nodes: Nodes, now: int) -> Iterator[Finding]:
    pulse = Pulse(settings.consensus, lambda: now)
    found, code = pulse.measures(), pulse.code
    if found is None:
        yield MEANINGS.of(SILENT, address=settings.consensus)
        return
    if code == BEHIND:
        yield MEANINGS.of(BEHIND, height=found.height, level=level_of(found))
    elif code == STILL:
        yield MEANINGS.of(STILL, height=found.height, seconds=(now - found.newest) // 1000)
    own = operator_here(settings, genesis)
    others = {address.partition("@")[0] for one, address in nodes.items() if one != own}
    missing = others - found.peers.keys()
    if missing:
        yield MEANINGS.of("member-unreached", count=len(missing), all=len(others))
