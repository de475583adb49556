"""Every way in which consent says no: a stable code, and what it means to a person in two languages.

A refusal is a value that is returned, never raised; nothing here is an outage. `detail` is English and holds
no identifying word. CODES: code -> (title en, title zh, what to do next en, what to do next zh).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """A clear no. `code` is stable and is a key of CODES."""

    code: str
    detail: str


Titles = tuple[str, str, str, str]

_PAYLOAD: dict[str, Titles] = {
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

_LINK: dict[str, Titles] = {
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

_GRANT: dict[str, Titles] = {
    "grant-period-empty": (
        "The grant would never be in force",
        "该授权永远不会生效",
        "Choose an end that lies after the beginning and in the future.",
        "请选择晚于开始时间且在未来的结束时间。",
    ),
    "grant-too-long": (
        "The grant would last longer than this ledger allows",
        "授权时长超过账本允许的上限",
        "Choose an earlier end.",
        "请选择更早的结束时间。",
    ),
    "grant-unknown": (
        "There is no such grant on this link",
        "该关联没有这个授权",
        "Ask the patient for a new grant.",
        "请向患者重新申请授权。",
    ),
    "grant-revoked": (
        "The patient has revoked this grant",
        "患者已撤销该授权",
        "Nothing was released. Ask the patient for a new grant.",
        "未释放任何数据。请向患者重新申请授权。",
    ),
    "grant-ended-by-rekey": (
        "The grant ended when the link's keys were replaced",
        "更换密钥后该授权已终止",
        "Nothing was released. Ask the patient for a new grant.",
        "未释放任何数据。请向患者重新申请授权。",
    ),
    "grant-not-begun": (
        "The grant is not in force yet",
        "授权尚未生效",
        "Nothing was released. Try again when the grant begins.",
        "未释放任何数据。请在授权生效后重试。",
    ),
    "grant-expired": (
        "The grant has expired",
        "授权已到期",
        "Nothing was released. Ask the patient for a new grant.",
        "未释放任何数据。请向患者重新申请授权。",
    ),
    "visits-spent": (
        "All visits of this grant are used",
        "该授权的就诊次数已用完",
        "Nothing was released. Ask the patient for a new grant.",
        "未释放任何数据。请向患者重新申请授权。",
    ),
    "visit-over": (
        "This visit is over",
        "本次访问已结束",
        "Nothing was released. Start a new visit under the grant.",
        "未释放任何数据。请在授权下开始新的访问。",
    ),
}

_DECISION: dict[str, Titles] = {
    "purpose-missing": (
        "No purpose of use was named",
        "未说明使用目的",
        "Name the purpose of use; there is no default.",
        "请说明使用目的；没有默认值。",
    ),
    "purpose-unknown": (
        "This purpose of use is not known",
        "未知的使用目的",
        "Use a code of HL7 ActReason that this ledger lists.",
        "请使用账本列出的 HL7 ActReason 代码。",
    ),
    "purpose-differs": (
        "The grant is for another purpose of use",
        "授权的使用目的不同",
        "Ask the patient for a grant for this purpose.",
        "请向患者申请用于此目的的授权。",
    ),
    "purpose-refused": (
        "Records are not granted for this purpose of use",
        "不可为该使用目的授权病历",
        "Nothing was granted. Choose another purpose.",
        "未授权。请选择其他使用目的。",
    ),
    "custodian-differs": (
        "The grant is for another custodian's records",
        "授权针对另一机构保管的病历",
        "Ask the custodian that the grant names.",
        "请向授权所指的保管机构请求。",
    ),
    "grantee-differs": (
        "The grant was given to another institution",
        "授权给了另一机构",
        "Ask the patient for a grant to this institution.",
        "请向患者申请给本机构的授权。",
    ),
    "clinician-differs": (
        "The grant was given to another clinician",
        "授权给了另一位医务人员",
        "Ask the patient for a grant of your own.",
        "请您本人向患者申请授权。",
    ),
    "role-differs": (
        "The grant was given to another role",
        "授权给了另一种岗位",
        "Ask the patient for a grant to your role.",
        "请向患者申请给您岗位的授权。",
    ),
    "terms-missing": (
        "What the patient agreed to is not on file",
        "患者同意的内容未存档",
        "Nothing was released. The phone must send the grant's details to the custodian.",
        "未释放任何数据。需由手机将授权详情发送给保管机构。",
    ),
}

_TERMS: dict[str, Titles] = {
    "terms-malformed": (
        "The details of the grant cannot be read",
        "授权详情无法读取",
        "Nothing was granted. Update the app and try again.",
        "未授权。请更新应用后重试。",
    ),
    "terms-unknown-member": (
        "The details of the grant have a member that is not known",
        "授权详情含有未知字段",
        "Nothing was granted. Update the app and try again.",
        "未授权。请更新应用后重试。",
    ),
    "terms-missing-member": (
        "The details of the grant lack a member",
        "授权详情缺少字段",
        "Nothing was granted. Update the app and try again.",
        "未授权。请更新应用后重试。",
    ),
    "terms-grantee-unclear": (
        "The grant must name one clinician or one role",
        "授权须指明一位医务人员或一种岗位",
        "Nothing was granted. Name exactly one of the two.",
        "未授权。请二者择一。",
    ),
    "scope-malformed": (
        "The scope of the grant cannot be read",
        "授权范围无法读取",
        "Nothing was granted. Update the app and try again.",
        "未授权。请更新应用后重试。",
    ),
    "scope-unknown-member": (
        "The scope has a member that is not known",
        "授权范围含有未知字段",
        "Nothing was granted. Update the app and try again.",
        "未授权。请更新应用后重试。",
    ),
    "scope-unknown-kind": (
        "The scope names a kind of record that does not exist",
        "授权范围包含不存在的记录类型",
        "Nothing was granted. Choose from the kinds shown.",
        "未授权。请从所示类型中选择。",
    ),
    "scope-unknown-label": (
        "The scope names a sensitive kind that cannot be opened",
        "授权范围包含不可开放的敏感类别",
        "Nothing was granted. Choose from the sensitive kinds shown.",
        "未授权。请从所示敏感类别中选择。",
    ),
    "scope-period-empty": (
        "The scope's dates contain no day",
        "授权范围的日期区间为空",
        "Nothing was granted. Choose an end date after the start date.",
        "未授权。结束日期须晚于开始日期。",
    ),
    "scope-empty": (
        "The scope contains no record at all",
        "授权范围内没有任何记录",
        "Nothing was granted. Choose a kind of record or single results.",
        "未授权。请选择记录类型或单项结果。",
    ),
    "scope-too-large": (
        "The scope lists more than it may",
        "授权范围列出的项目过多",
        "Nothing was granted. Choose kinds of records instead of single ones.",
        "未授权。请改为选择记录类型。",
    ),
}

CODES: dict[str, Titles] = {**_PAYLOAD, **_LINK, **_GRANT, **_DECISION, **_TERMS}


def refuse(code: str, detail: str | None = None) -> Refusal:
    """A refusal by a listed code; the title stands in when there is nothing more to say."""
    title = CODES[code][0]
    return Refusal(code, detail or title)
