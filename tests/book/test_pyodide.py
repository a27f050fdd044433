"""Cells that run in the reader's browser: the real Pyodide, in Chromium, with its public address played by this test.

The files are Pyodide's own, with the checksums that the site pins (tools/pyodide_files.py). Not tested is the public
address itself, which tests cannot reach: that it sends these files, how fast, and with which headers.
"""

import hashlib
import json
import re
from pathlib import Path

import axe_playwright_python.sync_playwright as axe
import pyodide_files
import pytest
import serve
from playwright.sync_api import expect

from .pages import ROOT, Page
from .test_in_browser import LIVE

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("pyodide")]
PINS = json.loads(pyodide_files.PINS.read_text())
HOST = "https://cdn.jsdelivr.net/"
PLACE = f"{HOST}pyodide/v{PINS['version']}/full/"
PATIENCE = 120_000  # milliseconds: two busy cores compile ten megabytes of WebAssembly
AXE = Path(axe.__file__).with_name("axe.min.js").read_text()
CORE = 'data-packages=""'  # a page that needs no packages, so that its tests need Pyodide's core only
KERNEL = """async packages => {
    const { PyodideKernel } = await import("/_static/live_pyodide.js");
    window.kernel = new PyodideKernel(packages);
    await window.kernel.start();
}"""
RUN = """async ([code, number]) => {
    const shown = [];
    const outcome = await window.kernel.run(code, what => shown.push(what), number);
    return [outcome, shown];
}"""


@pytest.fixture(scope="module")
def core():
    return pyodide_files.fetch(pyodide_files.CORE)


@pytest.fixture(scope="module")
def files(core):
    return pyodide_files.fetch()


class Reader:
    """A browser on the site, and whom it asked."""

    def __init__(self, context, address):
        self.context, self.address, self.asked, self.complaints = context, address, [], []
        context.set_default_timeout(PATIENCE)
        context.on(
            "request", lambda asked: asked.url.startswith(("data:", address, "blob:")) or self.asked.append(asked.url)
        )
        self.page = context.new_page()
        self.page.on("console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def cdn(self, folder, change=lambda name, body: body):
        """Play the public address with the files of this folder."""

        def answer(route):
            name = route.request.url.removeprefix(PLACE)
            headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/octet-stream"}
            if name not in PINS["files"]:
                return route.fulfill(status=404, headers=headers)
            route.fulfill(body=change(name, (folder / name).read_bytes()), headers=headers)

        self.context.route(f"{PLACE}*", answer)

    def visit(self, stem="ch02_conv1d", packages=None):
        if packages is not None:

            def change(route):
                answer = route.fetch()
                body, count = re.subn('data-packages="[^"]*"', packages, answer.text())
                assert count == 1
                route.fulfill(response=answer, body=body)

            self.context.route(f"**/{stem}.html", change)
        self.page.goto(f"{self.address}/book/{stem}.html")
        return self

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)

    def status(self, text, timeout=PATIENCE):
        expect(self.page.locator(".live-status")).to_have_text(re.compile(text), timeout=timeout)

    def start(self):
        self.button("Run the code").click()
        self.button("Load and start").click()
        return self

    def run(self, number, code=None):
        cell = self.page.locator("article .cell").nth(number - 1)
        if code is not None:
            cell.locator("textarea").fill(code)
        self.button(f"Run cell {number}").click()
        return cell.locator(".cell_output")


@pytest.fixture
def reader(browser, address):
    context = browser.new_context(service_workers="block")  # else routes do not see what workers ask
    yield Reader(context, address)
    context.close()


@pytest.fixture(scope="module")
def started(browser, address, core):
    context = browser.new_context(service_workers="block")
    reader = Reader(context, address)
    reader.cdn(core)
    reader.visit(packages=CORE).start().status("^Ready")
    yield reader
    context.close()


@pytest.fixture
def running(started):
    """Pyodide's core on a page of the course, the same for several tests; silent."""
    yield started
    assert started.complaints == []


