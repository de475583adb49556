"""Whether keys, records and all beside them belong to the node's own user and nobody else can open them.

A node refuses to start otherwise. Folders are 0700 and files 0600 or less; the folder above may be read by
others but not written, or somebody could put another folder in its place. Root: commands that root types on a
node of another user would leave files that the node cannot open, so they are refused with the right command.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from gateway.operation.doctor.findings import FLASK, Finding, Meaning, Meanings, Scene, quoted, user_name

SHOWN = 4
MEANINGS = Meanings(
    {
        "file-open": Meaning(
            "wrong",
            "{path} may be opened by others (mode {mode}).",
            "Whoever reads keys signs in this institution's name; whoever reads the databases reads records.",
            "{path} 可被他人打开（权限 {mode}）。",
            "拿到密钥的人可以本机构名义签名；拿到数据库的人可以读到病历。",
            "chmod {right} {quoted}",
        ),
        "files-open": Meaning(
            "wrong",
            "{count} files and folders under {path} may be opened by others.",
            "Whoever reads keys signs in this institution's name; whoever reads the databases reads records.",
            "{path} 下有 {count} 个文件或文件夹可被他人打开。",
            "拿到密钥的人可以本机构名义签名；拿到数据库的人可以读到病历。",
            "chmod -R u=rwX,go= {quoted}",
        ),
        "file-closed": Meaning(
            "wrong",
            "{path} cannot be read and written by its own user (mode {mode}).",
            "The node could not open it.",
            "{path} 的属主自己无法读写（权限 {mode}）。",
            "节点无法打开它。",
            "chmod {right} {quoted}",
        ),
        "owner-other": Meaning(
            "wrong",
            "{path} belongs to {owner}, and this process runs as {user}.",
            "The node could not read its keys or write its databases.",
            "{path} 属于 {owner}，而本进程以 {user} 运行。",
            "节点无法读取密钥或写入数据库。",
            "sudo chown -R {user}: {quoted}",
        ),
        "root-on-others": Meaning(
            "wrong",
            "You are root, and {path} belongs to {owner}.",
            "Files that root makes there could not be opened by the node.",
            "您是 root，而 {path} 属于 {owner}。",
            "root 在那里生成的文件，节点将无法打开。",
            "sudo -u {owner} " + FLASK + " ...",
        ),
        "folder-shared": Meaning(
            "wrong",
            "Others may rename what lies in {path} (mode {mode}).",
            "They could put another folder in the place of the node's data.",
            "他人可以改动 {path} 中的名称（权限 {mode}）。",
            "他们可以用别的文件夹替换节点的数据。",
            "chmod go-w {quoted}",
        ),
    }
)


def examine(scene: Scene) -> Iterator[Finding]:
    """Every file and folder of the node's data, its owner and its mode."""
    data = scene.settings.data
    if not data.is_dir():
        return
    owner = data.stat().st_uid
    if scene.uid == 0 and owner != 0:
        yield MEANINGS.of("root-on-others", path=data, owner=user_name(owner))
        return
    yield from _parent(data.parent)
    found = list(_all(data))
    strangers = [(path, state) for path, state in found if state.st_uid != scene.uid]
    for path, state in strangers[:1]:
        whose = {"owner": user_name(state.st_uid), "user": user_name(scene.uid)}
        yield MEANINGS.of("owner-other", path=path, quoted=quoted(data), **whose)
    wrong = [one for path, state in found if (one := _judged(path, state)) is not None]
    if len(wrong) > SHOWN:
        wrong = [MEANINGS.of("files-open", count=len(wrong), path=data, quoted=quoted(data))]
    yield from wrong


def _parent(folder: Path) -> Iterator[Finding]:
    mode = folder.stat().st_mode
    if mode & 0o022 and not mode & stat.S_ISVTX:
        yield MEANINGS.of("folder-shared", path=folder, mode=_octal(mode), quoted=quoted(folder))


def _judged(path: Path, state: os.stat_result) -> Finding | None:
    mode = state.st_mode
    needed = 0o700 if stat.S_ISDIR(mode) else 0o600
    code = "file-open" if mode & 0o077 else "file-closed" if mode & needed != needed else None
    if code is None:
        return None
    return MEANINGS.of(code, path=path, mode=_octal(mode), right=f"{needed:o}", quoted=quoted(path))


def _all(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The folder and all in it; what a link points to counts as lying there."""
    yield folder, folder.stat()
    try:
        for path in sorted(folder.iterdir()):
            try:
                state = path.stat()
            except FileNotFoundError:
                continue  # a running node's databases come and go with their helpers
            if stat.S_ISDIR(state.st_mode):
                yield from _all(path)
            else:
                yield path, state
    except PermissionError:
        return  # the folder itself is named as closed


def _octal(mode: int) -> str:
    return f"{stat.S_IMODE(mode):04o}"
