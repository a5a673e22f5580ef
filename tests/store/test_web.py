"""Without pip and npm: the same files from the same places, and no secret to strangers."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.store.conftest import WASM, Registry, tarball
from wherever.errors import NotFound, RemoteError, WhereverError
from wherever.store import fetch, index, registry, settings
from wherever.store.download import Order, folder_size
from wherever.store.web import Web

ROOT = Path(__file__).resolve().parents[2]


def order(tmp_path: Path, package: str = "tool", version: str = "") -> Order:
    folder = tmp_path / "order"
    folder.mkdir()
    return Order(package, version, str(folder), f"npm:{package}", lambda done: None)


@pytest.fixture
def nothing_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with an empty home, no pip.conf, no .npmrc and no settings in the environment."""
    for name in list(os.environ):
        if name.lower().startswith(("pip_", "npm_", "node_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def test_npm_programs_come_without_npm_and_node(
    fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the registry itself, and the same bytes that npm brings: the catalogue checks."""
    monkeypatch.setenv("PATH", str(fresh_home))
    kept = fetch.program("marked")
    assert os.listdir(kept.mounts[0][0]) == ["marked.esm.js"]


def test_python_programs_come_without_pip(fresh_home: Path) -> None:
    """In a Python that has no site-packages, from pip's index itself."""
    code = (
        "import importlib.util; assert importlib.util.find_spec('pip') is None\n"
        "from wherever.store import fetch; print(fetch.program('micropython').version)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("0.1a2\n", "")


def test_a_broken_npm_does_not_matter(asks: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = Path(os.environ["WHEREVER_HOME"]).parent / "bin"
    tools.mkdir()
    (tools / "npm").write_text("#!/no/such/node\n")
    (tools / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    asks.put_npm("tool", "1.0.0", tarball({"t.wasm": WASM}))
    assert fetch.program("npm:tool/t.wasm").sha256 == hashlib.sha256(WASM).hexdigest()


def test_a_tarball_with_another_digest_than_the_registry_says_is_refused(
    asks: Registry, tmp_path: Path
) -> None:
    wrong = base64.b64encode(b"\0" * 64).decode()
    asks.put_npm("tool", "1.0.0", tarball({"t.wasm": WASM}), integrity=f"sha512-{wrong}")
    with pytest.raises(RemoteError) as caught:
        registry.fetch(order(tmp_path))
    assert str(caught.value) == "npm:tool came damaged: its sha512 is not the registry's"


@pytest.mark.parametrize(
    "page",
    [b"", b"hello", b"[]", b"{}", b'{"dist-tags":{"latest":"1"},"versions":7}', b"[" * 100_000],
)
def test_a_page_that_is_none_of_npms_is_said_in_words(
    page: bytes, asks: Registry, tmp_path: Path
) -> None:
    asks.put("/npm/tool", page, "application/json")
    with pytest.raises(RemoteError) as caught:
        registry.fetch(order(tmp_path))
    assert str(caught.value) == "the registry's page for npm:tool is not one of npm's"


def test_a_registry_cannot_send_us_to_a_file_of_this_machine(
    asks: Registry, tmp_path: Path
) -> None:
    dist = {"tarball": "file:///etc/passwd", "shasum": ""}
    document = {"dist-tags": {"latest": "1"}, "versions": {"1": {"dist": dist}}}
    asks.put("/npm/tool", json.dumps(document).encode(), "application/json")
    with pytest.raises(RemoteError) as caught:
        registry.fetch(order(tmp_path))
    assert str(caught.value) == "the index points to file:///etc/passwd, which is not over HTTPS"


def test_credentials_go_to_the_registry_and_nowhere_else(
    asks: Registry, nothing_configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = asks.address.removeprefix("http://")
    (nothing_configured / ".npmrc").write_text(
        f"; mine\n@scope:registry={asks.address}/npm/\n//{host}/npm/:_authToken=${{TOKEN}}\n"
    )
    monkeypatch.setenv("TOKEN", "s3cret")
    archive = tarball({"t.wasm": WASM})
    asks.put_npm("@scope/tool", "1.0.0", archive)
    asks.put("/elsewhere.tgz", archive)
    other = asks.address.replace("127.0.0.1", "localhost")
    asks.redirects["/tarballs/tool-1.0.0.tgz"] = f"{other}/elsewhere.tgz"
    path, version = registry.fetch(order(nothing_configured, "@scope/tool"))
    assert (version, Path(path).read_bytes()) == ("1.0.0", archive)
    assert asks.asked == [
        ("/npm/@scope%2Ftool", "Bearer s3cret"),
        ("/tarballs/tool-1.0.0.tgz", "Bearer s3cret"),
        ("/elsewhere.tgz", ""),
    ]


def test_the_users_pip_configuration_is_read(
    registry: Registry, nothing_configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.pip_index().base == settings.PYPI
    config = nothing_configured / "config" / "pip" / "pip.conf"
    config.parent.mkdir(parents=True)
    config.write_text("[global]\nindex-url = https://me:pass@one.example/simple/\n")
    assert settings.pip_index().base == "https://one.example/simple"
    monkeypatch.setenv("PIP_INDEX_URL", "https://two.example/simple")
    assert settings.pip_index().base == "https://two.example/simple"
    monkeypatch.delenv("PIP_INDEX_URL")
    config.write_text("not a configuration")
    assert settings.pip_index().base == settings.PYPI
    monkeypatch.setenv("PIP_INDEX_URL", "ftp://two.example/simple")
    with pytest.raises(RemoteError) as caught:
        settings.pip_index()
    assert str(caught.value) == "ftp://two.example/simple is not the address of a package index"


def test_the_users_npm_configuration_is_read(
    nothing_configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.npm_registry("tool").base == settings.NPM
    (nothing_configured / ".npmrc").write_text("registry=https://one.example/npm/\n")
    assert settings.npm_registry("tool").base == "https://one.example/npm"
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "https://two.example/")
    assert settings.npm_registry("tool").base == "https://two.example"


def test_an_index_in_json_and_in_html_give_the_same_file(asks: Registry, tmp_path: Path) -> None:
    data = b"wheel"
    files = [
        ("tool-1.0-py3-none-any.whl", data),
        ("tool-1.10-py3-none-any.whl", data),
        ("tool-1.9.tar.gz", data),
        ("tool-2.0a1-py3-none-any.whl", data),
        ("tool-3.0-cp311-cp311-linux_x86_64.whl", data),
        ("other.txt", data),
    ]
    for name, _ in files:
        asks.put(f"/files/{name}", data)
    asks.put_links("tool", files)
    path, version = index.fetch(order(tmp_path))
    assert (version, Path(path).read_bytes()) == ("1.10", data)
    page = {
        "files": [
            {
                "filename": name,
                "url": f"../../files/{name}",
                "hashes": {"sha256": hashlib.sha256(data).hexdigest()},
                "yanked": name.startswith("tool-1.10"),
            }
            for name, _ in files
        ]
    }
    asks.put("/simple/tool/", json.dumps(page).encode(), "application/vnd.pypi.simple.v1+json")
    for wanted, expected in {"": "1.0", "2.0a1": "2.0a1", "1.9": "1.9"}.items():
        where = tmp_path / f"for-{wanted}"
        where.mkdir()
        assert index.fetch(order(where, version=wanted))[1] == expected


def test_a_file_that_the_index_gives_no_digest_for_or_another_is_refused(
    asks: Registry, tmp_path: Path
) -> None:
    name = "tool-1.0-py3-none-any.whl"
    asks.put(f"/files/{name}", b"other")
    asks.put("/simple/tool/", f'<a href="/files/{name}">x</a>'.encode(), "text/html")
    with pytest.raises(RemoteError) as caught:
        index.fetch(order(tmp_path))
    assert str(caught.value) == f"the index gives no sha256 for {name}"
    asks.put_links("tool", [(name, b"promised")])
    (tmp_path / "second").mkdir()
    with pytest.raises(RemoteError) as caught:
        index.fetch(order(tmp_path / "second"))
    assert str(caught.value) == f"{name} came damaged: its sha256 is not the index's"


def test_a_file_that_is_too_large_stops_while_it_comes(registry: Registry, tmp_path: Path) -> None:
    registry.put("/big", b"x" * 300_000)
    web = Web(registry.address)
    with pytest.raises(RemoteError) as caught:
        web.file(f"{registry.address}/big", str(tmp_path / "big"), 100_000, lambda done: None)
    assert str(caught.value) == f"{registry.address}/big is larger than 0 MiB"
    assert folder_size(str(tmp_path)) <= 100_000
    with pytest.raises(NotFound):
        web.page(f"{registry.address}/none", "*/*")


def test_a_secure_index_cannot_lead_to_an_insecure_one(registry: Registry) -> None:
    web = Web("https://one.example/simple")
    with pytest.raises(WhereverError) as caught:
        web.page(f"{registry.address}/page", "*/*")
    assert str(caught.value) == (
        f"the index points to {registry.address}/page, which is not over HTTPS"
    )


# ----- certificates

ISSUED = Path(__file__).with_name("authority.pem")
"""A certificate of an authority that nobody trusts, made for this test."""


def trusted(web: Web) -> int:
    """How many authorities it trusts."""
    [handler] = [each for each in web._opener.handlers if hasattr(each, "_context")]
    return handler._context.cert_store_stats()["x509_ca"]


def test_nodes_extra_certificates_are_trusted_besides_the_others(
    nothing_configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = trusted(settings.npm_registry("tool"))
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(ISSUED))
    assert trusted(settings.npm_registry("tool")) == before + 1
    monkeypatch.setenv("npm_config_cafile", str(ISSUED))
    assert trusted(settings.npm_registry("tool")) == 1


@pytest.mark.parametrize(
    ("name", "why"), [("none.pem", "No such file or directory"), ("text.pem", "it holds none")]
)
@pytest.mark.parametrize("setting", ["npm_config_cafile", "NODE_EXTRA_CA_CERTS", "PIP_CERT"])
def test_certificates_that_cannot_be_used(
    nothing_configured: Path, monkeypatch: pytest.MonkeyPatch, name: str, why: str, setting: str
) -> None:
    (nothing_configured / "text.pem").write_text("hello")
    path = nothing_configured / name
    monkeypatch.setenv(setting, str(path))
    with pytest.raises(RemoteError) as caught:
        settings.pip_index() if setting == "PIP_CERT" else settings.npm_registry("tool")
    assert str(caught.value).startswith(f"cannot use the certificates in {path}: {why}")
    assert caught.value.hint.startswith("mend cafile in npm's settings")


def test_a_setting_that_is_wrong_is_not_taken_for_a_full_disk(
    asks: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("npm_config_cafile", "/none.pem")
    with pytest.raises(RemoteError, match=r"cannot use the certificates in /none\.pem"):
        fetch.program("npm:tool/t.wasm")
