"""What the people of the story do: who keeps, who snoozes, who approves, and who comes back for what was nearly gone."""

from __future__ import annotations

from dataclasses import dataclass, field

from demo.estate.aws import SANDBOX
from demo.stage import Stage
from engine.case import Case, State
from engine.people import missing
from engine.schedule import action_of

APPROVERS = {
    "payments": "ann@acme.example",
    "search": "cy@acme.example",
    "data": "eva@acme.example",
    "platform": "pia@acme.example",
}
SECOND = "quinn@acme.example"
"""The platform's second approver: nobody fills two roles of one approval."""

KEPT = {"fraud-features": "ann@acme.example"}
SNOOZED = {"ci-cache-3": "bo@acme.example"}
COMES_BACK = "ci-cache-5"
"""Attached to a running machine after its deletion was approved."""
RESTORED = "dataset-2024"


@dataclass(slots=True)
class Cast:
    """Everybody, with what they have already done. Buttons are pressed in the Slack stand-in, as people would."""

    stage: Stage
    approves: bool = True
    done: set[str] = field(default_factory=set)

    def act(self) -> list[str]:
        """Everybody answers what they were asked; one sentence for each thing that somebody did."""
        return [line for case in self.stage.service.ledger.open_cases() for line in self._answer(case)]

    def _answer(self, case: Case) -> list[str]:
        if case.told is None or case.tell:
            return []
        if case.name in KEPT and case.state is State.GRACE:
            return self._press(case, "keep", KEPT[case.name], "keeps")
        if case.name in SNOOZED and case.state is State.GRACE:
            return self._press(case, "snooze", SNOOZED[case.name], "snoozes")
        if case.state is State.AWAITING_APPROVAL and self.approves:
            return self._approve(case)
        return []

    def _approve(self, case: Case) -> list[str]:
        action = action_of(case)
        if action is None:
            return []
        lines: list[str] = []
        for role in missing(case, action):
            person = APPROVERS[case.team if role == "owner" else "platform"]
            agreed = {yes.who for yes in case.agreements}
            lines += self._press(case, "approve", SECOND if person in agreed else person, f"approves the {action.verb} of")
        if case.name == COMES_BACK:
            lines += self._attach(case)
        return lines

    def _press(self, case: Case, button: str, person: str, does: str) -> list[str]:
        pressed = self.stage.slack.press(case.id, button, person)
        if pressed.status != 200:
            raise RuntimeError(f"{person} could not press {button} for {case.name}: {pressed.text}")
        return [f"{person.split('@')[0].capitalize()} {does} {case.name}"]

    def _attach(self, case: Case) -> list[str]:
        """Somebody needs the volume after all, and does not tell anybody."""
        ec2 = self.stage.aws.client("ec2", SANDBOX)
        ec2.attach_volume(VolumeId=case.key.id, InstanceId=self.stage.names.ids["checkout-dev"], Device="/dev/sdf")
        return [f"Somebody attaches {case.name} to checkout-dev, after its deletion was approved"]

    def restores(self) -> list[str]:
        """One person wants something back that was deleted: asked for through the API with a token of their own."""
        case = next((case for case in self.stage.service.ledger.open_cases() if case.name == RESTORED), None)
        if case is None or case.state is not State.DELETED or RESTORED in self.done:
            return []
        self.done.add(RESTORED)
        self.stage.restore(case.id, "eva@acme.example")
        return [f"Eva wants {RESTORED} back: sexton restore {case.id}"]
