"""The page that people read: one self-contained HTML file."""

from html import escape

from forensics.model.audit import Audit


def page(audit: Audit) -> str:
    """The whole page."""
    items = "".join(
        f"<li><b>{escape(f.severity)}</b> {escape(f.explanation.title)}"
        f"<p>{escape(f.explanation.sentences)}</p></li>"
        for f in audit.findings
    )
    return (
        f"<!doctype html><meta charset=utf-8><title>Audit</title><h1>Findings</h1><ol>{items}</ol>"
    )
