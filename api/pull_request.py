"""A pull request's review: asked of a server or judged here, then one comment, kept up to date whatever comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from api.client import Answered, Client, NoAnswer
from api.ending import FAILED, NOTHING_READ, Stop
from engine.render.annotations import annotated
from engine.render.effect import summary
from engine.render.markdown import MARKER, comment, refusal, untouched
from engine.wording import harmless
from reapers.sources.errors import SourceError
from reapers.sources.forge import Forge, GitHub, Posted, identity
from reapers.sources.forge_gitlab import GitLab
from reapers.sources.rest import LOOPBACK

AUDIENCE = "sexton"
SECONDS = (5, 300)
"""Until a connection stands, and until a server has compared a large estate."""
LARGEST = 65_536
"""Characters of a comment that GitHub takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change of policies: where it goes to, its newest commit, and the folder."""

    base: str
    head: str
    policies: Path

    def touches(self, paths: frozenset[str]) -> bool:
        """Whether any of these files may be a policy."""
        folder = self.policies.as_posix()
        return folder == "." or any(path == folder or path.startswith(f"{folder}/") for path in paths)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What is said of a change. `refused` is why nothing can be said of what it does."""

    comment: str
    annotations: str
    said: str
    needs: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a review is shown: a pull request's comment, the run's own page; neither where they are not given."""

    forge: Forge | None = None
    number: int = 0
    page: Path | None = None

    @classmethod
    def of(cls, forge: str, number: int | None, environment: Mapping[str, str]) -> Place:
        """From a pipeline's environment."""
        page = Path(environment["GITHUB_STEP_SUMMARY"]) if environment.get("GITHUB_STEP_SUMMARY") else None
        if number is None:
            return cls(page=page)
        return cls(forge=_forge(forge, environment), number=number, page=page)

    def show(self, text: str, *, create: bool = True) -> Posted:
        """Write the comment, and the run's page."""
        if self.page is not None:
            with self.page.open("a", encoding="utf-8") as page:
                page.write(text)
        return self.forge.post(self.number, text, MARKER, create=create) if self.forge else Posted.NONE


def _forge(forge: str, environment: Mapping[str, str]) -> Forge:
    names = ("GITLAB_TOKEN", "CI_PROJECT_ID") if forge == "gitlab" else ("GITHUB_TOKEN", "GITHUB_REPOSITORY")
    missing = [name for name in names if not environment.get(name)]
    if missing:
        raise Stop(f"To comment on a pull request, set {' and '.join(missing)}; or leave out --pull-request.", FAILED)
    token, project = (environment[name] for name in names)
    if forge == "gitlab":
        return GitLab(project, token, environment.get("CI_API_V4_URL") or "https://gitlab.com/api/v4")
    return GitHub(project, token, environment.get("GITHUB_API_URL") or "https://api.github.com")


def reviewed(place: Place, change: Proposal, judge: Callable[[], Review]) -> Review:
    """Judge a change and show what comes of it, also what goes wrong: an older comment must not stay and look valid."""
    if place.forge is not None:
        files = place.forge.changed_files(place.number)
        # A folder that is not there, misspelt perhaps, is touched by nothing: that must not pass.
        if files.complete and change.policies.is_dir() and not change.touches(files.paths):
            text = untouched(change.policies.as_posix())
            place.show(text, create=False)
            said = f"This change touches nothing below {harmless(change.policies.as_posix())}."
            return Review(comment=text, annotations=said, said=said)
    try:
        found = judge()
    except (Stop, SourceError, Answered, NoAnswer) as error:
        place.show(refusal(str(error), change.head))
        raise
    place.show(found.comment)
    return found


def by_inventory(change: Proposal, inventory: Path) -> Review:
    """Judged here, by whoever holds an inventory. What does not load is a review too."""
    from api.comparing import proposed
    from api.judging import columns_at

    compared = proposed(change.policies, change.base, change.head, columns_at(inventory))
    return Review(
        comment=comment(compared), annotations=annotated(compared), said=summary(compared), needs=bool(compared.impact.needs)
    )


def by_server(change: Proposal, url: str, forge: str, environment: Mapping[str, str]) -> Review:
    """Judged by a server, which fetches both commits itself. The run's OIDC token says who we are, else SEXTON_TOKEN."""
    token = (identity(environment, AUDIENCE) if forge == "github" else "") or environment.get("SEXTON_TOKEN", "").strip()
    if not token:
        raise Stop("This run has no OIDC token (`permissions: id-token: write`) and SEXTON_TOKEN is not set.", FAILED)
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise Stop("The server's address must begin with https://: the run's token goes there.", FAILED)
    return _read(Client(url, token, SECONDS).post("/v1/impact", {"base": change.base, "head": change.head}), url)


def _read(said: Mapping[str, Any], url: str) -> Review:
    """A server's answer, believed only where it looks like one."""
    text, lines, plan, refused = (said.get(name) for name in ("comment", "annotations", "plan", "refused"))
    whole = isinstance(text, str) and text.startswith(MARKER) and len(text) <= LARGEST and isinstance(lines, str)
    if not whole or not (isinstance(plan, dict) or isinstance(refused, str)):
        raise Stop(f"{url} answered with something that is no review; it may be another release of Sexton.", NOTHING_READ)
    assert isinstance(text, str)
    assert isinstance(lines, str)
    return Review(
        comment=text,
        annotations=lines,
        said=lines.rsplit("\n", 1)[-1],
        needs=bool(plan.get("needs")) if isinstance(plan, dict) else False,
        refused=refused or "",
    )
