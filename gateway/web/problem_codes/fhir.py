"""What the FHIR door answers about the request itself; none of these says anything about a patient."""

CODES = {
    "token-invalid": (
        401,
        "The access token is missing or no longer valid",
        "访问令牌缺失或已失效",
        "login",
        "Ask the token endpoint for a new one.",
        "请向令牌端点重新申请。",
    ),
    "token-scope": (
        403,
        "The access token does not hold this scope",
        "访问令牌没有此范围",
        "forbidden",
        "Ask for a token with a scope for this resource type.",
        "请申请包含此资源类型的令牌。",
    ),
    "format-not-offered": (
        406,
        "Only JSON is offered here",
        "此处仅提供 JSON",
        "not-supported",
        "Accept application/fhir+json.",
        "请接受 application/fhir+json。",
    ),
    "form-expected": (
        415,
        "A search by POST is sent as a form",
        "POST 检索须以表单发送",
        "not-supported",
        "Send application/x-www-form-urlencoded.",
        "请发送 application/x-www-form-urlencoded。",
    ),
    "cursor-expired": (
        410,
        "This page link has expired",
        "此分页链接已过期",
        "expired",
        "Search again from the first page.",
        "请从第一页重新检索。",
    ),
}
