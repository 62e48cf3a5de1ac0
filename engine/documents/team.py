"""Team: people to tell, and who of them may agree."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from engine.documents.draft import Draft, World
from engine.policy import Team
from engine.suggest import did_you_mean


def build(draft: Draft, world: World) -> Team:
    """The value of a Team document."""
    spec = draft.spec
    written = draft.source.data["spec"]  # not what is left of it: a misspelt address is somebody too
    if not written.get("people") and not written.get("group"):
        draft.warning("team", ("spec",), "nobody is in this team, so nobody of it can approve anything", "add people or a group")
    _when_silent(draft, world)
    return Team(
        meta=draft.meta(),
        aliases=tuple(spec.get("aliases", ())),
        people=_people(draft, "people"),
        group=spec.get("group", ""),
        approvers=_people(draft, "approvers"),
        slack=spec.get("slack", ""),
        email=spec.get("email", ""),
        time_zone=_time_zone(draft),
        holidays=_holidays(draft),
        when_silent=tuple(spec.get("when_silent", ())),
    )


def _people(draft: Draft, key: str) -> tuple[str, ...]:
    return tuple(person.lower() for person in draft.spec.get(key, ()))


def _when_silent(draft: Draft, world: World) -> None:
    for index, name in enumerate(draft.spec.get("when_silent", ())):
        if "@" not in name:
            draft.team(name, ("spec", "when_silent", index), world)


def _time_zone(draft: Draft) -> str:
    zone: str = draft.spec.get("time_zone", "UTC")
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        hint = did_you_mean(zone, available_timezones()) or "write an IANA name such as Europe/Berlin"
        draft.error("reference", ("spec", "time_zone"), f"there is no time zone {zone!r}", hint)
    return zone


def _holidays(draft: Draft) -> str:
    """A country, or a country and a part of it, that the `holidays` library has."""
    code: str = draft.spec.get("holidays", "")
    if code:
        from holidays import list_supported_countries  # late: half a second, and only where a team names a calendar

        known = list_supported_countries(include_aliases=False)
        country, _, part = code.partition("-")
        path = ("spec", "holidays")
        if country not in known:
            hint = did_you_mean(country, known) or "write a country's code, such as DE or US"
            draft.error("reference", path, f"there is no holiday calendar {country!r}", hint)
        elif part and part not in known[country]:
            parts = f"write {country} alone or with one of {', '.join(known[country])}" if known[country] else f"write {country}"
            hint = did_you_mean(part, known[country]) or parts
            draft.error("reference", path, f"the calendar {country} has no part {part!r}", hint)
    return code
