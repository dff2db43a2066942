"""However short an id is, no explanation leaves it readable in a redacted copy."""

import re

from forensics.case.case import Case
from forensics.case.names import everything
from forensics.case.pseudonyms import Names, Pseudonyms
from forensics.detect.registry import PATTERNS
from forensics.model.audit import Audit
from forensics.model.finding import Explanation

_SHORT = "q7"


class _Shortened(Pseudonyms):
    """Puts one short id in the place of every id."""

    def of(self, name: str, label: str) -> str:  # noqa: ARG002 - whatever it is
        return _SHORT


def test_ids_of_two_characters_are_replaced(audited: tuple[Case, Audit]) -> None:
    case, audit = audited
    with case.connection() as connection:
        connection.execute("CREATE OR REPLACE TEMP TABLE veiled_events AS FROM events")
        names = everything(connection)
    ids = {name: label for name, label in names.labels.items() if label != "person"}
    shortened = _Shortened(b"", Names(labels=ids, types=names.types), people=False)
    redacted = Pseudonyms(b"key", Names(labels={_SHORT: "id"}, types=names.types), people=False)
    worded = {
        finding.pattern: PATTERNS[finding.pattern].explain(shortened.within(dict(finding.facts)))
        for finding in audit.findings
    }

    left = {pattern: _readable(redacted.within(words)) for pattern, words in worded.items()}
    assert {pattern: texts for pattern, texts in left.items() if texts} == {}
    assert sum(_SHORT in words.title for words in worded.values()) > 10


def _readable(words: Explanation) -> list[str]:
    texts = [words.title, words.sentences, *words.reasons_for, *words.reasons_against]
    return [text for text in texts if re.search(rf"\b{_SHORT}\b", text)]
