"""A Slack to try Sexton with: its Web API as far as Sexton uses it, a page that shows the messages, buttons that work."""

from demo.slack.server import LocalSlack
from demo.slack.workspace import Person

__all__ = ["LocalSlack", "Person"]
