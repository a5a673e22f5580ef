"""`wherever serve`, `up` and what looks after servers: real processes, sockets and guests."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import scrubbed
from tests.edge.host.running import Load
from tests.edge.site import site

Run = Callable[..., Any]


@pytest.fixture
def run(wherever: Run, home: Path, tmp_path: Path) -> Iterator[Run]:
    """The command in a folder of its own, with a home that has no servers."""
    # What was compiled is shared, servers are not.
    env = {"WHEREVER_HOME": str(tmp_path / "home"), "WHEREVER_CACHE": str(home / "served-code")}
    folder = tmp_path / "here"
    folder.mkdir()

    def call(*words: str | Path, **options: Any) -> Any:
        return wherever(*words, env=env, cwd=folder, **options)

    yield call
    wherever("stop", "--all", env=env)


@pytest.fixture
def here(run: Run, tmp_path: Path) -> Path:
    return tmp_path / "here"


@pytest.fixture
def guest(wat: Callable[..., Path], here: Path) -> Callable[[str, str], None]:
    """Puts a guest that answers with a text into the folder."""

    def put(name: str, text: str) -> None:
        (here / name).write_bytes(wat(site(text)).read_bytes())

    return put


def get(url: str, path: str = "/", more: str = "") -> tuple[int, str]:
    """The status and body of one answer."""
    host = url.removeprefix("http://")
    with socket.create_connection(("127.0.0.1", int(host.partition(":")[2])), timeout=10) as sock:
        sock.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n".encode()
        )
        said = b""
        while piece := sock.recv(65536):
            said += piece
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode()


def up(run: Run, *words: str) -> str:
    """Starts a server in the background; its address."""
    ran = run("up", "--json", "--workers", "1", "--listen", "127.0.0.1:0", *words)
    assert (ran.exit_code, ran.stderr) == (0, "")
    found: str = json.loads(ran.stdout)["listen"][0]
    return found


# ----- in the background


def test_the_life_of_a_server(run: Run, guest: Callable[[str, str], None], here: Path) -> None:
    guest("shop.wasm", "one")
    (here / "wherever.toml").write_text(
        '[server]\nname = "store"\nlisten = "127.0.0.1:0"\nworkers = 1\n'
        '[[app]]\nname = "shop"\npackage = "shop.wasm"\n'
    )
    started = run("up", "-d")
    url = re.findall(r"http://127.0.0.1:[0-9]+", started.stdout)[0]
    first, page = started.stdout.splitlines()[:2], started.stdout.splitlines()[2]
    assert first == ["store answers:", f"  shop  {url}/shop/"]
    assert re.fullmatch(r"its status: http://127\.0\.0\.1:[0-9]+/\S+", page)
    base, _, key = page.removeprefix("its status: ").partition("/#key=")
    assert get(base)[1].startswith("<!doctype html>")
    assert get(base, "/usage")[0] == 401
    assert json.loads(get(base, "/usage", f"Authorization: Bearer {key}\r\n")[1])["apps"] == []
    assert get(url, "/shop/?q=1") == (200, "one")
    assert get(url, "/") == (404, "there is nothing here\n")

    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as sock:
        head = b"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n"
        sock.sendall(head + b"X-Forwarded-Prefix: /forged\r\n\r\n")
        assert sock.recv(4096).startswith(b"HTTP/1.1 413 ")

    shown = run("ps").stdout.splitlines()
    assert shown[0].split() == ["NAME", "KIND", "STATUS", "SINCE", "PID", "WHAT"]
    assert re.fullmatch(rf"store +server +running +\d+ s +\d+ +{url}, 1 app, 1/1 workers", shown[1])

    guest("shop.wasm", "two")
    assert run("reload").stdout == "reloaded store: generation 2 answers\n"
    assert get(url, "/shop/") == (200, "two")

    (here / "shop.wasm").write_bytes(b"\0asm\1\0\0\0")
    broken = run("reload")
    assert (broken.exit_code, broken.stdout) == (125, "")
    assert broken.stderr.startswith("wherever: shop: ")
    assert get(url, "/shop/") == (200, "two")

    stopped = run("stop", "store")
    assert (stopped.exit_code, stopped.stdout, stopped.stderr) == (0, "stopped store\n", "")
    assert run("ps").stdout == (
        "nothing runs in the background; `wherever up` starts a server, and `wherever run --detach`"
        " a program\n"
    )
    assert re.fullmatch(r"store +server +ended +\d+ s\n", run("ps", "-a").stdout.partition("\n")[2])
    with pytest.raises(OSError):
        get(url)

    # The log stays.
    said = [
        re.sub(r"^\S+  |  \S+ \S+$", "", line) for line in run("logs", "store").stdout.splitlines()
    ]
    host = url.removeprefix("http://127.0.0.1")
    assert [
        line.replace(f"127.0.0.1{host}", "127.0.0.1") for line in said if line[:3].isdigit()
    ] == [
        "200  GET   127.0.0.1/shop/?q=1  shop",
        "404  GET   127.0.0.1/  -",
        "413  PUT   a/x  -",
        "200  GET   127.0.0.1/shop/  shop",
        "200  GET   127.0.0.1/shop/  shop",
    ]
    used = json.loads(run("stats", "store", "--json").stdout)
    assert {each["app"]: each["requests"] for each in used["apps"]} == {"shop": 3, "-": 2}


@pytest.mark.parametrize(
    "words", ["tail shpo", "logs --app shpo", "stats --app shpo", "versions --app shpo"]
)
def test_an_app_that_is_none_is_told(
    run: Run, guest: Callable[[str, str], None], words: str
) -> None:
    guest("shop.wasm", "one")
    up(run, "shop.wasm")
    ran = run(*words.split())
    assert (ran.exit_code, ran.stdout, ran.stderr) == (
        127,
        "",
        "wherever: shop has no app called shpo; the apps are: shop\n",
    )


def test_versions_are_deployed_and_rolled_back(run: Run, guest: Callable[[str, str], None]) -> None:
    guest("shop.wasm", "one")
    guest("next.wasm", "two")
    url = up(run, "shop.wasm")
    assert run("deploy", "shop", "next.wasm").stdout == (
        "deployed shop of shop: generation 2 answers\n"
    )
    assert get(url) == (200, "two")
    listed = json.loads(run("versions", "--json").stdout)
    assert [(Path(each["what"]).name, each["answers"]) for each in listed] == [
        ("shop.wasm", False),
        ("next.wasm", True),
    ]
    assert run("rollback", "shop").stdout == "rolled back shop of shop: generation 3 answers\n"
    assert get(url) == (200, "one")
    assert run("rollback", "shop", listed[1]["digest"][:8]).exit_code == 0
    assert get(url) == (200, "two")
    wrong = run("deploy", "shop", "nowhere.wasm")
    assert (wrong.exit_code, wrong.stderr) == (
        125,
        "wherever: nowhere.wasm: there is no such file; check the path\n",
    )
    assert get(url) == (200, "two")


def test_no_change_under_load_loses_a_request(
    run: Run, guest: Callable[[str, str], None], here: Path
) -> None:
    guest("shop.wasm", "one")
    guest("next.wasm", "two")
    (here / "bad.wasm").write_bytes(b"\0asm\1\0\0\0")
    url = up(run, "shop.wasm")
    with Load(int(url.rpartition(":")[2]), connections=4) as load:
        load.wait(50)
        for words, code in (
            (("deploy", "shop", "next.wasm"), 0),
            (("deploy", "shop", "bad.wasm"), 125),
            (("rollback", "shop"), 0),
            (("reload",), 0),
        ):
            assert run(*words).exit_code == code
            load.wait(50)
    assert load.failed == []
    assert set(load.answers) == {"one", "two"}


def test_a_server_that_cannot_start_says_why_at_once(
    run: Run, guest: Callable[[str, str], None], here: Path
) -> None:
    guest("shop.wasm", "one")
    (here / "bad.wasm").write_bytes(b"\0asm\1\0\0\0")
    ran = run("up", "--listen", "127.0.0.1:0", "bad.wasm")
    assert (ran.exit_code, ran.stdout) == (126, "")
    assert ran.stderr.startswith("wherever: bad: ")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run("up", "--listen", f"127.0.0.1:{port}", "shop.wasm")
    assert ran.exit_code == 125
    assert f"127.0.0.1:{port} is in use by " in ran.stderr
    assert f"(pid {os.getpid()})" in ran.stderr
    ran = run("serve", "--listen", "127.0.0.1:0", "bad.wasm")
    assert (ran.exit_code, ran.stdout) == (126, "")
    assert run("ps", "-a", "--json").stdout == "[]\n"
    assert list((here.parent / "home" / "servers").iterdir()) == []


def test_a_failing_start_leaves_what_an_earlier_one_kept(
    run: Run, guest: Callable[[str, str], None], here: Path
) -> None:
    guest("shop.wasm", "one")
    up(run, "shop.wasm")
    run("stop", "shop")
    (here / "shop.wasm").write_bytes(b"\0asm\1\0\0\0")
    assert run("up", "--listen", "127.0.0.1:0", "shop.wasm").exit_code == 126
    assert [each["state"] for each in json.loads(run("ps", "-a", "--json").stdout)] == ["ended"]
    assert (here.parent / "home" / "servers" / "shop" / "versions.json").exists()


def test_a_file_that_cannot_be_served_is_named_as_it_was(run: Run, here: Path) -> None:
    (here / "notes.txt").write_text("only text\n")
    for words in (["up"], ["serve"]):
        ran = run(*words, "--listen", "127.0.0.1:0", "notes.txt")
        assert ran.exit_code == 126
        assert ran.stderr.startswith(
            "wherever: notes: notes.txt: it is text, neither WebAssembly nor a script"
        )


def test_a_log_may_have_only_what_went_wrong_and_no_queries(
    run: Run, guest: Callable[[str, str], None], here: Path, wat: Callable[..., Path]
) -> None:
    guest("shop.wasm", "one")
    trap = '(module (memory (export "memory") 1) (func (export "_start") unreachable))'
    (here / "bad.wasm").write_bytes(wat(trap).read_bytes())
    (here / "wherever.toml").write_text(
        '[server]\nlog = "errors"\nmask-queries = true\n'
        '[[app]]\nname = "shop"\npackage = "shop.wasm"\n'
        '[[app]]\nname = "bad"\npackage = "bad.wasm"\n'
    )
    url = up(run)
    assert get(url, "/shop/?token=secret")[0] == 200
    assert get(url, "/bad/?token=secret")[0] == 500
    run("stop")
    log = run("logs", "here", "--json").stdout
    asked = [each for each in map(json.loads, log.splitlines()) if each["kind"] == "request"]
    assert [(each["status"], each["target"]) for each in asked] == [(500, "/bad/?***")]
    assert "secret" not in log


TELLS = """(module
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "Content-Type: text/plain\\n\\n")
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (drop (call $get (i32.const 1024) (i32.const 8192)))
    (i32.store (i32.const 16) (i32.const 100)) (i32.store (i32.const 20) (i32.const 26))
    (i32.store (i32.const 24) (i32.const 8192))
    (i32.store (i32.const 28) (i32.load (i32.const 4)))
    (drop (call $write (i32.const 1) (i32.const 16) (i32.const 2) (i32.const 8)))))"""
"""Answers with its environment."""


def test_values_of_variables_are_not_in_the_list_of_processes(
    run: Run, here: Path, wat: Callable[..., Path]
) -> None:
    (here / "tells.wasm").write_bytes(wat(TELLS).read_bytes())
    words = ("--env", "KEY=s3cret\nof two lines", "-e", "HOME=/none", "tells.wasm")
    url = up(run, *words)
    said = get(url)[1].split("\0")
    assert [each for each in said if each[:4] in ("KEY=", "HOME")] == [words[1], words[3]]
    (found,) = json.loads(run("ps", "--json").stdout)
    ours = Path(f"/proc/{found['pid']}/cmdline").read_bytes().split(b"\0")
    assert b"--env=KEY" in ours
    assert not any(b"s3cret" in word for word in ours)


def test_a_name_is_taken_once(run: Run, guest: Callable[[str, str], None]) -> None:
    guest("shop.wasm", "one")
    up(run, "shop.wasm")
    ran = run("up", "--name", "shop", "--listen", "127.0.0.1:0", "shop.wasm")
    assert (ran.exit_code, ran.stderr) == (
        125,
        "wherever: a server called shop is running; wherever stop shop, or give this one another"
        " --name\n",
    )
    up(run, "shop.wasm")
    assert [each["name"] for each in json.loads(run("ps", "--json").stdout)] == ["shop", "shop-2"]
    ran = run("stop")
    assert (ran.exit_code, ran.stderr) == (
        127,
        "wherever: more than one server or program runs; name one of: shop, shop-2\n",
    )
    assert run("stop", "--all").stdout == "stopped shop\nstopped shop-2\n"


def test_a_tail_shows_what_is_wanted_until_the_server_ends(
    run: Run, guest: Callable[[str, str], None], here: Path, tmp_path: Path
) -> None:
    guest("shop.wasm", "one")
    url = up(run, "shop.wasm")
    env = scrubbed({"WHEREVER_HOME": str(tmp_path / "home")})
    words = [sys.executable, "-m", "wherever", "tail", "--status", "4xx", "--json"]
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True) as tail:
        # It shows what comes after it, so requests come until one is shown.
        assert tail.stdout is not None
        while not select.select([tail.stdout], [], [], 0.1)[0]:
            assert tail.poll() is None
            get(url)
            with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as sock:
                sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
                assert sock.recv(4096).startswith(b"HTTP/1.1 400 ")
        first = json.loads(tail.stdout.readline())
        run("stop")
        rest = [json.loads(line) for line in tail.stdout]
    assert {each["status"] for each in [first, *rest]} == {400}
    assert tail.returncode == 0


# ----- in front


def test_a_public_address_must_be_meant(run: Run, guest: Callable[[str, str], None]) -> None:
    guest("shop.wasm", "one")
    ran = run("serve", "--listen", "0.0.0.0:0", "shop.wasm")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (
        125,
        "",
        "wherever: 0.0.0.0:0 is reached from other machines; add --public if that is meant"
        " (public = true in a file), or listen at 127.0.0.1\n",
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "nowhere: there is no program and no file of that name;"),
        (["--workers", "x"], "--workers: 'x' is not a whole number;"),
        (["--workers", "257"], "--workers: 257 processes are more than the 256 that a server may"),
        (
            ["--status", "0.0.0.0:1", "--public", "a.wasm"],
            "0.0.0.0:1 is reached from other machines, and the",
        ),
        (["--memory", "lots", "a.wasm"], "memory: 'lots' is not a size;"),
        (["--env", "=x"], "--env: '=x' is not a variable;"),
        (["--dir", "nowhere", "a.wasm"], "--dir: there is no folder nowhere;"),
        (["--net", "*", "a.wasm"], "'*' is not a rule for the network: all hosts;"),
        (["--lisen", ":1"], "serve has no option --lisen; did you mean --listen?"),
        (["--name", "../x", "a.wasm"], "'../x' is not the name of a server;"),
        (["--listen", "here", "a.wasm"], "'here' is not an address to listen at;"),
    ],
)
def test_a_mistake_is_told_in_words(run: Run, words: list[str], said: str) -> None:
    ran = run("serve", *words)
    assert ran.exit_code in (125, 127)
    assert ran.stderr.startswith(f"wherever: {said}")
    assert "Traceback" not in ran.stderr


def serve_on_a_terminal(
    tmp_path: Path, here: Path, *words: str
) -> tuple[subprocess.Popen[bytes], int]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "wherever", "serve", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=scrubbed({"WHEREVER_HOME": str(tmp_path / "home"), "TERM": "dumb"}),
        cwd=here,
        start_new_session=True,
        preexec_fn=controlling,
    )
    os.close(theirs)
    return process, ours


def controlling() -> None:
    """Makes stdin the terminal of this session, so that Ctrl-C comes from it."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def read_until(terminal: int, words: str, seconds: float = 15) -> str:
    shown = ""
    until = time.monotonic() + seconds
    while words not in shown:
        assert time.monotonic() < until, shown
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                shown += os.read(terminal, 65536).decode()
            except OSError:
                break
    return shown.replace("\r\n", "\n")


