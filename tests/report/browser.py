"""Pages as a real browser lays them out."""

import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import orjson

_FRAME = """
<iframe id="frame" src="{page}" style="width: {width}px; height: 900px; border: 0"></iframe>
<script>
  const measure = () => {{
    const inside = document.getElementById("frame").contentWindow;
    const wide = [];
    for (const details of inside.document.querySelectorAll("details")) details.open = true;
    for (const element of inside.document.querySelectorAll("body *")) {{
      if (element.closest(".wide > *, .skip, svg, thead")) continue;
      const edge = element.getBoundingClientRect().right;
      const name = `${{element.tagName}} ${{element.className}}`;
      if (edge > inside.innerWidth + 1) wide.push(`${{name}} to ${{edge}}`);
    }}
    const scrolled = inside.document.documentElement.scrollWidth;
    if (scrolled > inside.innerWidth) wide.push(`the page to ${{scrolled}}`);
    document.body.dataset.wide = JSON.stringify(wide);
  }};
  setTimeout(measure, 3000);
</script>
"""


def rendered(page: Path, profile: Path, *flags: str) -> tuple[str, str]:
    """The page's DOM after its scripts ran, and what they wrote to the console."""
    browser = shutil.which("chromium")
    assert browser, "Chromium is missing: `bash tests/run` installs it."
    done = subprocess.run(
        [
            browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--enable-logging=stderr",
            "--virtual-time-budget=4000", f"--user-data-dir={profile}", *flags, "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


def past_the_edge(page: Path, folder: Path, *, width: int) -> list[str]:
    """What is wider than a window of that width; a table may scroll inside its own box.

    A frame stands for the window: Chromium makes none narrower than 500 pixels.
    """
    frame = folder / "frame.html"
    frame.write_text(_FRAME.format(page=page.as_uri(), width=width), encoding="utf-8")
    dom, _ = rendered(
        frame, folder / "profile", "--allow-file-access-from-files", "--disable-web-security"
    )
    found = re.search(r'data-wide="([^"]*)"', dom)
    assert found, "The page was not measured."
    wide: list[str] = orjson.loads(unescape(found.group(1)))
    return wide
