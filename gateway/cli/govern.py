"""`flask govern`: operators propose, vote and join, each with its offline key.

The key is read from the file that is named and kept nowhere. What is signed is shown first, in plain words,
and nothing is signed unless a person agrees. A change is a small JSON file (docs/formats/governance.md).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from gateway.cli.govern_words import plain, summary
from gateway.cli.opening import command_settings, ledger_view, node, read_genesis
from gateway.composition import Gateway
from gateway.consortium.node import NodeError, validator_seed
from gateway.identity.founding import write_private
from gateway.identity.keyring import operator_here
from gateway.identity.rotation import named_keys
from gateway.identity.signing import submit_signed
from gateway.operation.doctor.findings import FLASK, quoted
from ledger.committed import Committed
from ledger.encoding import b64u, canonical_json, parse_json, unb64u
from ledger.errors import LedgerError, Malformed
from ledger.governance import open_proposals
from ledger.registry import Document
from ledger.signing import public_key, sign_compact, thumbprint
from ledger.view import View

command = AppGroup("govern", help="Propose, vote and join, with an offline key.")
KEY = click.option(
    "--key",
    "key_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File of the offline key; it is read, and kept nowhere.",
)
YES = click.option("--yes", is_flag=True, help="Do not ask again.")


@command.command("list")
def list_() -> None:
    """Operators, institutions, and what can be voted on. Safe while the node runs."""
    with ledger_view(command_settings()) as view:
        for operator in view.operators():
            state = "active · 在册" if operator.active else "retired · 已移除"
            click.echo(f"operator · 运营方     {operator.id} {plain(operator.name)} ({state})")
        for one in view.institutions():
            state = "retired · 已移除" if one.retired else "active · 在册"
            named = plain(f"{one.name['zh-CN']} · {one.name['en']}")
            click.echo(f"institution · 机构    {one.code} {one.id} {named} ({state})")
        for proposal in _all_open(view):
            click.echo(f"\nproposal · 提议       {proposal['id']}")
            _show(proposal["change"], view)
            _show_votes(proposal, view)


@command.command("propose")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@KEY
@YES
def propose(file: Path, key_file: Path, yes: bool) -> None:
    """Propose the change in FILE (JSON); it counts as a yes of your own."""
    change = _change_in(file)
    with _signing(key_file, "vote") as (gw, seed, signer):
        answer = _submit(gw, seed, "operator.propose", signer, change, yes, change=change)
        click.echo(f"Recorded as proposal · 已登记为提议  {answer.entry_id}")
        _say_where_it_stands(gw, answer.entry_id)


@command.command("vote")
@click.argument("proposal")
@KEY
@click.option("--against", is_flag=True, help="Vote no (default: yes).")
@YES
def vote(proposal: str, key_file: Path, against: bool, yes: bool) -> None:
    """Vote on the open PROPOSAL (its id, or how it begins)."""
    with _signing(key_file, "vote") as (gw, seed, signer):
        with gw.ledger.view() as view:
            found = [
                each for each in _all_open(view) if len(proposal) >= 8 and each["id"].startswith(proposal)
            ]
        if len(found) != 1:
            raise click.ClickException(
                "No such open proposal; flask govern list names them. · 没有这项未决的提议。"
            )
        click.echo("You vote NO · 您投反对票:" if against else "You vote YES · 您投赞成票:")
        members = {"proposal": found[0]["id"], "accept": not against}
        _submit(gw, seed, "operator.vote", signer, found[0]["change"], yes, **members)
        _say_where_it_stands(gw, found[0]["id"])


@command.command("keys")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--vote", type=click.Path(path_type=Path), help="Where to put a fresh vote key: on a stick.")
@click.option("--validator", type=click.Path(path_type=Path), help="A new priv_validator_key.json.")
def keys(file: Path, vote: Path | None, validator: Path | None) -> None:
    """Write to FILE the change that gives this operator new keys, which show that they are held."""
    os.umask(0o077)
    settings = command_settings()
    operator = operator_here(settings, read_genesis(settings))
    seeds: dict[str, bytes] = {}
    try:
        if validator is not None:
            seeds["validator"] = validator_seed(validator)
    except NodeError as error:
        raise click.ClickException(str(error)) from None
    if vote is not None:
        if vote.exists():
            raise click.ClickException(f"{vote} is there already · 已存在")
        seeds["vote"] = os.urandom(32)
        write_private(vote, b64u(seeds["vote"]).encode())
    if not seeds:
        raise click.ClickException("Name --vote, --validator or both · 请指定 --vote 或 --validator")
    with ledger_view(settings) as view:
        change = {"do": "operator.keys", "operator": operator, **named_keys(view, operator, seeds)}
        _show(change, view)
    write_private(file, canonical_json(change))
    click.echo(f"{FLASK} govern propose {quoted(file)} --key VOTE_KEY")


@command.command("join")
@KEY
@YES
def join(key_file: Path, yes: bool) -> None:
    """Join as the operator or institution whose key this is, once the others approved it."""
    with _signing(key_file, None) as (gw, seed, signer):
        with gw.ledger.view() as view:
            approval = view.get(f"approval/{signer['subject']}")
        if approval is None:
            raise click.ClickException("Nobody approved a party with this key. · 没有批准使用该密钥的一方。")
        kind = approval["type"]
        change = {"do": f"{kind}.admit", kind: approval["document"]}
        answer = _submit(gw, seed, f"{kind}.join", signer, change, yes, proposal=approval["proposal"])
        click.echo(f"Joined with record {answer.index} · 已加入（记录 {answer.index}）")


@contextmanager
def _signing(key_file: Path, use: str | None) -> Iterator[tuple[Gateway, bytes, Document]]:
    """A node, the seed in the file, and what the ledger knows of its key."""
    if key_file.stat().st_mode & 0o077:
        raise click.ClickException(f"{key_file} may be read by others: chmod 600 it")
    try:
        seed = unb64u(key_file.read_text("ascii").strip(), 32)
    except (Malformed, UnicodeDecodeError):
        raise click.ClickException(f"{key_file} holds no key (32 bytes in base64url)") from None
    with node(command_settings()) as gw:
        with gw.ledger.view() as view:
            signer = view.get(f"key/{thumbprint(public_key(seed))}")
        if signer is None or (use is not None and signer["use"] != use):
            raise click.ClickException(
                "The ledger knows this key for nothing of the kind. · 账本上该密钥没有此用途。"
            )
        yield gw, seed, signer


def _submit(
    gw: Gateway, seed: bytes, kind: str, signer: Document, change: Document, yes: bool, /, **members: Any
) -> Committed:
    """Show, ask, sign, hand in; a refusal is told plainly and changes nothing."""
    with gw.ledger.view() as view:
        _show(change, view)
    if not yes:
        click.confirm("Sign this? · 确认签署？", abort=True)
    payload = {
        "ledger": gw.ledger.id,
        "subject": signer["subject"],
        "kind": kind,
        "at": gw.clock(),
        **members,
    }
    try:
        answer = submit_signed(gw, sign_compact(seed, "yaoshi-entry", payload))
    except LedgerError as error:
        raise click.ClickException(f"The ledger did not answer: {error}") from None
    if not isinstance(answer, Committed):
        raise click.ClickException(
            f"The ledger refused: {answer.code} ({answer.detail}). Nothing was changed. · 未作更改。"
        )
    return answer


def _show(change: Document, view: View) -> None:
    try:
        lines = summary(change, view)
    except (KeyError, TypeError, AttributeError, ValueError, Malformed):
        raise click.ClickException(
            "The file is no change that this ledger knows; docs/formats/governance.md lists them. · "
            "文件内容不是本账本认可的变更。"
        ) from None
    for line in lines:
        click.echo(line)


def _show_votes(proposal: Document, view: View) -> None:
    names = {one.id: plain(one.name) for one in view.operators()}
    active = [one.id for one in view.operators() if one.active]
    for side, word in (("yes", "yes · 赞成"), ("no", "no · 反对")):
        voters = ", ".join(names[each] for each in proposal[side] if each in active)
        click.echo(f"  {word}  {voters or '-'}")
    needed = 2 * len(active) // 3 + 1
    click.echo(f"  {needed} of {len(active)} are needed · 需要 {len(active)} 票中的 {needed} 票")


def _say_where_it_stands(gw: Gateway, proposal_id: str) -> None:
    with gw.ledger.view() as view:
        proposal = view.get(f"proposal/{proposal_id}")
        if proposal is None:
            click.echo("Decided: it is in effect. · 已通过并生效。")
        else:
            _show_votes(proposal, view)


def _all_open(view: View) -> list[Document]:
    active = [one.id for one in view.operators() if one.active]
    return [each for operator in active for each in open_proposals(view.get, operator, view.time)]


def _change_in(file: Path) -> Document:
    try:
        return parse_json(file.read_bytes())
    except Malformed as malformed:
        raise click.ClickException(f"{file} is not JSON of an accepted form ({malformed.code})") from None
    except OSError as error:
        raise click.ClickException(f"{file} could not be read: {error.strerror}") from None
