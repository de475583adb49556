"""Every way in which a rule file is wrong: a stable code, in two languages, and the line that it is on."""

from typing import NamedTuple


class Fault(NamedTuple):
    """One mistake. `line` from 1; 0: the whole file. `detail` names keys and codes, English."""

    line: int
    code: str
    detail: str


# code -> (en, zh)
FAULTS: dict[str, tuple[str, str]] = {
    "toml-wrong": ("The file is not TOML", "文件不是有效的 TOML"),
    "file-too-large": ("The file is too large", "文件过大"),
    "text-over-lines": ("A text may not go over several lines", "文本不得跨多行"),
    "key-unknown": ("A key is not known", "存在未知的键"),
    "key-missing": ("A key is missing", "缺少必需的键"),
    "value-wrong": ("A value has the wrong form", "值的格式不正确"),
    "code-wrong": (
        "A code is neither a LOINC (or ATC) code nor one with its system",
        "代码不是 LOINC（或 ATC）代码，也未注明所属系统",
    ),
    "code-twice": ("A code stands in two groups", "同一代码出现在两个组中"),
    "code-not-in-group": ("A code is not one of its group", "该代码不属于所在的组"),
    "situation-twice": ("A group has two rules for one situation", "同一组内一种情形有两条规则"),
    "default-missing": (
        "A group has no rule for orders that state no situation",
        "组内缺少未注明情形时的默认规则",
    ),
    "default-not-shortest": (
        "The rule for orders that state no situation is longer than another of its group",
        "未注明情形的默认规则比同组其他规则更长",
    ),
    "length-missing": (
        "A rule says neither how long a result holds nor that it never does",
        "规则既未说明结果有效多久，也未说明永不复用",
    ),
    "length-contradiction": ("A rule's lengths contradict each other", "规则中的时长相互矛盾"),
    "status-not-draft": (
        "A file cannot approve its own rules: only an institution does",
        "文件不能自行批准规则：只有机构可以批准",
    ),
    "version-reused": (
        "This version exists already and says something else: raise the version",
        "该版本已存在且内容不同：请提高版本号",
    ),
    "nothing-there": ("The file holds no rule", "文件中没有规则"),
}
