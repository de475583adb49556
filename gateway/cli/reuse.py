"""`flask reuse`: an institution's rules for reusing results, and what they would have avoided.

Safe while the node runs. A rule is loaded as a draft, approved or withdrawn in the institution's name with
its review key, and never changed: another meaning is another version.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from flask.cli import AppGroup
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection

from consent.reuse.faults import FAULTS, Fault
from consent.reuse.rule_file import RuleFile, parse_rules
from consent.reuse.rule_lines import version_lines
from consent.reuse.rules import DAY_MS, Rule
from gateway.cli.opening import (
    command_settings,
    find_institution,
    ledger_view,
    now_ms,
    read_genesis,
    without_ledger,
)
from gateway.cli.reuse_simulation import show_simulation
from gateway.composition import Gateway
from gateway.identity.keyring import KeyMissingError
from gateway.reuse.rules.rulings import Act, false_rulings, rule_on
from gateway.reuse.rules.stored import StoredRule, load_rules, stored_rules
from gateway.settings import ROOT

command = AppGroup("reuse", help="Rules for using results that exist instead of taking them again.")

SHIPPED = ROOT / "gateway" / "reuse" / "rules" / "rules.toml"
INSTITUTION = click.argument("institution", metavar="INSTITUTION")
BY = click.option("--by", required=True, help="Who decided this, by name: it stands beside every use.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@command.command("rules")
@INSTITUTION
def rules(institution: str) -> None:
    """List an institution's rules, and check the signature of each ruling."""
    settings = command_settings()
    one = find_institution(settings, institution)
    with without_ledger(settings) as gw, gw.db.connect() as conn, ledger_view(settings) as view:
        found = stored_rules(conn, one["id"])
        false = false_rulings(view, conn, one["id"])
    if not found:
        raise click.ClickException(f"No rules yet. Load some: flask reuse load {SHIPPED} {one['code']}")
    table = _table(one["name"]["en"], found, false)
    Console().print(table)
    if false:
        raise click.ClickException(
            f"{len(false)} rulings are not what the institution signed; nothing may be used under them."
        )


@command.command("load")
@click.argument("file", type=FILE)
@INSTITUTION
def load(file: Path, institution: str) -> None:
    """Load a rule file as drafts. With one mistake in it nothing is taken and the old rules stay."""
    settings = command_settings()
    one = find_institution(settings, institution)
    parsed = read_rules(file)
    with without_ledger(settings) as gw, gw.db.begin() as conn:
        loaded = load_rules(conn, one["id"], parsed.rules, gw.clock())
    if loaded.faults:
        lines = version_lines(file.read_text("utf-8"), parsed.rules)
        _refuse(file, tuple(fault._replace(line=lines[fault.detail]) for fault in loaded.faults))
    click.echo(f"{loaded.new} new drafts, {loaded.unchanged} known already. No draft offers anything yet.")


@command.command("approve")
@INSTITUTION
@click.argument("names", nargs=-1, metavar="[RULE@VERSION]...")
@click.option("--all", "everything", is_flag=True, help="Every draft of the newest version.")
@BY
def approve(institution: str, names: tuple[str, ...], everything: bool, by: str) -> None:
    """Approve rules in the institution's name; from then on they may offer."""
    if bool(names) == everything:
        raise click.UsageError("Name rules as group/situation@version, or give --all.")
    _rule(institution, names, "approve", by)


@command.command("withdraw")
@INSTITUTION
@click.argument("names", nargs=-1, required=True, metavar="RULE@VERSION...")
@BY
def withdraw(institution: str, names: tuple[str, ...], by: str) -> None:
    """Withdraw rules for good; what was decided under them stays as it was."""
    _rule(institution, names, "withdraw", by)


