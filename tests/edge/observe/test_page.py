"""The status page in Chromium: what it shows after real requests, in every state."""

import json

import pytest

from tests.edge.observe.browser import opened
from tests.edge.observe.conftest import KEY, controlled
from tests.edge.observe.small import ask
from wherever.edge.observe.record import Record

NONE = "\u2013"


@pytest.fixture(scope="module")
def chromium():
    with opened() as page:
        yield page


@pytest.fixture
def page(chromium):
    chromium.problems.clear()
    chromium.look()
    yield chromium
    chromium.go("about:blank")
    # It notes servers that go away, as those of these tests do.
    assert [each for each in chromium.problems if "net::ERR_" not in each] == []


def open_page(page, port):
    page.go(f"http://127.0.0.1:{port}/#key={KEY}")
    page.until("document.body.dataset.state === 'live'")


def row(page, name):
    """The cells of an app, by their labels."""
    script = """(name) => {
      const row = [...document.querySelectorAll("#rows tr")]
        .find((row) => row.querySelector("button").textContent === name);
      return row && Object.fromEntries(
        [...row.querySelectorAll("td[data-label]")]
          .map((cell) => [cell.dataset.label, cell.textContent]));
    }"""
    return page.says(f"({script})({json.dumps(name)})")


def lines(page):
    return page.says(
        "[...document.querySelectorAll('#lines li')].map((li) =>"
        " [...li.firstChild.children].slice(1).map((part) => part.textContent))"
    )


def choose(page, field, value):
    page.says(
        f"(() => {{ const field = document.getElementById('by-{field}');"
        f" field.value = {json.dumps(value)};"
        " field.dispatchEvent(new Event(field.type === 'search' ? 'input' : 'change',"
        " { bubbles: true })); })()"
    )


def test_it_shows_real_requests_as_they_come(page, site):
    open_page(page, site.control)
    assert "No requests yet. Try curl http://127.0.0.1:8080" in page.text("#requests")
    assert row(page, "shop") == {
        "Req/s": "0", "Requests": "0", "Errors": "0", "p50": NONE, "p95": NONE, "p99": NONE,
        "CPU": "0 %", "Memory": NONE, "Queue": "0",
    }  # fmt: skip
    for path in ("/shop/1", "/shop/2?a=b", "/blog/1", "/shop/3"):
        ask(site.port, path)
    page.until("document.querySelectorAll('#lines li').length === 4")
    assert [line[:3] + line[3:5] for line in lines(page)] == [
        ["200", "GET", f"127.0.0.1:{site.port}/shop/3", "cold", "shop"],
        ["500", "GET", f"127.0.0.1:{site.port}/blog/1", "trapped", "blog"],
        ["200", "GET", f"127.0.0.1:{site.port}/shop/2?a=b", "cold", "shop"],
        ["200", "GET", f"127.0.0.1:{site.port}/shop/1", "cold", "shop"],
    ]
    page.until("document.getElementById('errors').textContent === '25 %'")
    assert "1 of 4" in page.text("#totals")
    shop, blog = row(page, "shop"), row(page, "blog")
    assert (shop["Requests"], shop["Errors"], shop["Memory"]) == ("3", "0", "3 MiB")
    assert (blog["Requests"], blog["Errors"]) == ("1", "1")
    assert shop["p99"].endswith(("ms", "µs"))
    assert page.text("#connection") == "Live, 1 worker"
    assert page.says("document.title") == "test · Wherever"


def test_no_share_is_more_exact_than_it_helps(page, site):
    open_page(page, site.control)
    shares = [0, 0.00001, 0.0000552, 0.000552, 0.0234567, 0.256, 1, 1.999]
    said = page.says(
        f"import('/page.js').then(({{ percent }}) => {json.dumps(shares)}.map(percent))"
    )
    assert said == [
        "0 %", "< 0.01 %", "< 0.01 %", "0.055 %", "2.3 %", "26 %", "100 %", "200 %",
    ]  # fmt: skip


def test_the_key_leaves_the_address_and_stays_in_the_tab(page, site):
    open_page(page, site.control)
    assert page.says("location.href") == f"http://127.0.0.1:{site.control}/"
    page.go(f"http://127.0.0.1:{site.control}/?again")
    page.until("document.body.dataset.state === 'live'")
    assert page.says("document.cookie") == ""


