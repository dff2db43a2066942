"""HTML is safe by construction."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.report.html import tag, text
from tests.report.hostile import STRINGS


class _Elements(HTMLParser):
    """Which elements and attributes there are, and what text they hold."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(html: str) -> _Elements:
    parser = _Elements()
    parser.feed(html)
    parser.close()
    return parser


@pytest.mark.parametrize("string", STRINGS)
def test_hostile_text_stays_text(string: str) -> None:
    seen = parsed(tag("td", string, title=string))

    assert seen.elements == ["td"]
    assert [name for name, _ in seen.attributes] == ["title"]


@given(st.text())
def test_any_text_is_one_element_with_that_text(string: str) -> None:
    seen = parsed(tag("p", string, data_label=string))

    assert seen.elements == ["p"]
    assert [name for name, _ in seen.attributes] == ["data-label"]
    assert string.isprintable() <= (seen.text == string)


def test_markup_is_not_escaped_twice() -> None:
    assert tag("p", tag("b", "a & b")) == "<p><b>a &amp; b</b></p>"


def test_characters_that_hide_or_reorder_are_shown() -> None:
    assert text("a\u202eb") == "a\\u202eb"
