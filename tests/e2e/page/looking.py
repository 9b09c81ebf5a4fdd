"""A window of a browser, and what it complains about."""

from playwright.sync_api import BrowserContext, Page, expect

PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)


class Window:
    """A context of its own, as another browser or another machine would be. `complaints` is what a person would see in red."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.url = context, url
        self.complaints: list[str] = []
        context.set_default_timeout(PATIENCE_MS)
        self.page = self.tab()

    def tab(self) -> Page:
        """One more tab."""
        page = self._listened_to(self.context.new_page())
        page.goto(self.url)
        return page

    def twin_of(self, page: Page) -> Page:
        """The tab once more, as browsers duplicate one: with what is kept for this tab alone."""
        with page.expect_popup() as opening:
            page.evaluate("void window.open(location.href)")
        return self._listened_to(opening.value)

    def close(self) -> None:
        self.context.close()

    def _listened_to(self, page: Page) -> Page:
        page.on("console", lambda said: self._heard(said.type, said.text))
        page.on("pageerror", lambda error: self._heard("error", str(error)))
        return page

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)
