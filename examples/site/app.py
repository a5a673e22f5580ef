"""Draws QR codes of what visitors type."""

from __future__ import annotations

import io

import segno
from flask import Flask, Response, render_template_string, request
from segno.encoder import DataOverflowError

LONGEST = 2_000
COLOURS = {"black": "#000", "blue": "#1d4ed8", "green": "#15803d", "red": "#b91c1c"}
PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>QR codes</title>
<style>
  :root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif }
  body { max-width: 32rem; margin: 3rem auto; padding: 0 1rem }
  form { display: flex; gap: .5rem }
  input, select, button { font: inherit; padding: .4rem .6rem }
  input { flex: 1; min-width: 0 }
  img { display: block; width: 100%; margin-top: 2rem; background: #fff; border-radius: .5rem }
</style>
<h1>QR codes</h1>
<form>
  <input name="text" value="{{ text }}" maxlength="{{ longest }}" aria-label="Text" required>
  <select name="colour" aria-label="Colour">
    {% for each in colours %}<option{{ " selected" if each == colour }}>{{ each }}</option>
    {% endfor %}
  </select>
  <button>Draw</button>
</form>
{% if text %}
<img src="{{ url_for('drawn', text=text, colour=colour) }}" alt="QR code of {{ text }}">
{% endif %}
</html>
"""

app = Flask(__name__)


@app.get("/")
def page() -> str:
    """The form, and what was drawn of it; Flask escapes what visitors typed."""
    text, colour = asked()
    return render_template_string(PAGE, text=text, colour=colour, colours=COLOURS, longest=LONGEST)


@app.get("/qr.svg")
def drawn() -> Response:
    """A picture of a text."""
    text, colour = asked()
    if not text:
        return told(400, "write what is to be drawn: /qr.svg?text=Hello\n")
    try:
        code = segno.make(text, error="m", micro=False)
    except (DataOverflowError, ValueError):
        return told(400, "this cannot be drawn\n")
    picture = io.BytesIO()
    code.save(picture, kind="svg", scale=8, dark=COLOURS[colour])
    made = Response(picture.getvalue(), mimetype="image/svg+xml")
    made.headers["cache-control"] = "public, max-age=86400"
    made.headers["content-security-policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return made


@app.get("/alive")
def alive() -> Response:
    """For whoever watches the site."""
    return told(200, "ok\n")


def asked() -> tuple[str, str]:
    """The text and the colour that a visitor wants."""
    colour = request.args.get("colour", "")
    return request.args.get("text", "")[:LONGEST], colour if colour in COLOURS else "black"


def told(status: int, words: str) -> Response:
    """An answer in plain words."""
    return Response(words, status, mimetype="text/plain")
