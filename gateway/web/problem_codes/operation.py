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
}