def test_nothing_of_a_guest_becomes_markup(page, site):
    open_page(page, site.control)
    ask(site.port, "/evil?<script>document.title=1</script>")
    page.until("document.querySelectorAll('#lines li').length === 2")
    shown = lines(page)
    assert shown[0][4] == shown[1][1] == "<b>evil</b>"
    assert shown[1][0] == "<img src=x onerror=document.title='owned'> \\u001b[31m"
    assert row(page, "<b>evil</b>") is not None
    assert page.says("document.querySelectorAll('main img, main script, main b b').length") == 0
    assert page.says("document.title") == "test · Wherever"


def test_filters_choose_among_the_past_and_what_comes(page, site):
    open_page(page, site.control)
    for path in ("/shop/1", "/blog/1", "/none"):
        ask(site.port, path)
    page.until("document.querySelectorAll('#lines li').length === 3")
    choose(page, "status", "error")
    page.until("document.querySelectorAll('#lines li').length === 1")
    ask(site.port, "/shop/2")
    ask(site.port, "/blog/2")
    page.until("document.querySelectorAll('#lines li').length === 2")
    assert [line[2].partition("/")[2] for line in lines(page)] == ["blog/2", "blog/1"]
    choose(page, "status", "")
    choose(page, "text", "SHOP/2")
    page.until("document.querySelectorAll('#lines li').length === 1")
    choose(page, "text", "not there")
    page.until("!document.getElementById('lines-none').hidden")
    assert page.text("#lines-none") == "Nothing like this yet."
    choose(page, "text", "")
    page.says("document.querySelector('#rows button').click()")
    chosen = page.says("document.getElementById('by-app').value")
    pressed = "document.querySelector('#rows button').getAttribute('aria-pressed')"
    assert chosen and page.says(pressed) == "true"


def test_an_app_that_is_gone_says_so_and_leaves(page, site, tmp_path):
    served = ["shop", "blog", "<b>evil</b>"]
    with controlled(tmp_path, served=lambda: served) as port:
        open_page(page, port)
        ask(site.port, "/blog/1")
        page.until("document.querySelectorAll('#lines li').length === 1")
        choose(page, "app", "shop")
        del served[:2]
        marks = (
            "[...document.querySelectorAll('#rows tr')].filter((row) =>"
            " row.querySelector('.tag:not([hidden])'))"
            ".map((row) => row.querySelector('button').textContent).join()"
        )
        page.until(f"{marks} === 'blog'")
        assert row(page, "shop") is None
        assert row(page, "blog")["Errors"] == "1"
        # What was chosen is told of until something else is.
        options = "[...document.getElementById('by-app').options].map((each) => each.value).join()"
        assert page.says("document.getElementById('by-app').value") == "shop"
        choose(page, "app", "")
        assert page.says(options) in (",blog,<b>evil</b>", ",<b>evil</b>,blog")


def test_pause_holds_the_lines_and_counts_them(page, site):
    open_page(page, site.control)
    page.says("document.getElementById('pause').click()")
    ask(site.port, "/shop/1")
    page.until("document.getElementById('pause').textContent === 'Go on (1)'")
    assert lines(page) == []
    page.says("document.getElementById('pause').click()")
    assert len(lines(page)) == 1


def test_a_line_opens_and_closes_by_keyboard(page, site):
    open_page(page, site.control)
    ask(site.port, "/shop/1")
    page.until("document.querySelectorAll('#lines li').length === 1")
    page.says("document.querySelector('#lines button').focus()")
    page.press("Enter")
    assert "Guest ended\nok" in page.until("document.querySelector('#lines dl')?.innerText")
    page.press("Enter")
    page.until("!document.querySelector('#lines dl')")


def test_the_keyboard_reaches_everything_in_order(page, site):
    open_page(page, site.control)
    page.until("document.querySelectorAll('#rows tr').length === 3")
    seen = []
    for _ in range(21):
        page.press("Tab")
        seen.append(page.says("(e => e.id || e.textContent.trim())(document.activeElement)"))
    assert seen[0] == "Skip to the requests"
    assert seen[1:3] == ["find", "App"]
    assert seen[12:15] == ["<b>evil</b>", "blog", "shop"]
    assert seen[15:21] == ["by-app", "by-status", "by-method", "by-kind", "by-text", "pause"]


