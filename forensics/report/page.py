"""The page that people read: one self-contained HTML file that needs no network.

Its Content-Security-Policy allows the page's own scripts (by nonce) and nothing else, so that
no text of a log could run or load anything even if it were not escaped.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files

from forensics.model.audit import Audit
from forensics.model.figure import Drawn
from forensics.model.words import plural
from forensics.report import blindness, exposures, gone, sections
from forensics.report.agreement import agreement
from forensics.report.charts import chart, embedded, timelines
from forensics.report.finding_list import findings
from forensics.report.html import Content, Markup, join, tag
from forensics.report.opening import opening
from forensics.report.repair_list import repairs

_POLICY = "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data:"

_NAMED = re.compile(r' id="((?:finding|incident)-[0-9a-f]+)"')
_LINK = re.compile(r'href="#((finding|incident)-[0-9a-f]+)"')

_SECTIONS = (
    ("incidents", "What happened", sections.incidents),
    ("pending", "What fires next", sections.pending),
    ("repair", "What to repair", repairs),
    ("findings", "Findings", findings),
    ("agreement", "Do the logs agree?", agreement),
    ("exposures", "What has not happened but can", exposures.exposures),
    ("unseen", "What could not be seen", blindness.unseen),
    ("gone", "What earlier runs found and this one does not", gone.gone),
    ("suppressed", "What was explained innocently", sections.suppressed),
    ("sources", "What was read", sections.sources),
    ("rests", "What it rests on", sections.rests),
    ("custody", "Custody", sections.custody),
)


def page(audit: Audit) -> str:
    """The whole page."""
    body = [
        tag("a", "Skip to the findings", class_="skip", href="#findings"),
        tag("header", opening(audit), _navigation()),
        tag("main", timelines(audit), [_section(audit, *one) for one in _SECTIONS]),
        tag("footer", sections.closing(audit)),
    ]
    found = plural(len(audit.findings), "finding")
    title = audit.audience.title or (
        f"{audit.run.named}: {found}" if audit.run.named else f"{found} in the logs"
    )
    return _document(title, _resolved(body), audit.figures, salt=audit.run.custody_digest)


def _resolved(body: Content) -> Markup:
    """The same; a link to a finding or an incident that is not on the page leads to its section."""
    html = join([body])
    names = set(_NAMED.findall(html))

    def resolved(link: re.Match[str]) -> str:
        name, section = link.groups()
        return link.group() if name in names else f'href="#{section}s"'

    return Markup(_LINK.sub(resolved, html))


def figure_page(title: str, drawn: Drawn) -> str:
    """A page of one figure alone, as self-contained as the whole one."""
    figures = {"figure": drawn}
    body = [tag("main", tag("h1", title), chart(figures, "figure"))]
    return _document(title, body, figures, salt=title)


def _document(title: str, body: Content, figures: Mapping[str, Drawn], *, salt: str) -> str:
    data = embedded(figures)
    nonce = hashlib.sha256((salt + data).encode()).hexdigest()[:32]
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY.format(nonce=nonce)),
        tag("title", title),
        tag("style", _asset("page.css")),
    ]
    scripts = [
        tag("script", data, type="application/json", id="figures", nonce=nonce),
        # As text: it costs half a second, and the first screen can do without.
        tag(
            "script",
            _asset("plotly-cartesian.min.js"),
            nonce=nonce,
            type="text/plain",
            id="plotly",
        ),
        tag("script", _asset("page.js"), nonce=nonce),
    ]
    whole = tag("html", tag("head", head), tag("body", body, scripts), lang="en")
    return f"<!doctype html>\n{whole}"


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
