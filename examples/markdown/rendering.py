"""From Markdown to HTML, with a place to link to at each heading."""

import re
from dataclasses import dataclass
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token


@dataclass(frozen=True)
class Heading:
    """A heading: its level from 1 to 6, its text, and the name that links lead to."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Rendered:
    """A text as HTML, and its headings in their order."""

    html: str
    headings: list[Heading]


def render(text: str, *, with_html: bool = False) -> Rendered:
    """The HTML of a text in CommonMark with tables and ~~deletions~~.

    HTML in the text is shown as text unless it is let through; links that run scripts are never
    made.
    """
    settings = {"html": with_html, "typographer": False}
    parser = MarkdownIt("commonmark", settings).enable(["table", "strikethrough"])
    tokens = parser.parse(text)
    headings = _anchored(tokens)
    return Rendered(parser.renderer.render(tokens, parser.options, {}), headings)


def contents(headings: list[Heading]) -> str:
    """Links to all headings, nested as they are."""
    if not headings:
        return ""
    top = min(heading.level for heading in headings)
    lines: list[str] = []
    depth = 0
    for heading in headings:
        wanted = min(heading.level - top + 1, depth + 1)
        if wanted > depth:
            lines.append("<ul>")
        else:
            lines.append("</li>" + "</ul></li>" * (depth - wanted))
        depth = wanted
        lines.append(f'<li><a href="#{escape(heading.anchor)}">{escape(heading.text)}</a>')
    lines.append("</li></ul>" * depth)
    return "<nav>\n" + "\n".join(lines) + "\n</nav>\n"


def _anchored(tokens: list[Token]) -> list[Heading]:
    """Give every heading a name of its own to link to."""
    headings: list[Heading] = []
    taken: set[str] = set()
    for place, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        text = _plain(tokens[place + 1])
        anchor = base = re.sub(r"[^\w]+", "-", text.lower()).strip("-") or "section"
        number = 1
        while anchor in taken:
            number += 1
            anchor = f"{base}-{number}"
        taken.add(anchor)
        token.attrSet("id", anchor)
        headings.append(Heading(int(token.tag[1:]), text, anchor))
    return headings


def _plain(inline: Token) -> str:
    """The text of a heading without its marks."""
    kinds = ("text", "code_inline", "softbreak", "image")
    parts = (child for child in inline.children or [] if child.type in kinds)
    return "".join(child.content or " " for child in parts).strip()
