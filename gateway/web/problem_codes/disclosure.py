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
    "custodian-elsewhere": (
        502,
        "That institution is not reached from here yet",
        "目前无法从这里连接该机构",
        "not-supported",
        "Ask the institution directly. Nothing was shown.",
        "请直接联系该机构。未显示任何内容。",
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
