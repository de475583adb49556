"""Why the import leaves a resource out: stable codes with what each means, in English and Chinese.

A refusal names a file, a place in it and a code; it never quotes what stood there.
"""

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

REASONS: MappingProxyType[str, tuple[str, str]] = MappingProxyType(
    {
        "file-unreadable": ("The file cannot be read or unpacked", "文件无法读取或解压"),
        "file-too-large": ("The file is larger than one import takes at once", "文件超过一次导入的上限"),
        "unpacks-too-large": ("It unpacks to far more than records do", "解压后的大小远超病历应有的大小"),
        "entry-too-long": ("The resource is longer than one may be", "单个资源超过长度上限"),
        "bundle-empty": ("The Bundle holds nothing", "Bundle 中没有内容"),
        "line-too-long": ("The line is longer than a resource may be", "该行超过单个资源的长度上限"),
        "text-not-utf8": ("The text is not UTF-8", "文本不是 UTF-8 编码"),
        "text-not-unicode": ("A text holds half of a character", "文本含有不完整的字符"),
        "control-character": ("A text holds a control character", "文本含有控制字符"),
        "not-json": ("This is not JSON", "这不是 JSON"),
        "duplicate-key": ("An object names one member twice", "对象中有重复的字段名"),
        "too-deep": ("It is nested too deeply", "嵌套层次过深"),
        "not-a-resource": ("This is not a FHIR resource", "这不是 FHIR 资源"),
        "bundle-type": ("Bundles of this type are not imported", "不导入这种类型的 Bundle"),
        "unsupported-type": ("Resources of this type are not stored", "不存储这种类型的资源"),
        "method": ("Only POST and PUT entries are imported", "仅导入 POST 和 PUT 条目"),
        "id-invalid": ("The id is not a FHIR id", "资源 id 不符合 FHIR 规定"),
        "name-reserved": ("A name of the node's own (urn:yaoshi:)", "使用了本节点专用的名称（urn:yaoshi:）"),
        "malformed": ("An element has the wrong form", "某个元素的格式不正确"),
        "twice-in-bundle": ("The bundle holds it twice, differently", "Bundle 中同一资源出现两次且内容不同"),
        "no-patient": ("It names no patient who is known here", "未指明本机构已有的患者"),
        "mixed-patients": ("It cites another patient's record", "引用了另一位患者的记录"),
        "patient-changed": ("It was another patient's record before", "该记录此前属于另一位患者"),
        "reference-unmatched": ("A conditional reference has no single match", "条件引用没有唯一匹配"),
        "create-ambiguous": ("Its ifNoneExist has more than one match", "ifNoneExist 匹配到多条记录"),
        "older-version": ("A newer version of it is here", "本机构已有更新的版本"),
        "patient-stated": ("The command says already whose records these are", "命令已指明这些病历属于谁"),
        "names-differ": ("The file names more than one person", "文件中出现不止一人的姓名"),
        "transaction-refused": (
            "Its Bundle is stored whole or not at all, and another entry was refused",
            "该 Bundle 须整体存入，而其中另一条目被拒绝",
        ),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Refused:
    """One resource that was left out. `place` is the entry or line, from 1; 0 is the whole file."""

    file: Path
    place: int
    type: str  # "" when it has none
    code: str
    detail: str = ""

    def __str__(self) -> str:
        where = f"{self.file.name}#{self.place}" if self.place else self.file.name
        return f"{where} {self.type or '-'}: {self.code} ({self.detail or REASONS[self.code][0]})"