def test_every_field_and_picture_has_a_name(page, site):
    open_page(page, site.control)
    assert (
        page.says(
            "[...document.querySelectorAll('button, input, select')].filter((field) =>"
            " !(field.ariaLabel || field.textContent.trim() || field.labels?.length)).length"
        )
        == 0
    )
    assert (
        page.says(
            "[...document.querySelectorAll('svg, img')].filter((it) => it.ariaHidden !== 'true'"
            " && it.ariaLabel === null && it.getAttribute('alt') === null).length"
        )
        == 0
    )


def test_apps_are_sorted_and_found(page, site):
    open_page(page, site.control)
    for _ in range(2):
        ask(site.port, "/shop")
    ask(site.port, "/blog")
    names = "[...document.querySelectorAll('#rows button')].map((b) => b.textContent).join()"
    page.until(f"{names} === 'shop,blog,<b>evil</b>'")
    page.says("document.querySelector('[data-by=name]').click()")
    assert page.says(names) == "<b>evil</b>,blog,shop"
    assert page.says("document.querySelector('[data-by=name]').parentElement.ariaSort") == (
        "ascending"
    )
    page.says("document.getElementById('find').focus()")
    page.write("BL")
    assert page.says(names) == "blog"
    page.write("x")
    assert page.text("#apps-none") == "No app is called blx."


def test_without_the_key_it_is_locked_and_the_key_opens_it(page, site):
    page.go(f"http://127.0.0.1:{site.control}/?locked")
    page.until("document.body.dataset.state === 'locked'")
    assert page.text().startswith("This page needs the server's key")
    assert page.says("document.activeElement.id") == "key"
    page.write("wrong")
    page.press("Enter")
    page.until("document.getElementById('wrong').textContent")
    assert page.text("#wrong") == "That is not the key of this server."
    page.says("document.getElementById('key').value = ''")
    page.write(KEY)
    page.press("Enter")
    page.until("document.body.dataset.state === 'live'")
    assert page.says("document.getElementById('locked').hidden")
    # Chromium notes each 401; nothing else went wrong.
    assert all("401" in problem for problem in page.problems)
    page.problems.clear()


def test_it_says_when_the_server_has_gone(page, tmp_path):
    record = Record(str(tmp_path / "record"))
    with controlled(tmp_path) as port:
        open_page(page, port)
        assert page.text("#apps-none") == "No app is served yet."
    page.until("document.body.dataset.state === 'away'")
    assert page.text("#connection").startswith("Not connected: trying again in")
    record.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_and_can_be_read(page, site, dark, tmp_path):
    page.look(1280, 900, dark)
    open_page(page, site.control)
    ask(site.port, "/shop/" + "x" * 300)
    ask(site.port, "/blog")
    page.until("document.querySelectorAll('#lines li').length === 2")
    page.until("document.getElementById('errors').textContent === '50 %'")
    for width in (320, 360, 800, 801, 1080, 1600):
        page.look(width, 900, dark)
        assert page.says("document.documentElement.scrollWidth") <= width
        assert page.says("document.querySelector('#apps .card').scrollWidth") <= width
        assert page.says(_CONTRAST) == []
    page.picture(tmp_path / "page.png")
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")


def test_an_app_with_a_long_name_that_is_gone_fits_too(page, tmp_path):
    record = Record(str(tmp_path / "record"))
    with controlled(tmp_path, log=False, served=list) as port:
        open_page(page, port)
        record.slot("a-name-that-goes-on-" * 5).request(200, 0, 0, 0.001)
        page.until("document.querySelectorAll('#rows .gone').length === 1")
        for width in (320, 360, 800, 801, 1080, 1600):
            page.look(width, 900)
            assert page.says("document.documentElement.scrollWidth") <= width
            assert page.says(
                "document.querySelector('#rows .gone').getBoundingClientRect().right <="
                " document.querySelector('#rows td.name').getBoundingClientRect().right"
            )
            assert page.says(_CONTRAST) == []
    record.close()


_CONTRAST = """(() => {
  const parse = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
    return { rgb: [r, g, b], a };
  };
  const linear = (v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = (rgb) => rgb.map((v) => linear(v / 255))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const { rgb, a } = parse(getComputedStyle(node).backgroundColor);
      if (a > 0.9) return rgb;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const node of document.querySelectorAll("main *, header *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!own || !node.checkVisibility() || node.closest(".tag, option, .unseen, thead")) continue;
    const [x, y] = [light(parse(getComputedStyle(node).color).rgb), light(ground(node))];
    const ratio = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
    if (ratio < 4.5) bad.push(`${node.className || node.tagName} ${ratio.toFixed(2)}`);
  }
  return bad;
})()"""