def test_nothing_is_asked_of_others_before_the_reader_says_yes(reader):
    reader.visit()
    reader.button("Run the code").click()
    told = reader.page.locator(".live-question").inner_text()
    assert "cdn.jsdelivr.net" in told
    assert re.search(r"up to 27 MB", told)
    assert "Nothing that you type is sent" in told
    assert "PyTorch is not available" in told
    assert reader.page.evaluate("document.activeElement.textContent") == "Load and start"
    reader.button("Not now").click()
    assert reader.page.locator(".live-question").count() == 0
    assert reader.page.evaluate("document.activeElement.textContent") == "Run the code"
    assert reader.page.locator("textarea").count() == 0
    assert reader.asked == []
    assert reader.complaints == []


def test_pages_whose_code_is_hidden_offer_nothing(reader, site):
    for page in sorted((site / "book").glob("*.html")):
        assert ('class="live-bar"' in page.read_text()) == (page.stem in {one.stem for one in LIVE}), page.stem


def test_a_cell_runs_keeps_names_and_shows_what_it_prints(running):
    expect(running.run(1, "x = 6\nprint('six')\nx * 7")).to_have_text("six\n42", timeout=PATIENCE)
    area = running.page.locator("article .cell textarea").nth(1)
    area.fill("from IPython.display import HTML\nHTML(f'<b>{x + 1}</b>')")
    area.press("Shift+Enter")
    output = running.page.locator("article .cell").nth(1).locator(".cell_output")
    expect(output.locator("b")).to_have_text("7")
    running.status("^Ready$")
    assert area.input_value().startswith("from IPython")
    assert set(running.asked) == {PLACE + name for name in PINS["core"]}, (
        "of others, only what is pinned, and only that"
    )


def test_an_error_is_shown_and_stops_what_waits(running):
    running.page.locator("article .cell textarea").nth(0).fill("def f():\n    return 1 / 0")
    running.page.locator("article .cell textarea").nth(1).fill("f()")
    output = running.run(4, "print('not reached')")
    error = running.page.locator("article .cell").nth(1).locator(".live-error")
    expect(error).to_contain_text('File "Cell 1", line 2, in f')
    expect(error).to_contain_text("ZeroDivisionError: division by zero")
    running.status("^Cell 2 stopped with an error$")
    assert "not reached" not in output.inner_text()
    assert "in_browser" not in error.inner_text()


def test_what_needs_pytorch_is_said_to_be_skipped(running):
    output = running.run(1, "import torch\nassert torch.ones(2).sum() == 3\nprint('on')")
    expect(output.locator(".live-notice")).to_contain_text("line 2: assert torch.ones(2)", timeout=PATIENCE)
    expect(output.locator(".live-stdout")).to_have_text("on\n")
    expect(running.run(1, "import no_such_module").locator(".live-error")).to_contain_text("ModuleNotFoundError")


def test_an_endless_loop_does_not_hold_the_page_and_can_be_stopped(running):
    output = running.run(1, "mine = 1\nprint('begun')\nwhile True:\n    pass")
    expect(output).to_have_text("begun\n", timeout=PATIENCE)
    running.page.get_by_role("button", name="Next").first.click()  # an animation of the page still works
    running.button("Stop").click()
    running.status("^Stopped. In the browser this starts Python anew: no cell has run yet.$")
    expect(running.run(1, "print('mine' in dir())")).to_have_text("False\n", timeout=PATIENCE)
    running.run(1, "mine = 2\nmine")
    expect(output).to_have_text("2")
    running.button("Restart").click()
    running.status("^Restarted")
    expect(running.run(1, "print('mine' in dir())")).to_have_text("False\n", timeout=PATIENCE)


