"""What an examination finds: a code with facts, and the words and the command that its meaning gives.

One table of meanings lies at the top of each module that examines. `{name}` in words and commands stands for
a fact of the finding. Paths in commands are quoted for a shell (`quoted`).
"""

from __future__ import annotations

import pwd
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from gateway.settings import Settings
from ledger.errors import LedgerError
from ledger.genesis import Genesis, parse_genesis

FLASK = ".venv/bin/flask --app app"
Level = Literal["wrong", "warning", "note"]


class Meaning(NamedTuple):
    """wrong: the node cannot work safely. warning: act soon. note: worth knowing."""

    level: Level
    what_en: str
    means_en: str
    what_zh: str
    means_zh: str
    command: str  # empty: nothing to type


@dataclass(frozen=True)
class Finding:
    """One thing that was found; `facts` fill the words."""

    code: str
    meaning: Meaning
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        return self.meaning.level

    @property
    def command(self) -> str:
        return self.meaning.command.format(**self.facts)

    def words(self, language: str) -> tuple[str, str]:
        """(what is wrong, what it means), in "zh" or "en"."""
        one = self.meaning
        chosen = (one.what_zh, one.means_zh) if language == "zh" else (one.what_en, one.means_en)
        return chosen[0].format(**self.facts), chosen[1].format(**self.facts)


@dataclass(frozen=True)
class Scene:
    """What is examined: settings, the environment they came from, the time (ms), and who we are."""

    settings: Settings
    environment: Mapping[str, str]
    now: int
    uid: int
    deep: bool = False
    expected: str | None = None  # a checkpoint note that somebody kept

    def genesis(self) -> Genesis | None:
        """The ledger's beginning; None while it cannot be read, which the examination of the ledger says."""
        try:
            return parse_genesis(self.settings.genesis_path.read_bytes())
        except (OSError, LedgerError):
            return None


class Meanings:
    """The table of one module: `of("code", fact=…)` is a finding."""

    def __init__(self, rows: Mapping[str, Meaning]) -> None:
        self._rows = rows

    def of(self, code: str, /, **facts: object) -> Finding:
        return Finding(code, self._rows[code], facts)

    def __iter__(self) -> Iterator[tuple[str, Meaning]]:
        return iter(self._rows.items())


def day(moment: int) -> str:
    """A moment (ms) as people write it, UTC."""
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def quoted(path: Path) -> str:
    """A path as a shell takes it, short where it lies below the present folder."""
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def user_name(uid: int) -> str:
    """The name of a user of this machine, or the number."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def language(environment: Mapping[str, str]) -> str:
    """ "zh" or "en", as the person's locale says (POSIX: LC_ALL before LC_MESSAGES before LANG)."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    chosen = next((environment[name] for name in names if environment.get(name)), "")
    return "zh" if chosen.lower().startswith("zh") else "en"


LEVELS = {"wrong": ("WRONG", "错误"), "warning": ("WARNING", "警告"), "note": ("NOTE", "提示")}
TYPE = {"en": "Type:", "zh": "请输入："}


def printed(findings: Iterable[Finding], chosen: str) -> str:
    """The findings as a person reads them: what is wrong, what it means, what to type."""
    blocks = []
    for one in findings:
        what, means = one.words(chosen)
        lines = [f"{LEVELS[one.level][chosen == 'zh']}  {what}  [{one.code}]", f"    {means}"]
        if one.command:
            lines.append(f"    {TYPE[chosen]} {one.command}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)
