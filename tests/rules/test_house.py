"""The house rules, checked on the source: who imports whom, how long a file is, what is never written."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.static.node import NODE

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app.py", "gateway", "consent", "ledger")
MAY_IMPORT = {
    "consent": {"consent"},
    "ledger": {"ledger"},
    "gateway": {"gateway", "consent", "ledger"},
    "app": {"app", "gateway", "consent", "ledger"},
}
# Each outside library and the places where it may enter. A place is a file or a folder.
DOORS = {
    "nacl": {"ledger/signing.py"},
    "argon2": {"gateway/identity/passwords.py"},
    "flask_jwt_extended": {"gateway/identity/sessions.py"},
    "jwt": {"gateway/identity/sessions.py"},
    "qrcode": {"gateway/qr"},
    "zxingcpp": {"gateway/qr/decode.py"},
    "PIL": {"gateway/qr/decode.py"},
    "prometheus_client": {"gateway/web/metrics.py"},
    "structlog": {"gateway/web/logs.py"},
    "alembic": {"gateway/store", "ledger/store", "gateway/cli/database.py"},
    "granian": {"gateway/cli/serve.py"},
    "rich": {"gateway/cli", "gateway/demo"},
    "joserfc": {"gateway/peers/assertion.py"},
    "httpcore2": {"gateway/peers/http.py"},
    "cryptography": {"gateway/phone/authority.py"},
    "flask": {"gateway", "app.py"},
    "flask_smorest": {"gateway"},
    "marshmallow": {"gateway"},
    "sqlalchemy": {"gateway", "ledger/store"},
    "psycopg": {"ledger/store/postgres.py"},
}
STANDARD_LONGEST = 400
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "base", "misc"}


def sources(*places: str) -> Iterator[Path]:
    for place in places or PACKAGES:
        path = ROOT / place
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


def committed() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = [name for name in listed.stdout.decode().split("\0") if name]
    if not names:
        pytest.skip("not a git checkout: git clone brings it")
    return names


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_imports_point_one_way() -> None:
    wrong = []
    for path in sources():
        own = relative(path).split("/")[0].removesuffix(".py")
        for name in imports(path):
            package = name.split(".")[0]
            if package in MAY_IMPORT and package not in MAY_IMPORT[own]:
                wrong.append(f"{relative(path)} imports {name}")
    assert wrong == []


def test_consent_needs_the_standard_library_only() -> None:
    import sys

    foreign = {
        f"{relative(path)}: {name}"
        for path in sources("consent")
        for name in imports(path)
        if name.split(".")[0] not in {*sys.stdlib_module_names, "consent"}
    }
    assert foreign == set()


@pytest.mark.parametrize("library", sorted(DOORS))
def test_a_library_enters_by_its_door(library: str) -> None:
    places = {
        relative(path) for path in sources() if any(name.split(".")[0] == library for name in imports(path))
    }
    wrong = {
        place
        for place in places
        if not any(place == door or place.startswith(f"{door}/") for door in DOORS[library])
    }
    assert wrong == set()


def test_every_outside_library_has_a_door() -> None:
    import sys

    known = {*sys.stdlib_module_names, *DOORS, *MAY_IMPORT, "werkzeug", "click"}
    found = {name.split(".")[0] for path in sources() for name in imports(path)}
    assert found - known == set()


def test_a_file_can_be_read_in_one_sitting() -> None:
    places = [*sources(), *sources("tests"), *sorted((ROOT / "static").rglob("*.js"))]
    long = {
        relative(path): count
        for path in places
        if (count := len(path.read_text("utf-8").splitlines())) >= STANDARD_LONGEST
    }
    assert long == {}


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    wrong = [
        name
        for name in committed()
        if any(Path(part).stem in FORBIDDEN_NAMES for part in Path(name).parts)
        and name != "static/shared/base.css"
    ]
    assert wrong == []


def test_every_module_says_first_what_it_is() -> None:
    silent = [
        relative(path)
        for path in sources()
        if path.read_text("utf-8").strip() and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a machine's path", r"/(work|home|root)/[a-z]|/tmp/brief"),
        ("a note to oneself", r"\b(TODO|FIXME|XXX|HACK)\b"),
    ],
)
def test_no_committed_file_holds(what: str, pattern: str) -> None:
    wrong = []
    for name in committed():
        path = ROOT / name
        if (
            path.suffix in {".png", ".ico", ".woff2"}
            or name == relative(Path(__file__))
            or not path.is_file()
        ):
            continue
        if re.search(pattern, path.read_text("utf-8", "replace")):
            wrong.append(name)
    assert wrong == [], what


def test_swallowed_exceptions_and_asserts_are_not_in_the_product() -> None:
    wrong = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Assert):
                wrong.append(f"{relative(path)}:{node.lineno} assert")
            if (
                isinstance(node, ast.ExceptHandler)
                and all(isinstance(one, ast.Pass) for one in node.body)
                and (node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException"))
            ):
                wrong.append(f"{relative(path)}:{node.lineno} swallowed")
    assert wrong == []


def test_no_test_sleeps() -> None:
    sleeping = [
        relative(path)
        for path in sources("tests")
        if re.search(r"\btime\.sleep\(|\bimport sleep\b", path.read_text("utf-8"))
        and path != Path(__file__).resolve()
    ]
    assert sleeping == []


def test_keys_records_and_caches_are_never_committed() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()
    assert {".venv/", "var/", "__pycache__/"} <= set(ignored)
    assert [name for name in committed() if name.startswith("var/") or name.endswith((".key", ".db"))] == []


def test_the_two_languages_say_the_same_things() -> None:
    folders = [path for path in (ROOT / "static").rglob("catalogue") if path.is_dir()]
    assert folders, "the catalogues are under static/**/catalogue"
    script = """
    const forms = new Set(["zero", "one", "two", "few", "many", "other"]);  // one key
    const plural = (value) => Object.keys(value).every((name) => forms.has(name));
    const show = (value, path) =>
      value && typeof value === "object" && !Array.isArray(value) && !plural(value)
      ? Object.entries(value).flatMap(([k, v]) => show(v, path + "/" + k)) : [path];
    const module = await import(process.argv[1]);
    const named = Object.values(module);
    console.log(JSON.stringify(show({...(named.length === 1 ? named[0] : module)}, "")));
    """
    for folder in folders:
        languages: dict[str, set[str]] = {}
        for file in sorted(folder.rglob("*.js")):
            place_parts = file.relative_to(folder).with_suffix("").parts
            language = next((name for name in ("zh-CN", "en") if name in place_parts), None)
            if language is not None:
                keys = subprocess.run(
                    [NODE, "--input-type=module", "-e", script, file.as_uri()],
                    capture_output=True,
                    check=True,
                ).stdout
                place = file.relative_to(folder).as_posix().replace(language, "")
                languages.setdefault(language, set()).update(f"{place}{key}" for key in json.loads(keys))
        assert languages.get("zh-CN") == languages.get("en"), relative(folder)
