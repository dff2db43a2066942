"""Pages in a real browser: what it lays out, writes to its console and asks the network for."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

Scheme = Literal["dark", "light"]

_PAST_THE_EDGE = """() => {
    const wide = [];
    for (const details of document.querySelectorAll("details")) details.open = true;
    // What is far from the window is not laid out anew when that becomes narrower.
    const cards = document.querySelectorAll(".finding");
    for (const card of cards) card.style.contentVisibility = "visible";
    for (const element of document.querySelectorAll("body *")) {
        if (element.closest(".wide > *, .skip, svg, thead")) continue;
        const edge = element.getBoundingClientRect().right;
        if (edge > innerWidth + 1) wide.push(`${element.tagName} ${element.className} to ${edge}`);
    }
    const scrolled = document.documentElement.scrollWidth;
    if (scrolled > innerWidth) wide.push(`the page to ${scrolled}`);
    return wide;
}"""


DEAD_LINKS = """() => [...document.querySelectorAll("a")].map((a) => a.getAttribute("href"))
    .filter((href) => !href.startsWith("#") || !document.getElementById(href.slice(1)))"""
"""Where links of a page lead to nothing that stands on it."""


@dataclass
class Seen:
    """An open page and what it did.

    Attributes:
        page: For Playwright.
        console: Errors and warnings, and what a script threw.
        requests: Addresses it asked for, but for its own.
    """

    page: Page
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def past_the_edge(self) -> list[str]:
        """What is wider than the window; a table may scroll inside its own box."""
        found: list[str] = self.page.evaluate(_PAST_THE_EDGE)
        return found


@contextmanager
def browser() -> Iterator[Browser]:
    """The Chromium of this machine."""
    path = shutil.which("chromium")
    assert path, "Chromium is missing: `bash tests/run` installs it."
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield launched
        launched.close()


@contextmanager
def opened(
    launched: Browser, path: Path, *, width: int = 1440, scheme: Scheme = "light", at: str = ""
) -> Iterator[Seen]:
    """The page at a path, once its scripts ran.

    Args:
        launched: From `browser`.
        path: The file.
        width: Of the window, in CSS pixels.
        scheme: What the reader prefers.
        at: What stands behind `#` in the address.
    """
    with launched.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        timezone_id="Asia/Tokyo",
        locale="en-GB",
    ) as context:
        seen = Seen(context.new_page())
        own = path.as_uri()
        seen.page.on(
            "console",
            lambda said: seen.console.append(said.text) if said.type != "log" else None,
        )
        seen.page.on("pageerror", lambda error: seen.console.append(str(error)))
        seen.page.on(
            "request",
            lambda asked: None if asked.url.startswith(own) else seen.requests.append(asked.url),
        )
        seen.page.goto(f"{own}#{at}" if at else own, wait_until="load")
        yield seen
