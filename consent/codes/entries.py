"""What the contract answers about any entry and about links and their keys.

code -> (title en, title zh, what to do next en, what to do next zh).
"""

Titles = tuple[str, str, str, str]

PAYLOAD: dict[str, Titles] = {
    "member-unknown": (
        "The entry has a member that its kind does not know",
        "条目含有该类型不认识的字段",
        "Update the app and try again.",
        "请更新应用后重试。",
    ),
    "member-missing": (
        "The entry lacks a member that its kind needs",
        "条目缺少该类型必需的字段",
        "Update the app and try again.",
        "请更新应用后重试。",
    ),
    "member-wrong": (
        "A member of the entry has the wrong form",
        "条目中某个字段的格式不正确",
        "Update the app and try again.",
        "请更新应用后重试。",
    ),
    "kind-unknown": (
        "This kind of entry does not exist",
        "不存在这种条目类型",
        "Update the app and try again.",
        "请更新应用后重试。",
    ),
    "signer-not-allowed": (
        "The key that signed may not sign this kind of entry here",
        "签名所用的密钥无权签署此类条目",
        "Sign with the key that the rules name, or ask the institution's desk.",
        "请使用规则所指定的密钥，或联系机构窗口。",
    ),
    "at-out-of-skew": (
        "The time in the entry is too far from the ledger's time",
        "条目中的时间与账本时间相差过大",
        "Check the device's clock and try again.",
        "请检查设备时间后重试。",
    ),
}

LINK: dict[str, Titles] = {
    "link-exists": (
        "This link exists already",
        "该关联已存在",
        "Nothing was changed. Go on with the existing link.",
        "未作任何更改。请继续使用现有关联。",
    ),
    "link-unknown": (
        "There is no such link",
        "没有这个关联",
        "Start again with a new invitation from the desk.",
        "请在窗口重新获取邀请码。",
    ),
    "link-closed": (
        "This link is closed",
        "该关联已关闭",
        "Ask the desk for a new link.",
        "请到窗口重新建立关联。",
    ),
    "link-contested": (
        "A change of keys on this link is contested",
        "该关联的密钥变更存在争议",
        "Nothing can be granted until the institution settles it; take your identity document to its desk.",
        "在机构处理之前无法授权；请携带身份证件到机构窗口。",
    ),
    "link-not-contested": (
        "Nothing on this link is contested",
        "该关联没有争议",
        "Nothing was changed and nothing needs to be settled.",
        "未作任何更改，也无需处理。",
    ),
    "institution-unknown": (
        "There is no such institution on this ledger",
        "该账本上没有这个机构",
        "Check the institution's id.",
        "请核对机构标识。",
    ),
    "institution-retired": (
        "This institution takes no new links",
        "该机构不再接受新的关联",
        "Ask the institution that has taken over its records.",
        "请联系接管其病历的机构。",
    ),
    "link-id-foreign": (
        "The link's id is not one of this institution's",
        "该关联标识不属于本机构",
        "Nothing was recorded. Open a link whose id begins like the institution's own.",
        "没有记录任何内容。请使用以本机构标识开头的关联标识。",
    ),
    "key-known": (
        "This key is in use already",
        "该密钥已被使用",
        "Make a new key: a key serves one link, for ever.",
        "请生成新密钥：一个密钥只能永久用于一个关联。",
    ),
    "key-unknown": (
        "This link has no such key",
        "该关联没有这个密钥",
        "Reload the list of keys and choose again.",
        "请刷新密钥列表后重新选择。",
    ),
    "key-not-entitled": (
        "This key does not have the right that this needs",
        "该密钥没有所需的权限",
        "Use another of your devices, or ask the institution's desk.",
        "请使用您的其他设备，或联系机构窗口。",
    ),
    "key-waiting": (
        "This key is new and has to wait before it can do this",
        "新密钥需等待一段时间后才能执行此操作",
        "Wait until the delay has passed, or confirm the change from the earlier device.",
        "请等待期满，或在原设备上确认变更。",
    ),
    "link-keys-full": (
        "This link has as many keys as it may have",
        "该关联的密钥数量已达上限",
        "Remove a key first; after a change by the desk, wait until its delay has passed.",
        "请先移除一个密钥；如刚由窗口更换密钥，请等待期满。",
    ),
    "proof-missing": (
        "The new key has not proved that it is held",
        "新密钥未证明其持有",
        "Scan the invitation again with the phone that holds the key.",
        "请用持有密钥的手机重新扫描邀请码。",
    ),
    "rights-wrong": (
        "The rights asked for the key are not a valid list",
        "为密钥申请的权限列表无效",
        "Name each right once, in order: give, manage, revoke. The desk gives all three.",
        "请按顺序各列一次：give、manage、revoke；窗口须授予全部三项。",
    ),
    "rekey-unknown": (
        "No change of keys by that entry is open",
        "没有与该条目对应的待确认密钥变更",
        "Reload the timeline: the change was settled or replaced.",
        "请刷新时间线：该变更已处理或已被替代。",
    ),
    "rekey-confirmed": (
        "This change of keys was confirmed already",
        "该密钥变更已确认",
        "Nothing was changed. To stop it, contest it.",
        "未作任何更改。如需阻止，请提出异议。",
    ),
    "rekey-contested": (
        "This change of keys was contested already",
        "该密钥变更已提出过异议",
        "Nothing more is needed. The institution has to settle it.",
        "无需再操作，等待机构处理。",
    ),
    "record-unknown": (
        "There is no record at that index yet",
        "该序号尚无记录",
        "Check the index of the record.",
        "请核对记录序号。",
    ),
}