def test_by_keyboard_alone(reader, core):
    reader.cdn(core)
    reader.visit(packages=CORE)
    page, focused = reader.page, "document.activeElement.ariaLabel || document.activeElement.textContent"
    reader.button("Run the code").focus()
    page.keyboard.press("Enter")
    expect(reader.button("Load and start")).to_be_focused()
    page.keyboard.press("Enter")
    expect(reader.button("Cancel")).to_be_focused()
    reader.status("^Ready")
    order = [page.evaluate(focused)]
    for _ in range(2):
        page.keyboard.press("Tab")
        order.append(page.evaluate(focused))
    assert order == ["Run all", "Stop", "Restart"]
    area = page.locator("article .cell textarea").first
    while not area.evaluate("area => area === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("print(6 * 7)")
    page.keyboard.press("Shift+Enter")
    expect(page.locator("article .cell").first.locator(".cell_output")).to_have_text("42\n")
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Run cell 1"


def test_progress_is_told_in_few_words_and_can_be_cancelled(reader, core):
    def hold_back(route):
        name = route.request.url.removeprefix(PLACE)
        if name != "pyodide.asm.wasm":  # which never comes
            route.fulfill(body=(core / name).read_bytes(), headers={"Access-Control-Allow-Origin": "*"})

    reader.context.route(f"{PLACE}*", hold_back)
    reader.visit(packages=CORE).start()
    reader.status(r"^Loading up to \d+ MB: 25 %$")
    gauge = reader.page.get_by_role("progressbar", name="Loading")
    assert 0.25 <= gauge.evaluate("gauge => gauge.value") < 0.5
    assert reader.page.locator(".live-status").get_attribute("role") == "status"
    reader.button("Cancel").click()
    reader.status("^Not started: cancelled")
    expect(reader.button("Try again")).to_be_focused()


def refused(reader, reason):
    """The page says this, and what else one can do; all else works as before."""
    reader.status(f"^Not started: {reason}.* make live ")
    link = reader.page.get_by_role("link", name="Download this page as a notebook").first
    assert reader.page.request.get(link.evaluate("link => link.href")).ok
    assert reader.page.locator("textarea").count() == 0
    assert reader.page.locator(".cell_output").first.inner_text() != ""
    expect(reader.button("Try again")).to_be_enabled()


def test_an_address_that_cannot_be_reached(reader):
    reader.context.route(f"{PLACE}*", lambda route: route.abort("internetdisconnected"))
    reader.visit(packages=CORE).start()
    refused(reader, "cdn.jsdelivr.net cannot be reached")
    reader.button("Try again").click()
    expect(reader.button("Load and start")).to_be_focused()


def test_an_address_that_does_not_have_a_file(reader):
    reader.context.route(
        f"{PLACE}*", lambda route: route.fulfill(status=404, headers={"Access-Control-Allow-Origin": "*"})
    )
    reader.visit(packages=CORE).start()
    refused(reader, "cdn.jsdelivr.net answered 404 for ")


@pytest.mark.parametrize("name", pyodide_files.CORE)
def test_a_changed_file_is_not_used(reader, core, name):
    reader.cdn(core, lambda one, body: body[:-1] + bytes([body[-1] ^ 1]) if one == name else body)
    reader.visit(packages=CORE).start()
    refused(reader, f"{re.escape(name)} from cdn.jsdelivr.net is not the file that this course was tested with")


def test_a_policy_that_forbids_it(reader, core):
    def strict(route):
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": serve.POLICY})

    reader.cdn(core)
    reader.context.route("**/pyodide_worker.js", strict)
    reader.visit(packages=CORE).start()
    refused(reader, "this site's policy does not allow files from cdn.jsdelivr.net")
    assert not any(url.startswith(HOST) for url in reader.asked)


def test_a_browser_without_what_it_takes(reader):
    reader.context.add_init_script("delete globalThis.WebAssembly")
    reader.visit(packages=CORE).start()
    refused(reader, "this browser is too old")


def test_a_page_opened_as_a_file_says_so(browser, site):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((site / "book/ch02_conv1d.html").as_uri())
        page.get_by_role("button", name="Run the code").click()
        expect(page.locator(".live-status")).to_have_text(re.compile("opened as a file"))


def test_only_the_worker_may_ask_the_public_address(reader, site):
    get = reader.context.request.get
    worker = get(f"{reader.address}/_static/pyodide_worker.js")
    assert worker.headers["content-security-policy"] == serve.WORKER_POLICY
    assert [one for one in re.split("[; ]+", serve.WORKER_POLICY) if "//" in one] == [PLACE]
    for path in (
        "book/ch02_conv1d.html",
        "_static/live.js",
        "_static/live_pyodide.js",
        "_static/pyodide_worker.js.html",
    ):
        assert get(f"{reader.address}/{path}").headers["content-security-policy"] == serve.POLICY
    assert "//" not in serve.POLICY


def test_the_files_are_pinned_where_their_lock_has_them(core):
    assert set(PINS["core"]) == set(pyodide_files.CORE)
    for name in PINS["core"]:
        content = (core / name).read_bytes()
        assert PINS["files"][name] == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    lock = json.loads((core / "pyodide-lock.json").read_text())
    assert lock["info"]["version"] == PINS["version"]
    known = {one["file_name"]: one["sha256"] for one in lock["packages"].values()}
    for name, wheels in PINS["packages"].items():
        assert wheels == pyodide_files.closure(lock, name)
        assert [PINS["files"][wheel]["sha256"] for wheel in wheels] == [known[wheel] for wheel in wheels]


def test_axe_finds_nothing_in_any_state(browser, address, core):
    with browser.new_context(
        reduced_motion="reduce", service_workers="block", viewport={"width": 390, "height": 900}
    ) as context:
        reader = Reader(context, address)
        reader.cdn(core)
        reader.visit(packages=CORE)
        reader.page.evaluate(AXE)
        reader.page.locator("article .cell").first.evaluate("cell => { cell.id = 'cell-1' }")

        def findings():
            found = []
            for scheme in ("light", "dark"):
                reader.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                reader.page.wait_for_timeout(350)
                result = reader.page.evaluate("axe.run({include: [['.live-bar'], ['#cell-1']]}, {preload: false})")
                found += [
                    (scheme, rule["id"], node["target"]) for rule in result["violations"] for node in rule["nodes"]
                ]
            return found

        reader.button("Run the code").click()
        reader.button("Load and start").wait_for()
        assert findings() == []
        reader.button("Load and start").click()
        reader.status("^Ready")
        output = reader.run(1, "import torch, sys\nassert torch.ones(1) == 1\nprint(1, file=sys.stderr)\n1 / 0")
        expect(output.locator(".live-error")).to_contain_text("ZeroDivisionError", timeout=PATIENCE)
        assert findings() == []
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_chapter_runs_and_shows_what_it_showed(reader, files):
    reader.cdn(files)
    reader.visit()
    page, output = reader.page, reader.page.locator(".cell_output")
    before = [re.findall("✓ (eq-[^ ]*) ", text) for text in output.all_text_contents()]
    alts = page.locator(".cell_output img").evaluate_all("images => images.map(image => image.alt)")
    reader.start().status("^Ready")
    reader.button("Run all").click()
    reader.status("^Ready$")
    after = [re.findall("[✓–] (eq-[^ ]*) ", text) for text in output.all_text_contents()]
    assert [said for said in after if said] == [said for said in before if said]
    text = "\n".join(output.all_text_contents())
    assert re.search(r"✓ eq-conv1d-dx = [^(\n]*central differences[^(\n]* \(PyTorch: skipped, ", text)
    assert not re.search("✓[^(\n]*PyTorch", text)
    figure = output.locator("figure.stepper").first
    figure.get_by_role("button", name="Next").click()
    assert figure.locator(".stepper-counter").inner_text().startswith("2 / ")
    images = output.locator("img")
    assert images.evaluate_all("images => images.map(image => image.alt)") == alts
    for image in images.all():
        assert image.get_attribute("src").startswith("data:image/png;base64,")
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 200
    assert output.locator(".live-stderr, .live-error").count() == 0
    promised = int(page.locator("script[data-megabytes]").get_attribute("data-megabytes"))
    loaded = sum(PINS["files"][url.removeprefix(PLACE)]["bytes"] for url in reader.asked)
    assert promised - 1 < loaded / 1e6 <= promised
    assert reader.complaints == []


def test_every_cell_of_every_page_runs_in_pyodide(reader, files):
    """In one Python for all pages, which keeps what is imported and forgets all names in between."""
    reader.cdn(files)
    reader.visit("bibliography")
    reader.page.evaluate(KERNEL, list(PINS["packages"]))
    for page in LIVE:
        reader.page.evaluate(RUN, ["import in_browser; kept = {'__name__', '__builtins__', 'display'}", 0])
        reader.page.evaluate(RUN, ["[in_browser._names.pop(n) for n in {*in_browser._names} - {*kept, 'kept'}]", 0])
        for number, (code, tags) in enumerate(Page.read(page).code, 1):
            if "remove-input" in tags:
                continue
            outcome, shown = reader.page.evaluate(RUN, [code, number])
            assert outcome == "ok", (page.stem, number, [one for one in shown if one["kind"] == "error"])
    assert (ROOT / "book/ch10_network.md") in LIVE
    assert reader.complaints == []