def test_ctrl_c_lets_requests_end(
    tmp_path: Path, here: Path, guest: Callable[[str, str], None]
) -> None:
    guest("shop.wasm", "one")
    process, terminal = serve_on_a_terminal(
        tmp_path, here, "--listen", "127.0.0.1:0", "--workers", "2", "--status", "off", "shop.wasm"
    )
    try:
        shown = read_until(terminal, "/\r\n")
        url = re.findall(r"http://127.0.0.1:[0-9]+", shown)[0]
        assert shown == f"shop answers:\n  shop  {url}/\n"
        assert get(url) == (200, "one")
        logged = read_until(terminal, "\n")
        assert re.fullmatch(
            r"[0-9:.]+  200  GET   127\.0\.0\.1:[0-9]+/  shop  [0-9.]+ [mu]s\n", logged
        )
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as sock:
            sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
            time.sleep(0.3)
            os.write(terminal, b"\x03")
            read_until(terminal, "once more ends it now")
            sock.sendall(b"cde")
            sock.settimeout(10)
            said = sock.recv(65536).decode()
            assert said.startswith("HTTP/1.1 200 OK\r\n")
            assert said.endswith("\r\n\r\none")
            assert sock.recv(65536) == b""
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def test_it_ends_with_its_terminal(
    tmp_path: Path, here: Path, guest: Callable[[str, str], None]
) -> None:
    guest("shop.wasm", "one")
    process, terminal = serve_on_a_terminal(
        tmp_path, here, "--listen", "127.0.0.1:0", "--workers", "1", "shop.wasm"
    )
    try:
        read_until(terminal, "its status")
        process.send_signal(signal.SIGHUP)
        assert "reloaded: generation 2 answers" in read_until(terminal, "generation 2")
        os.close(terminal)
        assert process.wait(timeout=15) == 0
    finally:
        process.kill()
        process.wait()


def test_it_is_quiet_where_nobody_looks(
    run: Run, guest: Callable[[str, str], None], here: Path, tmp_path: Path
) -> None:
    guest("shop.wasm", "one")
    path = here / "s.sock"
    process = subprocess.Popen(
        [sys.executable, "-m", "wherever", "serve", "--listen", f"unix:{path}", "shop.wasm"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=scrubbed({"WHEREVER_HOME": str(tmp_path / "home")}),
        cwd=here,
    )
    until = time.monotonic() + 10
    while not path.exists() or run("ps", "--json").stdout == "[]\n":
        assert time.monotonic() < until
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(path))
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert sock.recv(65536).endswith(b"one")
    process.send_signal(signal.SIGTERM)
    out, said = process.communicate(timeout=10)
    assert (process.returncode, out) == (0, b"")
    assert said == (
        b"wherever: ending: requests that are being answered may end; once more ends it now\n"
    )
    assert not path.exists()
