"""What the release side answers when it releases nothing."""

CODES = {
    "not-granted": (
        404,
        "Nothing is granted here",
        "此处没有授权内容",
        "not-found",
        "Ask the patient for a grant, or check that it has not ended.",
        "请向患者申请授权，或确认授权尚未结束。",
    ),
    "disclosure-late": (
        503,
        "The release took too long; nothing was released",
        "释放超时；未释放任何内容",
        "transient",
        "Try again in a moment.",
        "请稍后重试。",
    ),
    "custodian-unreachable": (
        503,
        "The other institution does not answer",
        "对方机构没有应答",
        "transient",
        "Nothing is shown, and nothing was refused. Try again; if it stays, ask that institution directly.",
        "未显示任何内容，也不是被拒绝。请重试；如持续无应答，请直接联系该机构。",
    ),
    "custodian-busy": (
        503,
        "The other institution takes no more requests from here just now",
        "对方机构暂时不再接受本机构的请求",
        "throttled",
        "Nothing is shown, and nothing was refused. Try again in a minute.",
        "未显示任何内容，也不是被拒绝。请一分钟后重试。",
    ),
    "ledger-lags": (
        503,
        "This node has not yet received what the other institution recorded",
        "本节点尚未收到对方机构的登记",
        "transient",
        "Nothing is shown until both agree. Try again in a moment; if it stays, call your system engineer.",
        "双方登记一致之前不显示任何内容。请稍后重试；如持续出现，请联系系统工程师。",
    ),
    "disclosure-unproven": (
        502,
        "What arrived could not be proved; nothing is shown",
        "收到的内容无法验证；未显示任何内容",
        "security",
        "Try again; if it stays, tell the custodian and your privacy officer.",
        "请重试；如仍失败，请通知对方机构和本院隐私专员。",
    ),
}
