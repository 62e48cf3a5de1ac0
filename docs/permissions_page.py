"""docs/reference/permissions.md: which kinds are tied to the condemn tag, and what each role may do."""

from __future__ import annotations

import json
from collections.abc import Iterator

from engine.mark import TAG
from engine.model import Role, Verb
from reapers.kind import Kind, kinds
from reapers.permissions import OURS, Wish, role_of

ROLES = {
    Role.SCAN: "Reads, and writes nothing.",
    Role.STOP: "Stops, and starts again.",
    Role.CONDEMN: f"Makes backups and brings back; on what is there it writes the tags {', '.join(f'`{tag}`' for tag in OURS)}.",
    Role.DELETE: f"Deletes what carries `{TAG}`, on AWS; writes, creates and passes on nothing.",
}


def permissions_page(note: str) -> str:
    """The whole page."""
    return "\n".join([note, "# Roles and permissions\n", *_intro(), *_table(), *_roles()]) + "\n"


def _intro() -> Iterator[str]:
    yield "`sexton permissions aws|gcp --role scan|stop|condemn|delete` prints these. With `--policies PATH` the role delete"
    yield "is denied what those policies protect, and leaves out what none of them deletes. [Two phases](../two-phases.md) says"
    yield "why there are four roles, and what of this was tried where.\n"


def _table() -> Iterator[str]:
    yield "## Which deletes the cloud itself holds back\n"
    yield "Where the answer is no, Sexton stops at stopping, unless a policy says `without_condemn: true`; owner and platform"
    yield "then agree to each delete, whatever else is written. Spent backups of its own go as the ledger says.\n"
    yield "| kind | condemned by | the cloud refuses an uncondemned delete |\n|---|---|---|"
    yield from (f"| `{kind.name}` | {_mark(kind)} | {_tied(kind)} |" for kind in kinds().values())
    yield ""


def _mark(kind: Kind) -> str:
    if Verb.CONDEMN not in kind.acts:
        return "nothing"
    return f"tag `{TAG}`" if kind.cloud == "aws" else f"label `{TAG.replace(':', '-')}`"


def _tied(kind: Kind) -> str:
    return f"no: {kind.untied}" if kind.untied else f"yes: `aws:ResourceTag/{TAG}`"


def _roles() -> Iterator[str]:
    for role in Role:
        yield f"## {role}\n\n{ROLES[role]}\n"
        document = role_of("aws", role, Wish())
        yield "| on AWS | actions | under the condition |\n|---|---|---|"
        for statement in document["Statement"]:
            listed = statement["Action"]
            actions = ", ".join(f"`{action}`" for action in ([listed] if isinstance(listed, str) else listed))
            condition = f"`{json.dumps(statement['Condition'])}`" if "Condition" in statement else ""
            where = f" on `{statement['Resource']}`" if statement["Resource"] != "*" else ""
            yield f"| {statement['Effect']}{where} | {actions} | {condition} |"
        names = ", ".join(f"`{name}`" for name in role_of("gcp", role, Wish())["includedPermissions"])
        yield f"\nOn GCP: {names}.\n"
