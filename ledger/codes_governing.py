"""What people read for each code of governing, quotas and batches: title and what to do, in two languages."""

from __future__ import annotations

# code: (title en, title zh, to do en, to do zh)
CODES: dict[str, tuple[str, str, str, str]] = {
    "change-form": (
        "What is proposed is not a change that this ledger knows",
        "所提议的内容不是本账本认可的变更",
        "Nothing was recorded. Make the proposal again with the govern command.",
        "没有记录任何内容。请使用 govern 命令重新提出。",
    ),
    "proposals-full": (
        "This operator has too many open proposals",
        "该运营方未决的提议过多",
        "Nothing was recorded. Wait until one is decided or over.",
        "没有记录任何内容。请等待其中一项通过或过期。",
    ),
    "proposal-not-open": (
        "There is no such open proposal",
        "没有这项未决的提议",
        "Nothing was recorded. It may be decided or over; list the open ones.",
        "没有记录任何内容。它可能已通过或过期，请列出未决的提议。",
    ),
    "vote-given": (
        "This operator has voted on this proposal",
        "该运营方已对此提议投票",
        "Nothing was changed. An operator votes once; to decide anew, propose anew.",
        "未作任何更改。每个运营方只投一票；如需重新决定，请重新提议。",
    ),
    "key-unproven": (
        "A new key did not prove that it is held",
        "新密钥未能证明确由申报者持有",
        "Nothing was changed. Each new key signs a proof for this ledger: make the change with our commands.",
        "未作任何更改。每个新密钥须为本账本签署证明：请用本系统的命令生成变更。",
    ),
    "party-known": (
        "An operator or institution with this id or code is or was on the ledger",
        "账本上已有或曾有使用该标识或代码的运营方或机构",
        "Nothing was recorded. Propose it with another id or code.",
        "没有记录任何内容。请使用其他标识或代码提议。",
    ),
    "party-unknown": (
        "No active operator or institution has this id",
        "没有使用该标识的在册运营方或机构",
        "Nothing was recorded. Check the id in the registry.",
        "没有记录任何内容。请在登记表中核对标识。",
    ),
    "last-operator": (
        "The last operator cannot leave",
        "最后一个运营方不能退出",
        "Nothing was recorded. Admit another operator first.",
        "没有记录任何内容。请先接纳另一个运营方。",
    ),
    "approval-missing": (
        "The operators have not approved this joining",
        "各运营方尚未批准加入",
        "Nothing was recorded. Ask an operator to propose it again.",
        "没有记录任何内容。请联系一个运营方重新提议。",
    ),
    "rules-order": (
        "A later version of the rules is planned already",
        "已计划启用更新的规则版本",
        "Nothing was recorded. Propose a later version from a later record on.",
        "没有记录任何内容。请提议从更晚的记录起启用更新的版本。",
    ),
    "rules-unknown": (
        "This release does not know the rules that are in force",
        "本版本不认识当前生效的规则",
        "Nothing was recorded. Install the release that the message names, then start again.",
        "没有记录任何内容。请安装消息中所指的版本后重新启动。",
    ),
    "batch-form": (
        "This is not a place in a signed batch of entries",
        "这不是批量签名中的有效位置",
        "Nothing was recorded. Update the program that signed it.",
        "没有记录任何内容。请更新签名程序。",
    ),
    "batch-signer": (
        "This key may not sign several entries together",
        "该密钥不能批量签名",
        "Nothing was recorded. Sign each entry by itself.",
        "没有记录任何内容。请逐条签名。",
    ),
    "operator-quota-exceeded": (
        "One operator's institutions made too many entries within one hour",
        "同一运营方的机构一小时内写入过多",
        "Nothing was recorded. Try again in an hour; looks, disclosures and revoking are always possible.",
        "没有记录任何内容。请一小时后重试；查阅、披露与撤销始终可用。",
    ),
}
