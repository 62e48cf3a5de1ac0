"""What happens in the world by itself: beside the resources, people merge, break and rewind policies, and things are down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from simulation.documents import BROKEN, disks, exemption, files
from simulation.things import Things


@dataclass(slots=True, kw_only=True)
class Nature(Things):
    """Moves the world between rounds."""

    def day(self) -> None:
        """What may go wrong on a day, decided in its morning."""
        trouble, profile = self.chance.trouble, self.chance.profile
        hours = timedelta(hours=1 + 30 * trouble.random())
        if trouble.random() < profile.slack_down:
            self.channel.down_until = self.clock.true + hours
            self.note(f"Slack is down until {self.channel.down_until:%d %H:%M}")
        if trouble.random() < profile.git_down:
            self.branch.down_until = self.clock.true + hours
            self.note(f"git is down until {self.branch.down_until:%d %H:%M}")
        if trouble.random() < profile.git_moves:
            self.people.later(timedelta(hours=24 * trouble.random()), self.git)
        if trouble.random() < profile.freezes:
            self.people.later(timedelta(hours=24 * trouble.random()), self.people.freeze)
        if trouble.random() < profile.clock:
            self.jump()
        self.people.later(timedelta(hours=10), self.people.tidy)

    def jump(self) -> None:
        """The reaper's clock is wrong for some hours."""
        wrong = self.chance.trouble.choice((-24, -1, 1, 24))
        self.clock.wrong = timedelta(hours=wrong)
        self.note(f"the reaper's clock is wrong by {wrong} h")

        def right() -> None:
            self.clock.wrong = timedelta(0)
            self.note("the reaper's clock is right again")

        self.people.later(timedelta(hours=1 + 6 * self.chance.trouble.random()), right)

    def git(self) -> None:
        """Somebody changes the policies."""
        self.random.choices((self.exempt_one, self.change, self.broken, self.rewind), (40, 35, 15, 10))[0]()

    def exempt_one(self) -> None:
        """An exemption is merged for one resource."""
        thing = self._one()
        if thing is not None:
            self.exempt.append((thing.key.kind, thing.key.id))
            self.merge(f"an exemption for {thing.key.id}")

    def change(self) -> None:
        """The policy on disks gets another grace, or speaks of fewer."""
        days, more = self.random.choice(((3, ""), (4, ""), (3, " && size_gb > 10"), (2, "")))
        self.branch.files["policies/disks.yaml"] = disks(days, more)
        self.merge(f"disks after {days}d{more}")

    def broken(self) -> None:
        """A head that does not load, until somebody mends it."""
        made = self.branch.merge({**self._files(), "policies/broken.yaml": BROKEN}, self._spared(), loads=False)
        self.note(f"git: {made.sha[:8]} does not load")
        self.people.later(timedelta(hours=1 + 10 * self.random.random()), lambda: self.merge("mended"))

    def rewind(self) -> None:
        """The branch is forced back; hours later two people accept that."""
        made = self.branch.rewind()
        if made is not None:
            self.note(f"git: rewound to {made.sha[:8]}")
            self.people.later(timedelta(hours=2 + 10 * self.random.random()), self.people.unfreeze)

    def merge(self, why: str) -> None:
        """The policies as they should be, on top of the branch."""
        made = self.branch.merge(self._files(), self._spared())
        self.note(f"git: {made.sha[:8]} {why}")

    def _files(self) -> dict[str, str]:
        until = (self.clock.true + timedelta(days=300)).date().isoformat()
        spared = {
            f"policies/spared-{number}.yaml": exemption(number, kind, id, until) for number, (kind, id) in enumerate(self.exempt)
        }
        return {**files(), **self.branch.files, **spared}

    def _spared(self) -> frozenset[str]:
        return frozenset(f"{kind} {id}" for kind, id in self.exempt)

    def next(self) -> datetime:
        """When something happens next to a resource: every two hours or so."""
        return self.clock.true + timedelta(hours=self.random.expovariate(1 / 2))