@command.command("simulate")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--institution", metavar="CODE", help="What is imported there, instead of files.")
@click.option("--rules", "file", type=FILE, default=SHIPPED, help="Rule file (default: the shipped table).")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Leave out what is later (default: now).")
def simulate(path: Path | None, institution: str | None, file: Path, as_of: datetime | None) -> None:
    """What the rules, if they were approved, would have avoided in histories that happened."""
    if (path is None) == (institution is None):
        raise click.UsageError("Give a file or folder, or --institution CODE.")
    clock = now_ms() if as_of is None else int(as_of.replace(tzinfo=UTC).timestamp()) * 1000 + DAY_MS - 1
    parsed = read_rules(file)
    if path is not None:
        show_simulation(parsed.rules, clock, [path], None, None)
        return
    settings = command_settings()
    one = find_institution(settings, institution or "")
    with without_ledger(settings) as gw, gw.db.connect() as conn:
        show_simulation(parsed.rules, clock, [], conn, one["id"])


def read_rules(file: Path) -> RuleFile:
    """The rules of a file; ends the command with every mistake, by line, when it has any."""
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(file, (Fault(0, "toml-wrong", f"not UTF-8 at byte {error.start}"),))
    parsed = parse_rules(text)
    if parsed.faults:
        _refuse(file, parsed.faults)
    return parsed


def _refuse(file: Path, faults: tuple[Fault, ...]) -> None:
    for fault in faults:
        en, zh = FAULTS[fault.code]
        click.echo(f"{file}:{fault.line}: {fault.code}: {en} · {zh} ({fault.detail})", err=True)
    raise click.ClickException(f"{len(faults)} mistakes. Nothing was taken; the old rules stay.")


def _rule(institution: str, names: tuple[str, ...], act: Act, by: str) -> None:
    settings = command_settings()
    one, ledger = find_institution(settings, institution), read_genesis(settings).id
    with without_ledger(settings) as gw, gw.db.begin() as conn:
        chosen = _chosen(conn, one["id"], names)
        done = _rule_each(gw, conn, ledger, one["id"], chosen, act, by)
    click.echo(f"{done} rules {'approved' if act == 'approve' else 'withdrawn'} for {one['name']['en']}.")


def _chosen(conn: Connection, institution: str, names: tuple[str, ...]) -> list[StoredRule]:
    """The named rules; without names the newest draft of each that has a verified code."""
    found = stored_rules(conn, institution)
    if names:
        by_name = {each.rule.name: each for each in found}
        unknown = [name for name in names if name not in by_name]
        if unknown:
            raise click.ClickException(f"No such rule here: {', '.join(unknown)}. Nothing was changed.")
        return [by_name[name] for name in dict.fromkeys(names)]
    newest = {each.rule.id: each for each in sorted(found, key=lambda each: each.rule.version)}
    return [each for each in newest.values() if each.rule.status == "draft" and each.rule.codes]


def _rule_each(
    gw: Gateway, conn: Connection, ledger: str, institution: str, chosen: list[StoredRule], act: Act, by: str
) -> int:
    for each in chosen:
        try:
            refused = rule_on(gw, conn, ledger, institution, each, act, by)
        except KeyMissingError:
            raise click.ClickException("This node does not hold the institution's review key.") from None
        if refused is not None:
            raise click.ClickException(f"{refused.name}: {refused.why}. Nothing was changed.")
    return len(chosen)


def _table(name: str, found: tuple[StoredRule, ...], false: list[str]) -> Table:
    table = Table(title=f"Reuse rules of {name}", box=SIMPLE)
    table.add_column("rule", no_wrap=True, min_width=max(len(each.rule.name) for each in found))
    for heading in ("standing", "by", "interval", "window", "sources"):
        table.add_column(heading, overflow="fold")
    for each in found:
        rule = each.rule
        standing = f"{rule.status} (SIGNATURE DIFFERS)" if rule.name in false else rule.status
        table.add_row(
            rule.name,
            standing,
            rule.approved_by or "",
            _interval(rule),
            _days(rule.window_ms),
            " ".join(rule.sources),
        )
    return table


def _interval(rule: Rule) -> str:
    if rule.never:
        return "never"
    return "no retest" if rule.no_retest else _days(rule.min_interval_ms)


def _days(length: int | None) -> str:
    return "" if length is None else f"{length / DAY_MS:g} d"
