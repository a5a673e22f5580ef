"""The apps of these tests, as the text of a server's file."""

from __future__ import annotations

from pathlib import Path

from tests.edge.abuse.harm import HARM, OPENING
from tests.edge.abuse.serving import app
from tests.edge.guest.building import guest
from tests.edge.site import site

SHORT = 'limits = { timeout = "700ms", cpu_time = "200ms" }'
LARGE = 'limits = { timeout = "5s", memory = "192m" }'
SMALL = 'limits = { timeout = "5s", memory = "16m" }'


def everything(folder: Path) -> str:
    """An app `well`, and beside it:

    - `harm`: what `harm` can do, for a short time;
    - `large`, `small`: the same with more memory, and with little;
    - `leaky`: the same with little memory, in an instance that is used again;
    - `wasi`: what takes an interface of WASI, such as to sleep or to write, for a short time;
    - `opening`: a program that opens files;
    - `filing`: a handler that makes, reads, lists and removes files, for a short time;
    - `crowded`: as `wasi`, one request at a time and one that waits.
    """
    harm = _written(folder / "harm.wat", HARM)
    answers = guest("answers")
    (folder / "files").mkdir()
    (folder / "filed").mkdir()
    (folder / "files" / "file").write_text("a file")
    crowded = 'limits = { timeout = "500ms" }'
    return "\n".join(
        [
            app("well", _written(folder / "well.wat", site("well"))),
            app("harm", harm, SHORT),
            app("large", harm, LARGE),
            app("small", harm, SMALL),
            app("leaky", harm, SMALL, 'isolation = "pool"', "pool = 1", "reuse = 1000"),
            app("wasi", answers, SHORT),
            app("filing", guest("files"), SHORT, 'files = ["filed:/files"]'),
            app("crowded", answers, crowded, "concurrency = 1", "queue = 1"),
            app(
                "opening",
                _written(folder / "opening.wat", OPENING),
                'files = ["files:/files:ro"]',
                'limits = { open_files = 64, timeout = "2s" }',
            ),
        ]
    )


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
