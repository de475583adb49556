"""What a monitor and staff read about a ledger that several hospitals keep, as far as this member's part goes."""

CODES = {
    "ledger-catching-up": (
        503,
        "This node lacks records that it had, and is getting them from the other members",
        "本节点缺少曾有的记录，正在从其他成员处取回",
        "transient",
        "Nothing is recorded or released until they are here. If it lasts, see flask consortium status.",
        "取回之前不记录也不释放任何内容。如持续不止，请查看 flask consortium status。",
    ),
}
