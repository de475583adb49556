"""What people read for each code that only a consortium's ledger answers, in English and Chinese."""

from __future__ import annotations

# code: (title en, title zh, to do en, to do zh)
CODES: dict[str, tuple[str, str, str, str]] = {
    "no-quorum": (
        "The members of the consortium have not agreed on it yet",
        "联盟各方尚未就此达成一致",
        "It is not recorded yet and nothing was released; it may be recorded later, once. Send it again.",
        "尚未记录，也未放行任何内容；之后仍可能被记录一次。请稍后重新发送同一内容。",
    ),
    "rules-failed": (
        "The rules could not judge this entry",
        "规则无法判断这条记录",
        "Nothing was recorded. Tell whoever runs the node; sending the same again will not help.",
        "没有记录任何内容。请通知节点管理员；重新发送同一内容无济于事。",
    ),
    "engine-differs": (
        "This ledger is written by another engine",
        "本账本由另一种引擎写入",
        "Stop. Start the node with the engine with which this ledger began.",
        "请停止。请用开始本账本时的引擎启动节点。",
    ),
    "chain-differs": (
        "The chain of blocks belongs to another ledger",
        "区块链属于另一个账本",
        "Stop. Give CometBFT the genesis file that was made for this ledger.",
        "请停止。请为 CometBFT 提供为本账本生成的创世文件。",
    ),
    "height-differs": (
        "CometBFT and the ledger are not at the same block",
        "CometBFT 与账本所处的区块不一致",
        "Stop both and start them again. If that does not help, restore an older backup of the ledger.",
        "请停止两者后重新启动。如再次出现，请恢复较早的账本备份。",
    ),
    "app-hash-differs": (
        "The ledger is not as it was after its last block",
        "账本与其最后一个区块之后的状态不一致",
        "Stop, keep the files, delete the ledger's copy and let the node build it again from the others.",
        "请停止，保留文件，然后移走本地账本，让节点从其他成员处重新建立。",
    ),
}
