"""A site of WSGI that keeps notes in files, by what Python has for it."""

import os
import shutil
import tempfile
from pathlib import Path

NOTES = Path("/data/notes")


def application(environ, start_response):
    """`POST /NAME` keeps a note, `GET /NAME` gives it back, `GET /` lists all."""
    name = environ["PATH_INFO"].strip("/")
    status = "200 OK"
    try:
        if environ["REQUEST_METHOD"] == "POST":
            NOTES.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=NOTES, delete=False) as file:
                shutil.copyfileobj(environ["wsgi.input"], file)
            os.replace(file.name, NOTES / name)
            body = str((NOTES / name).stat().st_size).encode()
        elif name:
            body = (NOTES / name).read_bytes()
        else:
            body = "\n".join(sorted(path.name for path in NOTES.iterdir())).encode()
    except OSError as error:
        status, body = "404 Not Found", type(error).__name__.encode()
    start_response(status, [("Content-Type", "application/octet-stream")])
    return [body]
