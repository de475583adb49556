"""What monitors and staff read about a ledger that several hospitals keep, as far as it is this member's."""

CODES = {
    "ledger-catching-up": (
        503,
        "This node lacks records that it had, and is getting them from the other members",
        "本节点缺少曾有的记录，正在从其他成员处取回",
        "transient",
        "Nothing is recorded or released until they are here. If it lasts, see flask consortium status.",
        "取回之前不记录也不释放任何内容。如持续不止，请查看 flask consortium status。",
    ),
    "consensus-behind": (
        503,
        "This node is behind the other members, or its consensus has failed",
        "本节点落后于其他成员，或其共识已失败",
        "transient",
        "What others recorded lately is not known here. If it stays, start the consensus node again.",
        "其他成员近期的记录在此尚不可知。如持续不止，请重新启动共识节点。",
    ),
    "consensus-still": (
        503,
        "Too few hospitals can be reached to record anything",
        "联系得上的医院太少，暂时不能共同记录",
        "transient",
        "Own charts open, emergencies go on for an hour. All else waits until more than two thirds are back.",
        "可以查看本院病历，紧急查看最长一小时。新的授权与其他外院病历，要等超过三分之二的医院恢复。",
    ),
}
