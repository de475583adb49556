"""What a change of the ledger's members or rules does, in plain words, before an operator signs for it.

Two languages on each line, for the people of several hospitals who read it together. Names and addresses come
from the proposal itself and are shown as printable text only.
"""

from __future__ import annotations

from typing import Any

from ledger.signing import thumbprint
from ledger.view import View

Change = dict[str, Any]


def summary(change: Change, view: View) -> list[str]:
    """The lines that a person reviews; the change has the form that the ledger accepts."""
    return [plain(line) for line in _WORDS[change["do"]](change, view)]


def plain(text: str) -> str:
    """The text without anything that could move a terminal's cursor or hide a letter."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _admit_operator(change: Change, _view: View) -> list[str]:
    operator = change["operator"]
    return [
        "Admit an operator, with one vote · 接纳一个运营方（一票）",
        f"  name · 名称  {operator['name']}",
        f"  id · 标识    {operator['id']}",
        *_keys(operator["keys"]),
    ]


def _change_operator_keys(change: Change, view: View) -> list[str]:
    return [
        f"Replace keys of the operator · 更换运营方密钥  {_operator(view, change['operator'])}",
        *_keys(change["keys"]),
    ]


def _retire_operator(change: Change, view: View) -> list[str]:
    hosted = [one for one in view.institutions() if one.operator == change["operator"] and not one.retired]
    return [
        f"Remove the operator for good · 永久移除运营方  {_operator(view, change['operator'])}",
        "  Its vote, its validator and its open proposals end. · 其投票权、验证节点与未决提议随即失效。",
        *(f"  Its institution can no longer write · 其机构不能再写入  {_named(one)}" for one in hosted),
    ]


def _admit_institution(change: Change, view: View) -> list[str]:
    one = change["institution"]
    return [
        "Admit an institution · 接纳一个机构",
        f"  name · 名称      {one['name']['zh-CN']} · {one['name']['en']} ({one['type']})",
        f"  code · 代码      {one['code']}",
        f"  address · 地址   {one['base']}",
        f"  operator · 运营方 {_operator(view, one['operator'])}",
        f"  id · 标识        {one['id']}",
        *_keys(one["keys"]),
    ]


def _change_institution(change: Change, view: View) -> list[str]:
    lines = [f"Change the institution · 变更机构  {_institution(view, change['institution'])}"]
    if "name" in change:
        lines.append(f"  name · 名称      {change['name']['zh-CN']} · {change['name']['en']}")
    if "base" in change:
        lines.append(f"  address · 地址   {change['base']}")
    if "operator" in change:
        lines.append(f"  operator · 运营方 {_operator(view, change['operator'])}")
    return lines


def _retire_institution(change: Change, view: View) -> list[str]:
    return [
        f"Remove the institution for good · 永久移除机构  {_institution(view, change['institution'])}",
        "  It can no longer write. Its patients go on reading and revoking.",
        "  该机构不能再写入；其患者仍可阅读与撤销。",
    ]


def _activate_rules(change: Change, view: View) -> list[str]:
    start = max(change["from"], view.size)
    return [
        f"Judge by version {change['version']} of the rules · 启用规则版本 {change['version']}",
        f"  From record {start} on, or the first after the deciding vote.",
        f"  自第 {start} 条记录起，或自表决通过后的下一条记录起。",
        f"  Every node must run {change['release']} or later by then; older ones stop.",
        f"  届时所有节点须运行 {change['release']} 或更新版本，旧版本将停止。",
    ]


def _keys(keys: dict[str, str]) -> list[str]:
    return [f"  key · 密钥 {use:<10} {thumbprint(key)}" for use, key in sorted(keys.items())]


def _operator(view: View, operator_id: str) -> str:
    names = [one.name for one in view.operators() if one.id == operator_id]
    return f"{names[0] if names else 'not a member yet · 尚未加入'} ({operator_id})"


def _institution(view: View, institution_id: str) -> str:
    found = view.institution(institution_id)
    return institution_id if found is None else _named(found)


def _named(institution: Any) -> str:
    return f"{institution.code} {institution.name['zh-CN']} · {institution.name['en']}"


_WORDS = {
    "operator.admit": _admit_operator,
    "operator.keys": _change_operator_keys,
    "operator.retire": _retire_operator,
    "institution.admit": _admit_institution,
    "institution.change": _change_institution,
    "institution.retire": _retire_institution,
    "rules.activate": _activate_rules,
}
