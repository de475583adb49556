"""What an operator must act upon, and what staff read meanwhile."""

CODES = {
    "ledger-rolled-back": (
        503,
        "This ledger is older than what it has already shown",
        "账本比它曾经出示的更旧",
        "no-store",
        "Nothing is recorded or released until the administrator acts. A phone that warns is right.",
        "在管理员处理之前，不记录也不释放任何内容。患者手机上的警报属实。",
    ),
    "ledger-records-lost": (
        503,
        "Records of this ledger were lost lately",
        "账本近期丢失过记录",
        "no-store",
        "Phones keep an alarm; ask patients for permission again, and repeat those days' replaced phones.",
        "手机会一直报警；请重新征求患者同意，那几天补办的手机请重新办理。",
    ),
    "entries-wait": (
        503,
        "Entries wait here, not yet recorded by the others",
        "有记录在此等候，尚未被其他医院记录",
        "transient",
        "Own charts can be read meanwhile. All are recorded by themselves, once, when enough are back.",
        "期间可以查看本院病历。等足够多的医院恢复后会自动记录，且只记录一次。",
    ),
    "entries-refused-late": (
        409,
        "Entries that waited were refused by the ledger in the end",
        "等候的记录最终被账本拒绝",
        "conflict",
        "What they stand for has happened. The privacy officer finds them, with the reason, in the account.",
        "它们所记的事情已经发生。隐私专员可在该患者的访问记录中看到它们和原因。",
    ),
    "outbox-full": (
        503,
        "Too much waits for the ledger already",
        "等候写入账本的内容已满",
        "transient",
        "Nothing was done and nothing was released. Try again when the other hospitals can be reached.",
        "没有执行任何操作，也未放行任何内容。请在其他医院恢复连接后重试。",
    ),
}
