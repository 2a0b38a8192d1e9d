"""`prowess verify` and `prowess rebuild`."""

from __future__ import annotations

import json
import sys

import click

from lrs.cli_context import pass_prowess
from lrs.clock import to_text
from lrs.errors import Conflict, NotFound, did_you_mean
from lrs.prowess import Prowess
from lrs.verify.proof import Proof, parts_of, prove
from lrs.verify.proof import rebuild as rebuild_part


@click.command()
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to say it."
)
@pass_prowess
def verify(prowess: Prowess, format_: str) -> None:
    """Prove, in a copy, that what is derived equals what the record says; exits with 1 when anything does not.

    While the server runs or not; nothing is changed and nothing is sent.

    Example: prowess verify --format json
    """
    proof = prove(prowess)
    click.echo(json.dumps(_as_json(proof)) if format_ == "json" else _as_text(proof))
    if proof.findings:
        sys.exit(1)


@click.command()
@click.argument("parts", metavar="PART…", nargs=-1, required=True)
@pass_prowess
def rebuild(prowess: Prowess, parts: tuple[str, ...]) -> None:
    """Throw away what is derived and make it anew from the record; stop the server and the workers first.

    Example: prowess rebuild lrs.directory rules.evidence
    """
    known = parts_of(prowess)
    for name in parts:
        if name not in known:
            hint = did_you_mean(name, known) or f"there are: {', '.join(known)}"
            raise NotFound(f"nothing that is derived is called '{name}'", hint=hint)
    if not prowess.database.is_alone():
        raise Conflict("somebody works with this store", hint="stop the server and the workers, then try again")
    for name in known:
        if name in parts:
            rebuild_part(prowess, known[name])
            click.echo(f"made anew: {name}")


def _as_json(proof: Proof) -> dict[str, object]:
    return {
        "ok": not proof.findings,
        "at": to_text(proof.at),
        "statements": proof.statements,
        "behind": proof.behind,
        "compared": proof.compared,
        "findings": [found.as_json() for found in proof.findings],
    }


def _as_text(proof: Proof) -> str:
    lines = [f"{proof.statements:,} statements, as of {to_text(proof.at)}"]
    lines += [
        f"{name} was {count:,} items behind; in the copy it followed them"
        for name, count in proof.behind.items()
        if count
    ]
    for part, tables in proof.compared.items():
        lines.append(f"{part}: {', '.join(f'{table} {rows:,}' for table, rows in tables.items())} rows made anew")
    for found in proof.findings:
        more = f" (and {found.count - 1:,} more)" if found.count > 1 else ""
        lines += [f"WRONG {found.part}: {found}{more}", f"  mend: {found.mend}"]
    ways = f"{len(proof.findings)} {'ways' if len(proof.findings) > 1 else 'way'}"
    lines.append(
        f"the store differs from its record in {ways}" if proof.findings else "the store is what its record says"
    )
    return "\n".join(lines)
