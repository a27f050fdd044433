"""Cells that run: against the real server of `make live`, in Chromium."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

from .pages import ROOT, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("live")]
PATIENCE = 40_000  # milliseconds: PyTorch is imported


@pytest.fixture(scope="module")
def live(site):
    """What `make live` runs; the address it prints."""
    command = [sys.executable, ROOT / "tools/live.py", site, "--port", "0", "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    yield re.match(r"(http://127\.0\.0\.1:\d+/)book/intro\.html#live=([\w-]+) ", process.stdout.readline()).groups()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    process.stdout.close()


@pytest.fixture
def opened(browser, live):
    """The page of conv1d, reached as a reader would from the printed address; silent, and asking this computer only."""
    address, token = live
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints = []
    page.on("console", lambda said: said.type in ("error", "warning") and complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: asked.url.startswith("http://127.0.0.1:") or complaints.append(asked.url))
    page.goto(f"{address}book/ch02_conv1d.html#live={token}")
    yield page
    context.close()
    assert [one for one in complaints if not one.startswith("data:")] == []


@pytest.fixture
def running(opened):
    opened.get_by_role("button", name="Run the code").click()
    expect(opened.locator(".live-status")).to_contain_text("Ready", timeout=PATIENCE)
    return opened


def ready(page):
    expect(page.locator(".live-status")).to_have_text("Ready", timeout=PATIENCE)


def run(page, number, code=None):
    cell = page.locator("article .cell").nth(number - 1)
    if code is not None:
        cell.locator("textarea").fill(code)
    cell.get_by_role("button", name=f"Run cell {number}", exact=True).click()
    return cell.locator(".cell_output")


def test_nothing_is_live_before_it_is_asked_for(opened):
    assert opened.locator("textarea").count() == 0
    assert "live=" not in opened.url  # the token is not left where it would be copied with the address
    assert opened.get_by_role("button", name="Run the code").count() == 1


def test_all_cells_run_and_show_what_the_page_showed(running):
    code = [source for source, _ in Page.read(ROOT / "book/ch02_conv1d.md").code]
    areas = running.locator("article textarea")
    assert [area.input_value() for area in areas.all()] == [source.rstrip("\n") for source in code]
    output = running.locator(".cell_output")
    before = [re.findall("✓ .*", text) for text in output.all_text_contents()]
    running.get_by_role("button", name="Run all").click()
    ready(running)
    assert output.locator(".live-stdout").count() > 5
    after = [re.findall("✓ .*", text) for text in output.all_text_contents()]
    assert [said for said in after if said] == [said for said in before if said]
    assert any("eq-conv1d-dx =" in line for said in after for line in said)
    figure = output.locator("figure.stepper").first  # a figure made anew works as the page's own
    figure.get_by_role("button", name="Next").click()
    assert figure.locator(".stepper-counter").inner_text().startswith("2 / ")
    image = output.locator("img").first
    assert image.get_attribute("src").startswith("data:image/png;base64,")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert len(image.get_attribute("alt")) > 40  # the words that the page has for it


def test_a_cell_can_be_changed_and_what_it_needs_runs_first(running):
    output = run(running, 2, "print(np.arange(3)); print(6 * 7)")  # np comes from the first cell
    expect(output).to_have_text("[0 1 2]\n42\n", timeout=PATIENCE)
    ready(running)
    area = running.locator("article .cell").nth(1).locator("textarea")
    area.fill("six = 6\nsix * 7")
    assert area.get_attribute("rows") == "2"
    area.press("Shift+Enter")
    expect(output).to_have_text("42")


def test_output_is_shown_as_text_unless_it_is_html(running):
    lines = ["import sys", "from IPython.display import HTML", "print('<b>&amp;</b>')"]
    code = "\n".join([*lines, "print('careful', file=sys.stderr)", "HTML('<b>bold</b>')"])
    output = run(running, 1, code)
    ready(running)
    assert output.locator(".live-stdout").inner_text().strip() == "<b>&amp;</b>"
    assert output.locator(".live-stderr").inner_text().strip() == "careful"
    assert output.locator(".text_html b").inner_text() == "bold"


def test_an_error_is_shown_and_stops_what_waits(running):
    running.locator("article .cell textarea").nth(0).fill("1 / 0")
    running.locator("article .cell textarea").nth(1).fill("print('not reached')")
    output = run(running, 2)
    error = running.locator("article .cell").nth(0).locator(".live-error")
    expect(error).to_contain_text("ZeroDivisionError", timeout=PATIENCE)
    assert "\x1b" not in error.inner_text()
    expect(running.locator(".live-status")).to_have_text("Cell 1 stopped with an error")
    assert "not reached" not in output.inner_text()


def test_stop_and_restart(running):
    run(running, 1, "mine = 1\nprint('begun')\nimport time\ntime.sleep(600)")
    output = running.locator("article .cell").nth(0).locator(".cell_output")
    expect(output).to_have_text("begun\n", timeout=PATIENCE)
    running.get_by_role("button", name="Stop").click()
    expect(running.locator(".live-status")).to_have_text("Stopped")
    expect(run(running, 1, "mine + 1")).to_have_text("2")
    running.get_by_role("button", name="Restart").click()
    expect(running.locator(".live-status")).to_contain_text("Restarted", timeout=PATIENCE)
    expect(run(running, 1, "mine + 1")).to_contain_text("NameError", timeout=PATIENCE)


def test_leaving_the_page_ends_its_kernel(running, live):
    address, token = live
    server = running.locator("meta[name=course-live]").get_attribute("content")

    def kernels():
        request = urllib.request.Request(f"{server}api/kernels", headers={"Authorization": f"token {token}"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    count = len(kernels())
    assert count >= 1
    running.goto(f"{address}book/notation.html")
    for _ in range(100):
        if len(kernels()) < count:
            break
        running.wait_for_timeout(100)
    assert len(kernels()) < count


def ask(url, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


def test_only_who_has_the_token_runs_code_and_only_this_site_may_ask(live, browser):
    address, token = live
    with urllib.request.urlopen(f"{address}book/ch02_conv1d.html") as answer:
        text, policy = answer.read().decode(), answer.headers["Content-Security-Policy"]
    assert token not in text
    server = re.search(r'name="course-live" content="([^"]+)"', text)[1]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", server)
    assert server in policy
    assert ask(f"{server}api/kernels")[0] == 403
    _, headers = ask(f"{server}api/kernels", Authorization=f"token {token}", Origin="http://elsewhere.example")
    assert headers["Access-Control-Allow-Origin"] == address.rstrip("/")
    commands = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert token not in commands

    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}book/ch02_conv1d.html")  # without the token
    page.get_by_role("button", name="Run the code").click()
    assert "Python runs in your browser" in page.locator(".live-question").inner_text()  # as on any other server
    context.close()


def test_make_live_is_this_server():
    make = ["make", "--dry-run", "-o", "book", "live"]
    said = subprocess.run(
        make, cwd=ROOT, capture_output=True, text=True, check=True, env={**os.environ, "MAKEFLAGS": ""}
    )
    assert "tools/live.py" in said.stdout


def test_any_other_server_offers_the_download_and_python_in_the_browser(browser, address):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/book/ch02_conv1d.html#live=made-up")
    assert page.locator("a.btn-download-notebook-button").get_attribute("download") == ""
    page.get_by_role("button", name="Run the code").click()
    assert "Python runs in your browser" in page.locator(".live-question").inner_text()  # see test_pyodide.py
    context.close()
