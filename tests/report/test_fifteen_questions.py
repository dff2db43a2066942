"""Fifteen questions that are asked after an incident, each answered by the page alone."""

import json
import re
from collections.abc import Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.incidents.record import RECORDED
from tests.report.recorded import page_of

CHARGED_TWICE, CIRCLE = "dead_letters_replayed", "crm_erp_loop"
QUESTIONS: Mapping[str, tuple[str, Mapping[str, tuple[str, ...]]]] = {
    "what happened?": (
        "opening",
        {
            CHARGED_TWICE: ("charge-order ran 2 times for order ORD-10000 from one message",),
            CIRCLE: ("crm-inbox and erp-inbox ran in a circle 4 times",),
        },
    ),
    "who was hit?": (
        "incidents",
        {CHARGED_TWICE: ("1 charged (confirmed): {customers}",), CIRCLE: ()},
    ),
    "how many were hit?": (
        "opening",
        {
            CHARGED_TWICE: ("2 customers hit, confirmed",),
            CIRCLE: ("No line of what was found names a customer.",),
        },
    ),
    "how much money is out?": (
        "opening",
        {
            CHARGED_TWICE: ("{money} still out, confirmed",),
            CIRCLE: ("No money is known to be out.",),
        },
    ),
    "did any of it come back?": (
        "incidents",
        {CHARGED_TWICE: ("taken back", "63.76 0.00 63.76", "21.07 0.00 21.07"), CIRCLE: ()},
    ),
    "is it still running?": (
        "opening",
        {
            CHARGED_TWICE: ("Not to be told for 2 of 2 incidents", "broker_trace 2026-11-26 05:00"),
            CIRCLE: ("Maybe: crm-inbox and erp-inbox", "up to the end of its log"),
        },
    ),
    "what fires next?": (
        "pending",
        {
            CHARGED_TWICE: ("tells of no acknowledgement", "10 messages may come again"),
            CIRCLE: ("still looping", "13 messages may come again"),
        },
    ),
    "what is to be stopped now?": (
        "opening",
        {
            CHARGED_TWICE: ("broker_trace tells of no acknowledgement by charge-order",),
            CIRCLE: ("may still be going on in crm, erp, rabbitmq",),
        },
    ),
    "what is lost unless it is saved?": (
        "opening",
        {
            CHARGED_TWICE: ("provider_events: its source deletes after 30 days",),
            CIRCLE: ("No source of these is known to delete.",),
        },
    ),
    "what did it begin with, and when?": (
        "incidents",
        {
            CHARGED_TWICE: (
                "began with 2026-11-26 05:00:02.314 order.placed for message m-ORD-10000",
            ),
            CIRCLE: ("began with 2026-11-26 05:32:41.379 contact.changed", "in crm"),
        },
    ),
    "how did it come about, and what failed?": (
        "",
        {
            CHARGED_TWICE: (
                "put its dead message back",
                "22001 value too long for type character varying(8)",
                "postgresql.csv:19",
            ),
            CIRCLE: ("10 runs in 1.13 s went round", "each run names the run that caused it"),
        },
    ),
    "what is to be undone, and what stays?": (
        "repair",
        {
            CHARGED_TWICE: (
                "Refund at stripe: 2 rows, {money}",
                "{excess}",
                "ch_7829d3972ad24644a5957698: public.payments ch_7829d3972ad24644a5957698 names it",
            ),
            CIRCLE: ("Nothing to undo or correct was found.",),
        },
    ),
    "how sure is that?": (
        "findings",
        {
            CHARGED_TWICE: ("strong", "The log of the effects does not name the message"),
            CIRCLE: ("strong", "a process may be meant to come back to a record"),
        },
    ),
    "what could not be seen, and what would show it?": (
        "unseen",
        {
            CHARGED_TWICE: ("same_key", "Log the idempotency key and the id of what was made"),
            CIRCLE: ("redelivery", "Log the message or task id"),
        },
    ),
    "which lines prove it, and were they changed since?": (
        "",
        {
            CHARGED_TWICE: ("provider_events.json:1#[3]", "broker_trace.log:15", "Head digest"),
            CIRCLE: ("broker_trace.log:4", "Head digest"),
        },
    ),
}
"""Where each is answered, and the words in each incident; `{…}` is of the receivers' books."""


class Sections(HTMLParser):
    """The text of a page, by the id of its sections; what stands before them is `opening`."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {"opening": []}
        self._at = ["opening"]
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A section, or what is not read."""
        self._silent = tag in {"script", "style"}
        if tag == "section":
            self._at.append(dict(attrs).get("id") or self._at[-1])

    def handle_endtag(self, tag: str) -> None:
        """Back in the section around."""
        self._silent = False
        if tag == "section":
            self._at.pop()

    def handle_data(self, data: str) -> None:
        """What is read."""
        if not self._silent:
            self.texts.setdefault(self._at[-1], []).append(data)


@cache
def page(name: str) -> dict[str, str]:
    """The page of a recorded incident: section to text, and all of it under the empty name."""
    with TemporaryDirectory() as place:
        read = Sections()
        read.feed(page_of(name, Path(place)).read_text(encoding="utf-8"))
    texts = {name: _one_line(parts) for name, parts in read.texts.items()}
    return texts | {"": " ".join(texts.values())}


def _one_line(parts: list[str]) -> str:
    text = re.sub(r"\s+", " ", " ".join(part.strip() for part in parts))
    return re.sub(r" ([,.:;)])", r"\1", text).replace("( ", "(")


def in_truth(name: str, words: str) -> list[str]:
    """The words, once for each thing of the receivers' books that stands in braces."""
    truth = json.loads((RECORDED / name / "truth.json").read_bytes())
    money = [f"{amount} {currency}" for currency, amount in truth["money"].items()]
    for key, values in (
        ("{money}", money),
        ("{customers}", truth["customers"]),
        ("{excess}", truth["excess"]),
    ):
        if key in words:
            return [words.replace(key, value) for value in values]
    return [words]


@pytest.mark.parametrize(
    ("name", "question"),
    [
        pytest.param(name, question, marks=pytest.mark.xdist_group(name))
        for question, (_, answers) in QUESTIONS.items()
        for name, words in answers.items()
        if words
    ],
)
def test_the_page_alone_answers(name: str, question: str) -> None:
    section, answers = QUESTIONS[question]
    text = page(name)[section]

    wanted = [one for words in answers[name] for one in in_truth(name, words)]
    assert [one for one in wanted if one not in text] == []
