"""`make demo-serve`: six apps answer, and the status page says so in a real browser."""

from __future__ import annotations

import os
import shutil
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

from tests.edge.observe.browser import opened
from wherever.build import templates
from wherever.build.http import world
from wherever.edge import serverfile

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "serve"
NONE = "\u2013"


@pytest.fixture(scope="module")
def demo():
    path = ROOT / "scripts" / "demo-serve"
    spec = spec_from_loader("demo_serve", SourceFileLoader("demo_serve", str(path)))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def name(program_home):
    """A server's name that a demo beside this test has not."""
    name = f"six-of-a-test-{os.getpid()}"
    yield name
    shutil.rmtree(program_home / "servers" / name, ignore_errors=True)


@pytest.mark.timeout(600)  # the first time it fetches Go, and compiles a Python
def test_six_apps_answer_and_the_status_page_shows_each(demo, name, tmp_path):
    assert [each for each, _ in demo.built(str)] == ["contrast", "factors", "qr", "summary"]
    with opened() as page:
        with demo.serving("--name", name) as told:
            assert told["name"] == name
            base = demo.address(told)
            for _ in range(2):
                for what in demo.ASKS:
                    assert demo.wrong(what, demo.ask(base, what)) == ""
            stopped = demo.ask(base, demo.RUNAWAY)
            assert (stopped.status, stopped.kind) == (504, "text/plain")
            assert demo.steady(base, 0.2)[1] == []
            page.look()
            page.go(told["status"])
            page.until("document.body.dataset.state === 'live'")
            page.until("document.getElementById('errors').textContent !== '0 %'")
            shown = demo.look(page, told["status"], tmp_path)
            assert page.text("#connection") == f"Live, {len(os.sched_getaffinity(0))} workers"
            log = page.says("document.getElementById('lines').innerText")
        assert page.problems == []
    assert {name: cells["Errors"] for name, cells in shown.items()} == {
        "contrast": "0", "factors": "1", "qr": "0", "summary": "0", "spark": "0", "pages/": "0",
    }  # fmt: skip
    assert all(int(cells["Requests"]) >= 2 for cells in shown.values())
    assert shown["pages/"]["Memory"] == NONE
    assert all(
        cells["Memory"].endswith("MiB") and cells["p99"] != NONE
        for name, cells in shown.items()
        if name != "pages/"
    )
    assert "/factors/18446744073709551557" in log and "cpu_time" in log
    for picture in ("status.png", "status-dark.png"):
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")


def test_its_sites_begin_with_what_new_sites_begin_with(tmp_path):
    """The files that `wherever new` writes into a site are the same in the example."""
    templates.make(tmp_path / "c", "c", "http")
    templates.make(tmp_path / "go", "go", "http")
    for ours, new in (
        ("contrast/wherever_http.h", "c/wherever_http.h"),
        ("factors/serve.go", "go/serve.go"),
        ("factors/go.mod", "go/go.mod"),
    ):
        assert (EXAMPLE / ours).read_text() == (tmp_path / new).read_text()
    for folder in ("contrast", "factors"):
        assert (EXAMPLE / folder / "wit" / "http.wit").read_text() == world.text()


def test_the_servers_file_names_what_is_asked(demo):
    config = serverfile.read(EXAMPLE / "wherever.toml")
    assert [each.name for each in config.apps] == [each.app for each in demo.ASKS[:-1]]
    assert len(config.statics) == 1
