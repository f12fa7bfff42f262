"""What the page does in a browser, over lines that are made up (the server is the real one)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from arena_core.cli.logview.page import Page
from arena_core.contract.types import Phase
from tests.logview import synthetic
from tests.logview.chromium import Tab

Opened = Callable[..., tuple[Page, Tab]]


@pytest.fixture
def opened(tab: Callable[..., Tab]) -> Iterator[Opened]:
    """Return what opens the page of a made-up job, with a fragment."""
    pages: list[Page] = []

    def start(fragment: str = "", made: Page | None = None, **size: object) -> tuple[Page, Tab]:
        page = made or synthetic.page()
        pages.append(page)
        page.start()
        shown = tab(f"{page.server.address}#{fragment}", **size)
        shown.until("document.querySelector('.row .text')?.textContent.length", "lines")
        return page, shown

    yield start
    for page in pages:
        page.close()


def total(tab: Tab) -> int:
    return int(tab.text("output.total").split()[0].replace(",", "").replace("+", ""))


def pressed(tab: Tab, text: str) -> None:
    tab.js(f"[...document.querySelectorAll('button, a.button')].find(one => one.textContent === {text!r}).click()")


def test_search_filter_chips_and_the_address_keeps_them(opened: Opened) -> None:
    _page, tab = opened()
    assert total(tab) == 1199
    tab.press("/")
    tab.type("slow batch")
    tab.press("Enter")
    tab.until("document.querySelector('.row.current mark')?.textContent === 'slow batch'")
    assert tab.text(".search output").endswith("of 24")
    tab.press("&")
    tab.type("step 1")
    tab.press("Escape")
    tab.press("&")
    tab.type("rank 3")
    tab.press("Enter")
    tab.until("document.querySelector('output.total').innerText.startsWith('294 ')", "the filter")
    tab.until("document.querySelector('.search output').innerText.startsWith('0 ')", "no hit among the filtered")
    tab.click("button.chip:nth-of-type(3)")  # all, with errors, master-0
    tab.until("document.querySelector('output.total').innerText.startsWith('0 ')")
    assert tab.text(".empty") == "No line matches."
    address = tab.js("location.hash")
    assert "f=rank+3" in address and "q=slow+batch" in address and "s=0" in address
    tab.press("a")
    tab.until("document.querySelector('output.total').innerText.startsWith('294 ')", "all instances again")
    tab.call("Page.reload")
    tab.until(
        "document.querySelector('output.total')?.innerText.startsWith('294 ') && document.getElementById('filter').value === 'rank 3'",
        "the reload",
    )


def test_a_regular_expression_and_one_that_is_none(opened: Opened) -> None:
    _, tab = opened("q=step+(1|2)/&qm=r")
    tab.until("document.querySelector('.search output').innerText.startsWith('7 ')", "the count")
    tab.press("/")
    tab.type("(")
    tab.until("document.querySelector('.search output.bad')", "that it is no expression")
    assert "not a regular expression" in tab.text(".search output")


def test_pausing_tells_what_has_come_and_following_goes_on(opened: Opened) -> None:
    """ "312 new": whoever scrolls up stays where they are, though more comes, above as well as below."""
    page, tab = opened(made=synthetic.page(phase=Phase.RUNNING))
    source = page.store.sources[1]
    tab.until("document.querySelector('nav [aria-pressed=true]')?.innerText === 'follow'")
    for _ in range(5):
        tab.press("k")
    tab.until("document.querySelector('.fresh')?.innerText.startsWith('paused')")
    before = tab.rows()[1:20]
    last = source.last
    page.store.append(source, [(last + n, b"line %d that is new\n" % n) for n in range(1, 313)])
    tab.until("document.querySelector('.fresh')?.innerText.startsWith('312 new')", "what has come")
    assert tab.rows()[1:20] == before
    # Of another instance lines come late: they belong above.
    late = page.store.add_source(0, "worker-9", "mnist-worker-9")
    page.store.append(late, [(int((synthetic.BEGAN + 40) * 1e9) + n, b"late %d\n" % n) for n in range(500)])
    tab.until("document.querySelector('.fresh')?.innerText.startsWith('812 new')", "what has come late")
    assert tab.rows()[1:20] == before
    tab.press("F")
    tab.until("[...document.querySelectorAll('.row .text')].at(-1).textContent === 'line 312 that is new'", "the end")
    page.store.append(source, [(last + 1000, b"and this follows\n")])
    tab.until("[...document.querySelectorAll('.row .text')].at(-1).textContent === 'and this follows'", "the new line")


def test_the_time_line_goes_where_it_is_clicked_and_e_to_the_first_error(opened: Opened) -> None:
    _page, tab = opened()
    tab.until("document.querySelector('canvas')")
    assert tab.js("[...document.querySelectorAll('.names button')].map(one => one.textContent)") == [
        "master-0",
        "worker-0",
        "worker-1",
        "worker-2",
    ]
    box = tab.js("(() => { const box = document.querySelector('canvas').getBoundingClientRect(); return [box.x, box.y, box.width] })()")
    # The row of worker-0, half of the time: 330 s from the job's creation, 165 s in.
    for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
        tab.call("Input.dispatchMouseEvent", type=kind, x=box[0] + box[2] / 2, y=box[1] + 20, button="left", clickCount=1)
    tab.until("[...document.querySelectorAll('.row .text')].some(one => one.textContent.includes('step 136/'))", "the middle")
    assert "worker-0" in tab.text(".scale")
    tab.press("e")
    tab.until("document.querySelector('.row.current')?.innerText.includes('CUDA error: out of memory')", "the first error")
    assert tab.js("getComputedStyle(document.querySelector('.row.current .ansi-red-fg')).color") != tab.js(
        "getComputedStyle(document.body).color"
    )
    tab.picture("logview")


def test_with_the_keyboard_alone(opened: Opened) -> None:
    """From the first line to the last, to a line by its number, along the time line, through the panel and out of the help."""
    _, tab = opened()

    def first() -> str:
        return tab.rows()[0]

    tab.press("g")
    tab.until("document.querySelector('.row .text').textContent.startsWith('epoch 1/3 step 1/300')")
    assert tab.rows()[0].endswith("rank 1")
    tab.press("j")
    tab.until("document.querySelector('.row .text').textContent.endsWith('rank 2')")
    top = first()
    tab.press(" ")
    tab.until(f"document.querySelector('.row .text').textContent !== {top!r}")
    tab.press("b")
    tab.until(f"document.querySelector('.row .text').textContent === {top!r}")
    for key in ("6", "0", "0"):
        tab.press(key)
    tab.press("G")
    tab.until("document.querySelector('.row .text').textContent.includes('step 151/')", "line 600")
    tab.press("G")
    tab.until("[...document.querySelectorAll('.row .text')].at(-1).textContent.includes('step 300/')")
    tab.press("h")
    tab.until("document.querySelector('dialog[open]')")
    tab.press("Escape")
    tab.until("!document.querySelector('dialog')")
    tab.press("i")
    tab.until("document.querySelector('.panel')?.innerText.includes('OOM') || document.querySelector('.panel dl')")
    tab.js("document.querySelector('canvas').focus()")
    for _ in range(3):
        tab.press("ArrowLeft", shift=True)
    tab.press("Enter")
    tab.until(
        "!document.querySelector('.row .text').textContent.includes('step 300/') && document.querySelector('.fresh')",
        "a place before the end",
    )
    reached = set()
    for _ in range(60):
        tab.press("Tab")
        reached.add(
            tab.js(
                "document.activeElement.id || document.activeElement.getAttribute('role') || document.activeElement.className || document.activeElement.tagName"
            )
        )
    assert {"search", "filter", "slider", "log", "tab", "chip all"} <= reached, reached


def test_beside_the_logs(opened: Opened) -> None:
    _page, tab = opened("side=why")
    tab.until("document.querySelector('.causes')")
    assert "worker-1 ended with 137" in tab.text(".causes") and "Killed" in tab.text(".causes pre")
    for name, words in (("Status", "as the operator"), ("Events", "OOMKilling"), ("Endpoints", "no endpoints of this job")):
        tab.js(f"[...document.querySelectorAll('[role=tab]')].find(one => one.textContent === {name!r}).click()")
        if name != "Status":
            tab.until(f"document.querySelector('.panel').innerText.includes({words!r})", name)
    tab.js("[...document.querySelectorAll('[role=tab]')].find(one => one.textContent === 'Metrics').click()")
    tab.until("document.querySelectorAll('figure canvas').length >= 1", "curves")
    assert tab.text("figcaption").startswith("loss 0.3")
    tab.picture("metrics")


def test_wrapping_json_and_times(opened: Opened) -> None:
    page, tab = opened()
    source = page.store.sources[3]
    page.store.append(
        source, [(source.last + 1, b"wide " * 400 + b"\n"), (source.last + 2, b'{"level": "error", "msg": "no room", "gpu": {"id": 3}}\n')]
    )
    tab.until("[...document.querySelectorAll('.row .text')].at(-1).textContent === 'error no room gpu={\"id\":3} '", "JSON as text")
    tab.press("J")
    tab.until("[...document.querySelectorAll('.row .text')].at(-1).textContent.startsWith('{')", "JSON as it is")
    height = "[...document.querySelectorAll('.row')].at(-2).getBoundingClientRect().height"
    assert tab.js(height) == 18
    tab.press("w")
    tab.until(f"{height} > 30", "a wrapped line")
    end = tab.js(
        "[[...document.querySelectorAll('.row')].at(-1).getBoundingClientRect().bottom, document.querySelector('.scroller').getBoundingClientRect().bottom]"
    )
    assert abs(end[0] - end[1]) < 2, "the last line stands at the bottom, however high the lines before it are"
    assert tab.js("document.querySelectorAll('.time').length") > 0
    tab.press("t")
    tab.until("!document.querySelector('.time')")


def test_a_very_long_line_is_cut_and_can_be_shown_whole(opened: Opened) -> None:
    page, tab = opened()
    source = page.store.sources[3]
    page.store.append(source, [(source.last + 1, b"y" * 50_000 + b"\n")])
    tab.until("document.querySelector('.more')")
    assert "all 50,000 bytes" in tab.text(".more")
    tab.press("w")
    tab.press("k")
    tab.js("document.querySelector('.more').click()")
    tab.until("[...document.querySelectorAll('.row .text')].some(one => one.textContent.length === 50000)", "the whole line")


def test_on_a_small_screen(opened: Opened) -> None:
    """400 pixels: nothing is wider than the screen, everything can be reached, the panel covers the lines and can be closed."""
    _page, tab = opened(made=synthetic.page(ranks=16), width=400, height=800)
    tab.until("document.querySelectorAll('.chip').length === 18")
    assert tab.js("document.documentElement.scrollWidth") <= 400
    outside = "[...document.querySelectorAll('button, input, a, select')].filter(one => { const box = one.getBoundingClientRect(); return box.width && (box.left < 0 || box.right > 400) }).map(one => one.outerHTML)"
    assert tab.js(outside) == []
    assert tab.js("document.querySelector('.scroller').clientHeight") > 250
    tab.picture("small")
    pressed(tab, "job")
    tab.until("document.querySelector('.side .panel dl, .side .instances')")
    assert tab.js("document.documentElement.scrollWidth") <= 400 and tab.js(outside) == []
    assert tab.js("document.querySelector('.side').clientWidth") > 300
    tab.picture("small-job")
    tab.press("Escape")
    tab.until("!document.querySelector('.side')")


def test_dark_and_light(opened: Opened) -> None:
    _, tab = opened(dark=True)
    back = "getComputedStyle(document.body).backgroundColor"
    dark = tab.js(back)
    assert dark == "rgb(20, 23, 27)"
    tab.picture("dark")
    tab.press("D")
    tab.until(f"{back} === 'rgb(255, 255, 255)'")
    assert "theme=light" in tab.js("location.hash")


def test_what_rights_do_not_show_is_named(opened: Opened) -> None:
    made = synthetic.page()
    made.board.tell(0, "error", "user bob may not get pods/log in namespace team-a")
    made.board.tell(0, "note", "worker-1: its log cannot be read: the node does not answer")
    _, tab = opened(made=made)
    tab.until("document.querySelectorAll('.notice').length === 2")
    assert "may not get pods/log" in tab.text(".notice.bad") and "the node does not answer" in tab.text()


def test_ten_million_rows_of_scrollbar_are_not_needed(opened: Opened) -> None:
    """A list that is taller than any element may be is still scrolled line by line, and to its end."""
    made = synthetic.page(ranks=1, lines=2)
    source = made.store.sources[0]
    for at in range(0, 400_000, 4000):
        made.store.append(source, [(source.last + n + 1, b"n %d\n" % (at + n)) for n in range(4000)])
    _, tab = opened(made=made)
    tab.until("document.querySelector('output.total').innerText.startsWith('400,00')")
    assert tab.js("document.querySelector('.tall').clientHeight") <= 6_000_000
    assert tab.rows()[-1] == "n 399999"
    for key in "123456":
        tab.press(key)
    tab.press("G")
    tab.until("document.querySelector('.row .text').textContent === 'n 123454'", "line 123456")
    tab.press("j")
    tab.until("document.querySelector('.row .text').textContent === 'n 123455'", "the next line")
    tab.call("Input.dispatchMouseEvent", type="mouseWheel", x=500, y=500, deltaX=0, deltaY=180)
    tab.until("document.querySelector('.row .text').textContent === 'n 123465'", "ten lines further")
