"""Turns Markdown into HTML: a piece of a page, or a whole page."""

import argparse
import sys
from pathlib import Path

from page import page
from rendering import contents, render


def command(words: list[str]) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser("markdown", description=__doc__)
    parser.add_argument("file", metavar="FILE", nargs="?", default="-", help="stdin without it")
    parser.add_argument("-o", "--output", metavar="FILE", default="-", help="stdout without it")
    parser.add_argument("--page", action="store_true", help="a whole page, with a style")
    parser.add_argument("--title", metavar="TEXT", help="the page's; its first heading without it")
    parser.add_argument("--contents", action="store_true", help="a list of the headings before all")
    parser.add_argument("--html", action="store_true", help="let HTML in the text through as it is")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """Read, render, write; 1 where a file cannot be read or written."""
    asked = command(words)
    try:
        raw = sys.stdin.buffer.read() if asked.file == "-" else Path(asked.file).read_bytes()
        rendered = render(raw.decode("utf-8-sig"), with_html=asked.html)
        body = (contents(rendered.headings) if asked.contents else "") + rendered.html
        if asked.page:
            first = next((heading.text for heading in rendered.headings), "")
            body = page(asked.title or first, body)
        if asked.output == "-":
            sys.stdout.buffer.write(body.encode())
        else:
            Path(asked.output).write_bytes(body.encode())
    except OSError as error:
        print(f"markdown: {error.filename or 'stdout'}: {error.strerror}", file=sys.stderr)
        return 1
    except UnicodeDecodeError as error:
        print(f"markdown: the text is not UTF-8: byte {error.start}", file=sys.stderr)
        return 1
    except RecursionError:
        print("markdown: the text is nested too deeply", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
