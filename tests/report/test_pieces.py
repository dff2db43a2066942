"""How the page words what several cards share."""

from forensics.model.finding import Explanation
from forensics.report.pieces import reasons


def test_reasons_that_are_sentences_are_listed_without_their_stops() -> None:
    words = Explanation(
        title="",
        sentences="",
        reasons_for=("They share a key.", "the sums are equal"),
        reasons_against=("a person may have asked twice.",),
    )

    said = {name: str(content) for name, content in reasons(words)}
    assert said["for it"] == "They share a key; the sums are equal"
    assert said["against it"] == "a person may have asked twice"
