"""What is answered about grants: giving and using them, the decision before a release, their terms.

code -> (title en, title zh, what to do next en, what to do next zh).
"""

from consent.codes.entries import Titles

GRANT: dict[str, Titles] = {
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

DECISION: dict[str, Titles] = {
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

TERMS: dict[str, Titles] = {
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
