"""A whole page around a piece of HTML."""

from html import escape

STYLE = """\
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif }
pre, code { font-family: ui-monospace, monospace; font-size: 0.9em }
pre { padding: 0.8rem; overflow-x: auto; background: #8881 }
table { border-collapse: collapse }
th, td { padding: 0.2rem 0.6rem; border-bottom: 1px solid #8884 }
blockquote { margin-left: 0; padding-left: 1rem; border-left: 3px solid #8884 }
img { max-width: 100% }
"""


def page(title: str, body: str) -> str:
    """HTML that stands alone and needs nothing from elsewhere."""
    return (
        "<!doctype html>\n"
        '<html>\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title) or 'Untitled'}</title>\n<style>\n{STYLE}</style>\n</head>\n"
        f"<body>\n{body}</body>\n</html>\n"
    )
