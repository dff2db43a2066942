"""The page that people read: one self-contained HTML file that needs no network.

Its Content-Security-Policy allows the page's own scripts (by nonce) and nothing else, so that
no text of a log could run or load anything even if it were not escaped.
"""

import hashlib
from collections.abc import Sequence
from importlib.resources import files

from forensics.model.audit import Audit
from forensics.report import exposures, sections
from forensics.report.html import Content, Markup, join, tag

_POLICY = "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data:"

_SECTIONS = (
    ("incidents", "What happened", sections.incidents),
    ("findings", "Findings", sections.findings),
    ("repair", "What to repair", sections.repairs),
    ("exposures", "What has not happened but can", exposures.exposures),
    ("unseen", "What could not be seen", sections.unseen),
    ("suppressed", "What was explained innocently", sections.suppressed),
    ("sources", "What was read", sections.sources),
    ("rests", "What it rests on", sections.rests),
    ("custody", "Custody", sections.custody),
)


def page(audit: Audit, *, figure: str) -> str:
    """The whole page.

    Args:
        audit: What to report.
        figure: The incident timeline as Plotly's JSON.
    """
    nonce = hashlib.sha256((audit.run.custody_digest + figure).encode()).hexdigest()[:32]
    title = f"{audit.run.case}: {len(audit.findings)} findings"
    head = join(
        [
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag(
                "meta",
                http_equiv="Content-Security-Policy",
                content=_POLICY.format(nonce=nonce),
            ),
            tag("title", title),
            tag("style", _asset("page.css")),
        ]
    )
    scripts = [
        tag("script", _embedded(figure), type="application/json", id="figure", nonce=nonce),
        tag("script", _asset("plotly-cartesian.min.js"), nonce=nonce),
        tag("script", _asset("page.js"), nonce=nonce),
    ]
    body = [
        tag("a", "Skip to the findings", class_="skip", href="#findings"),
        tag("header", sections.opening(audit), _navigation()),
        tag("main", sections.timeline(audit), [_section(audit, *one) for one in _SECTIONS]),
        tag("footer", sections.closing(audit)),
        scripts,
    ]
    return "<!doctype html>\n" + tag("html", tag("head", head), tag("body", body), lang="en")


def _section(audit: Audit, name: str, title: str, fill: sections.Fill) -> Markup:
    return tag(
        "section",
        tag("h2", title, id=f"{name}-title"),
        fill(audit),
        id=name,
        aria_labelledby=f"{name}-title",
    )


def _navigation() -> Markup:
    links: Sequence[Content] = [
        tag("li", tag("a", title, href=f"#{name}")) for name, title, _ in _SECTIONS
    ]
    return tag("nav", tag("ul", links), aria_label="Sections")


def _asset(name: str) -> Markup:
    """One of our own files, as it is; none of them holds a closing tag of its element."""
    path = files("forensics.report").joinpath("assets", name)
    return Markup(path.read_text(encoding="utf-8"))


def _embedded(json: str) -> Markup:
    """JSON inside a script element: nothing in it can close the element."""
    return Markup(json.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
