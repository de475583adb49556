"""What is answered about breaking the glass: the entries, the decision before a release, the declaration.

code -> (title en, title zh, what to do next en, what to do next zh).
"""

from consent.codes.entries import Titles

GLASS: dict[str, Titles] = {
    "glass-unknown": (
        "There is no such emergency access on this link",
        "该关联没有这次紧急查看",
        "Nothing was changed. Reload the list and choose again.",
        "未作任何更改。请刷新列表后重新选择。",
    ),
    "glass-closed": (
        "This emergency access was ended",
        "这次紧急查看已被终止",
        "Nothing is released under it any more. Ask the patient, or declare a new emergency if there is one.",
        "不再据此释放任何内容。请询问患者；如确有新的紧急情况，请重新声明。",
    ),
    "glass-expired": (
        "This emergency access is over",
        "这次紧急查看已到期",
        "Nothing was released. Ask the patient, or declare a new emergency if there is one.",
        "未释放任何数据。请询问患者；如确有新的紧急情况，请重新声明。",
    ),
    "glass-ttl-wrong": (
        "The emergency access would last for no time, or longer than this ledger allows",
        "紧急查看的时长为零，或超过账本允许的上限",
        "Choose a shorter time.",
        "请选择更短的时间。",
    ),
    "glass-reviewed": (
        "This institution has reviewed this emergency access already",
        "本机构已审查过这次紧急查看",
        "The first review stands. Nothing was changed.",
        "以第一次审查为准。未作任何更改。",
    ),
    "declarer-differs": (
        "The emergency was declared by somebody else",
        "这次紧急情况由他人声明",
        "Nothing was released. Only the clinician who declared it sees the records.",
        "未释放任何数据。只有声明者本人可以查看。",
    ),
}

DECLARATION: dict[str, Titles] = {
    "declaration-malformed": (
        "The declaration of the emergency cannot be read",
        "紧急情况声明无法读取",
        "Nothing was opened. Check what was typed and send it again.",
        "未开放任何内容。请检查填写内容后重新提交。",
    ),
    "declaration-reason-unknown": (
        "This reason for an emergency is not on the list",
        "该紧急理由不在列表中",
        "Choose one of the reasons shown.",
        "请从所示理由中选择。",
    ),
    "declaration-text-missing": (
        "This reason needs a sentence of explanation",
        "该理由需要用一句话说明",
        "Write in a few words what is happening.",
        "请简要写明情况。",
    ),
}
