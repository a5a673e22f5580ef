"""Which words name a file in a public package, and which do not."""

from __future__ import annotations

import pytest

from wherever.errors import InputError
from wherever.store.reference import parse


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("pypi:tool/tool.wasm", ("pypi", "tool", "", "tool.wasm")),
        ("pypi:Some_Tool==1.0a2/x/y.wasm", ("pypi", "some-tool", "1.0a2", "x/y.wasm")),
        ("npm:tool/dist/a.wasm", ("npm", "tool", "", "dist/a.wasm")),
        ("npm:tool@1.0.0-rc.1/a.wasm", ("npm", "tool", "1.0.0-rc.1", "a.wasm")),
        ("npm:@scope/tool@2/d/ruby+stdlib.wasm", ("npm", "@scope/tool", "2", "d/ruby+stdlib.wasm")),
    ],
)
def test_reads_package_version_and_path(text: str, parts: tuple[str, str, str, str]) -> None:
    found = parse(text)
    assert (found.ecosystem, found.package, found.version, found.path) == parts


@pytest.mark.parametrize(
    "text",
    [
        "pypi:",
        "pypi:tool",
        "pypi:tool/",
        "pypi:--index-url=http://evil/x.wasm",
        "pypi:tool>=1/x.wasm",
        "pypi:tool==1;rm/x.wasm",
        "pypi:git+https://host/x.wasm",
        "npm:tool@https://host/x.wasm",
        "npm:../evil/x.wasm",
        "npm:@scope/x.wasm",
        "npm:-g/x.wasm",
        "npm:tool@file:..@1/x.wasm",
        "npm:tool/\x1b[2Jx.wasm",
        "npm:" + "a" * 2000 + "/x.wasm",
    ],
)
def test_refuses_what_pip_or_npm_might_read_otherwise(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    message = str(caught.value)
    assert "does not name a file in a package; use " in message
    assert message.isprintable()
    assert len(message) < 300
