"""Slack's markup as HTML, as far as Sexton's messages use it. Whatever is not markup is text and is escaped."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

TOKEN = re.compile(r"`(?P<code>[^`\n]+)`|<(?P<link>[^<>|]+)(?:\|(?P<label>[^<>]*))?>|\*(?P<bold>[^*\n]+)\*|(?P<line>\n)")


def html(mrkdwn: str) -> Markup:
    """Safe HTML. Mentions that would ring a bell (`<!channel>`) are marked so that tests and people see them."""
    parts: list[Markup] = []
    end = 0
    for token in TOKEN.finditer(mrkdwn):
        parts += [plain(mrkdwn[end : token.start()]), _token(token)]
        end = token.end()
    return Markup("").join([*parts, plain(mrkdwn[end:])])


def plain(text: str) -> Markup:
    """Text with Slack's three entities, as HTML text."""
    return escape(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def _token(token: re.Match[str]) -> Markup:
    if token["line"]:
        return Markup("<br>")
    if token["code"]:
        return Markup("<code>{}</code>").format(plain(token["code"]))
    if token["bold"]:
        return Markup("<strong>{}</strong>").format(html(token["bold"]))
    target, label = token["link"], token["label"] or token["link"]
    if target.startswith(("http://", "https://")):
        return Markup('<a href="{}" rel="noreferrer">{}</a>').format(plain(target), plain(label))
    return Markup('<mark class="mention">{}</mark>').format(plain(label))
