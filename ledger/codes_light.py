"""What people read for each reason why a block is not what the validators agreed on."""

from __future__ import annotations

_DOUBT_EN = "Do not rely on what was shown. Keep the file and ask another hospital of the same ledger."
_DOUBT_ZH = "请不要相信所显示的内容。请保留文件，并向同一账本的另一家医院核对。"

# code: (title en, title zh, to do en, to do zh)
CODES: dict[str, tuple[str, str, str, str]] = {
    "light-none": (
        "This ledger has no blocks: one operator writes it",
        "本账本由一个运营方写入，没有区块",
        "Compare its checkpoint with one that somebody else kept.",
        "请将其核对凭证与他人保存的凭证比对。",
    ),
    "node-silent": (
        "The consensus node does not answer",
        "共识节点没有应答",
        "Nothing is wrong with the records. Try again in a minute; if it lasts, start the node again.",
        "记录本身没有问题。请一分钟后重试；如持续如此，请重新启动共识节点。",
    ),
    "light-form": ("This is not a block as it must be written", "区块的格式不正确", _DOUBT_EN, _DOUBT_ZH),
    "light-chain": ("A block of another ledger", "这是另一个账本的区块", _DOUBT_EN, _DOUBT_ZH),
    "light-hash": (
        "The votes are for another block than the one shown",
        "表决的并不是所出示的区块",
        _DOUBT_EN,
        _DOUBT_ZH,
    ),
    "light-validators": (
        "The block names other validators than those shown",
        "区块所指的验证者与所出示的不一致",
        _DOUBT_EN,
        _DOUBT_ZH,
    ),
    "light-signature": (
        "A validator's signature does not hold",
        "有一个验证者的签名不成立",
        _DOUBT_EN,
        _DOUBT_ZH,
    ),
    "light-power": (
        "Not more than two thirds of the validators signed",
        "签名的验证者没有超过三分之二",
        _DOUBT_EN,
        _DOUBT_ZH,
    ),
    "light-order": (
        "The block does not come after the one that is trusted",
        "该区块不在已信任的区块之后",
        "Check the clock of this machine. If it is right, do not rely on what was shown.",
        "请检查本机时钟。如时钟无误，请不要相信所显示的内容。",
    ),
    "light-untrusted": (
        "The block's validators do not follow from those that are trusted",
        "该区块的验证者无法由已信任的验证者推出",
        _DOUBT_EN,
        _DOUBT_ZH,
    ),
    "light-expired": (
        "The trusted block is older than 14 days: nothing may be left out after it",
        "已信任的区块早于 14 天，其后的区块不可跳过",
        "Check the whole export of the ledger, which shows who voted for the validators.",
        "请核对账本的完整导出文件，其中记有验证者是由谁投票决定的。",
    ),
    "light-far": (
        "Too many blocks lie between the trusted one and this one",
        "已信任的区块与该区块之间相隔太多",
        "Check the whole export of the ledger, which shows who voted for the validators.",
        "请核对账本的完整导出文件，其中记有验证者是由谁投票决定的。",
    ),
    "light-changing": (
        "The validators are just changing",
        "验证者正在变更",
        "Take a block that is some minutes later.",
        "请取几分钟之后的区块。",
    ),
    "light-voted": (
        "The operators did not vote for these validators",
        "这些验证者不是各运营方投票决定的",
        _DOUBT_EN,
        _DOUBT_ZH,
    ),
    "light-app-hash": (
        "The validators signed another state of the ledger",
        "验证者签署的是账本的另一个状态",
        _DOUBT_EN,
        _DOUBT_ZH,
    ),
    "light-consistency": (
        "This is not the log that the validators signed",
        "这不是验证者所签署的账本",
        _DOUBT_EN,
        _DOUBT_ZH,
    ),
    "light-fork": (
        "Two hospitals show two different blocks of one height",
        "两家医院在同一高度出示了不同的区块",
        "Keep both blocks: they prove that some validators signed twice. Tell all operators of the ledger.",
        "请保留两个区块：它们证明有验证者签了两次。请通知本账本的所有运营方。",
    ),
}
