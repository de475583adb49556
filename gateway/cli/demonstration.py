"""Makes the demonstration's staff, has its patients made, and prints how to sign in.

Passwords are random, made here once, and stand only in demo.json (0600). All people are synthetic.
"""

from __future__ import annotations

from typing import Any

import click
from rich.progress import Progress

from gateway.cli.staff import fresh_password
from gateway.composition import Gateway
from gateway.demo.adoption import adopt_rules
from gateway.demo.seed import seed_demo
from gateway.identity.staff import add_staff, list_staff, set_password
from gateway.settings import Settings

# (place among the institutions, role, user, name, department)
STAFF = (
    (0, "desk", "desk", "林一诺（合成）", "出入院服务中心"),
    (0, "clinician", "doctor", "沈怀瑾（合成）", "内分泌科"),
    (0, "privacy", "privacy", "顾清越（合成）", "隐私保护办公室"),
    (0, "auditor", "auditor", "高岚（合成）", "审计处"),
    (0, "administrator", "admin", "罗子衡（合成）", "信息科"),
    (1, "desk", "desk", "赵小满（合成）", "便民服务台"),
    (1, "clinician", "doctor", "周明远（合成）", "全科"),
    (1, "privacy", "privacy", "江予安（合成）", "医务科"),
    (2, "desk", "desk", "许安然（合成）", "前台"),
    (2, "clinician", "doctor", "何静姝（合成）", "主检室"),
    (2, "privacy", "privacy", "陆知远（合成）", "质量管理部"),
)
CLINICIAN = "309343006"  # SNOMED CT: physician


def prepare_demonstration(gw: Gateway) -> dict[str, Any]:
    """Accounts and patients; answers what demo.json holds. Safe to repeat after a crash half-way."""
    with Progress(transient=True) as progress:
        seed_demo(gw, progress)
    found = gw.ledger.genesis.institutions
    adopt_rules(gw, gw.ledger.id, found)
    present = {(row.institution, row.user) for row in list_staff(gw)}
    staff = []
    for place, role, user, name, department in STAFF:
        institution, password = found[place]["id"], fresh_password()
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
        "ledger": gw.ledger.id,
        "staff": staff,
        "institutions": [{"id": one["id"], "name": one["name"], "type": one["type"]} for one in found],
    }


def announce(sheet: dict[str, Any], settings: Settings) -> None:
    """The addresses and sign-ins, readable."""
    names = {one["id"]: one["name"]["zh-CN"] for one in sheet["institutions"]}
    click.echo()
    click.echo(f"  Console  {sheet['console']}")
    click.echo(f"  Wallet   {sheet['wallet']}   (open it on its own host: never under the console's)")
    click.echo(f"  API      {sheet['base']}/docs")
    click.echo(f"  Ledger   {sheet['ledger']}")
    click.echo()
    for one in sheet["staff"]:
        click.echo(f"  {one['role']:14} {one['user']:9} {one['password']}   {names[one['institution']]}")
    click.echo()
    click.echo(
        f"  The same stands in {settings.data.parent.name}/demo.json. All patients are synthetic. "
        "Ctrl-C stops the node."
    )
    click.echo(nl=True)
