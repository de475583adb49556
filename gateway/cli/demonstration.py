"""Makes the demonstration's staff, has its patients made, and prints how to sign in.

Passwords are random, made here once, and stand only in demo.json (0600). All people are synthetic.
"""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from gateway.cli.staff import fresh_password
from gateway.composition import Gateway
from gateway.demo.adoption import adopt_rules
from gateway.demo.seed import seed_institutions
from gateway.identity.staff import add_staff, list_staff, set_password
from gateway.operation.doctor.findings import quoted
from gateway.settings import Settings
from ledger.genesis import Genesis

# (code of the institution, role, user, name, department)
STAFF = (
    ("WX", "desk", "desk", "林一诺（合成）", "出入院服务中心"),
    ("WX", "clinician", "doctor", "沈怀瑾（合成）", "内分泌科"),
    ("WX", "privacy", "privacy", "顾清越（合成）", "隐私保护办公室"),
    ("WX", "auditor", "auditor", "高岚（合成）", "审计处"),
    ("WX", "administrator", "admin", "罗子衡（合成）", "信息科"),
    ("WT", "desk", "desk", "赵小满（合成）", "便民服务台"),
    ("WT", "clinician", "doctor", "周明远（合成）", "全科"),
    ("WT", "privacy", "privacy", "江予安（合成）", "医务科"),
    ("QH", "desk", "desk", "许安然（合成）", "前台"),
    ("QH", "clinician", "doctor", "何静姝（合成）", "主检室"),
    ("QH", "privacy", "privacy", "陆知远（合成）", "质量管理部"),
    ("BQ", "desk", "desk", "孟初晴（合成）", "门诊服务台"),
    ("BQ", "clinician", "doctor", "秦思远（合成）", "急诊科"),
    ("BQ", "privacy", "privacy", "苏知微（合成）", "病案室"),
)
CLINICIAN = "309343006"  # SNOMED CT: physician


def prepare_demonstration(gw: Gateway, genesis: Genesis) -> dict[str, Any]:
    """Accounts and patients of the institutions on this node; answers what demo.json holds.

    Needs no ledger. Safe to repeat after a crash half-way.
    """
    found = [one for one in genesis.institutions if gw.keys.hosts(one["id"])]
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        seed_institutions(gw, found, progress)
    adopt_rules(gw, genesis.id, found)
    by_code = {one["code"]: one["id"] for one in found}
    present = {(row.institution, row.user) for row in list_staff(gw)}
    staff = []
    for code, role, user, name, department in STAFF:
        if code not in by_code:
            continue
        institution, password = by_code[code], fresh_password()
        if (institution, user) in present:
            set_password(gw, institution, user, password)
        else:
            add_staff(
                gw,
                institution,
                user,
                password,
                name=name,
                role=role,
                department=department,
                role_code=CLINICIAN if role == "clinician" else "",
            )
        staff.append({"institution": institution, "role": role, "user": user, "password": password})
    settings = gw.settings
    return {
        "base": settings.console_origin,
        "wallet": f"{settings.wallet_origin}/",
        "console": f"{settings.console_origin}/console/",
        "ledger": genesis.id,
        "staff": staff,
        "institutions": [{name: one[name] for name in ("id", "code", "name", "type")} for one in found],
    }


def announce(sheet: dict[str, Any], settings: Settings) -> None:
    """The addresses and sign-ins, readable."""
    names = {one["id"]: one["name"]["zh-CN"] for one in sheet["institutions"]}
    codes = {one["id"]: one.get("code", "") for one in sheet["institutions"]}
    click.echo()
    click.echo(f"  Console  {sheet['console']}")
    # Over HTTPS, for a phone, the two differ by their ports.
    hosts_matter = "" if settings.secure else "   (open it on its own host: never under the console's)"
    click.echo(f"  Wallet   {sheet['wallet']}{hosts_matter}")
    click.echo(f"  API      {sheet['base']}/docs")
    click.echo(f"  Ledger   {sheet['ledger']}")
    click.echo()
    widest = max((len(one["password"]) for one in sheet["staff"]), default=0)
    click.echo(f"  {'CODE':6}{'ROLE':15}{'USER':10}{'PASSWORD':{widest + 3}}INSTITUTION")
    for one in sheet["staff"]:
        place, password = one["institution"], f"{one['password']:{widest + 3}}"
        click.echo(f"  {codes[place]:6}{one['role']:15}{one['user']:10}{password}{names[place]}")
    click.echo()
    click.echo(
        f"  The same stands in {quoted(settings.data / 'demo.json')}. All patients are synthetic. "
        "Ctrl-C stops the node."
    )
    click.echo(nl=True)
