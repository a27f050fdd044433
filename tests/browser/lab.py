"""JupyterLab on a page of Chromium, as its users see it."""

from playwright.sync_api import Browser, FrameLocator, Locator, expect

from tests.browser.conftest import PATIENCE, ROOT

SHOTS = ROOT / "_build" / "browser"
IDLE = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator[data-status=idle]"


class Lab:
    """One browser window with JupyterLab in it; `name` begins the names of its screenshots."""

    def __init__(self, browser: Browser, address: str, name: str) -> None:
        self.address, self.name, self.shots = address, name, 0
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(PATIENCE)
        self.page = context.new_page()
        self.requests: list[str] = []
        context.on("request", lambda request: self.requests.append(request.url))

    def goto(self, place: str = "") -> None:
        self.page.goto(self.address.format(place=place))

    @property
    def outside(self) -> set[str]:
        """What was asked of other machines."""
        return {url for url in self.requests if not url.startswith(("http://127.0.0.1:", "data:", "blob:"))}

    def shot(self, title: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.shots += 1
        self.page.screenshot(path=SHOTS / f"{self.name}-{self.shots}-{title}.png")

    def menu(self, *names: str) -> None:
        for name in names:
            self.page.get_by_role("menuitem", name=name, exact=True).click()

    def wait_for_kernel(self) -> None:
        """Until the kernel has started and is idle: restarted before that, it may never answer JupyterLab."""
        self.page.locator(IDLE).wait_for()
        expect(self.page.locator("#jp-main-statusbar")).to_contain_text("| Idle")

    def cell(self, start: str) -> Locator:
        """The cell of the notebook in front whose source begins like this."""
        notebook = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook")
        return notebook.locator(".jp-Cell").filter(has=self.page.locator(".jp-InputArea", has_text=start))

    def paste(self, start: str, source: str) -> None:
        """Put `source` into a cell by the clipboard, in place of what is there."""
        cell = self.cell(start)
        if "jp-MarkdownCell" in cell.get_attribute("class"):
            cell.locator(".jp-RenderedMarkdown").dblclick()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.evaluate("text => navigator.clipboard.writeText(text)", source)
        self.page.keyboard.press("Control+V")
        expect(self.cell(source.splitlines()[0])).to_be_visible()

    def run_all(self, last: str) -> None:
        """Run all cells, in a fresh kernel, until the cell that begins with `last` has printed."""
        self.menu("Run", "Restart Kernel and Run All Cells…")
        self.accept()
        expect(self.cell(last).locator(".jp-OutputArea-output").first).to_be_visible()
        self.wait_for_kernel()

    def accept(self) -> str:
        """Press the button of the dialog that is shown; returns what the dialog says."""
        dialog = self.page.locator(".jp-Dialog")
        dialog.wait_for()
        text = dialog.inner_text()
        dialog.locator(".jp-mod-accept").click()
        dialog.wait_for(state="detached")
        return text

    def formgrader(self) -> FrameLocator:
        return self.page.frame_locator("#formgrader-iframe iframe")

    def close_modal(self, title: str) -> None:
        """Wait until formgrader says `title`, and go on."""
        modal = self.formgrader().locator(".modal.in")
        expect(modal).to_contain_text(title)
        modal.get_by_role("button", name="Close").last.click()
        expect(self.formgrader().locator(".modal")).to_have_count(0)
