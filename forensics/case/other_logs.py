"""Which log shows what another cannot: the table of the connectors, and what it says of a case."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from forensics.model.audit import SourceAccount, SourceVerdict
from forensics.model.elsewhere import Elsewhere
from forensics.model.finding import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log that shows what another does not.

    Attributes:
        name: What people call it.
        page: Folder of the connector that says more of it.
        formats: Formats that it is read as; none where it takes a mapping of one's own.
        commands: What has it written and what reads it, in order.
    """

    name: str
    page: str
    formats: Sequence[str] = ()
    commands: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a format cannot show, and the log that does.

    Attributes:
        topic: Name of what it is, the same for all formats.
        what: The same in words that complete "cannot show".
        needs: Needs of patterns that it would fill, as `SourceVerdict.missing` names them.
        log: The other log.
        hides: Patterns that see the format's logs and yet not this.
        usual: Whether it is what most formats answer.
    """

    topic: str
    what: str
    needs: frozenset[str]
    log: Log
    hides: Sequence[str] = ()
    usual: bool = False


OtherLogs = Mapping[str, Sequence[Answer]]
"""Format to its answers, in the order of the topics; a format may have none."""


@cache
def parse(text: str) -> OtherLogs:
    """The table of the connectors; its keys are explained where it begins."""
    document = tomllib.loads(text)
    logs = {name: Log(**row) for name, row in document["log"].items()}
    usual, said = document["usual"], document["said"]
    answers: dict[str, Sequence[Answer]] = {}
    for row in document["format"]:
        mine = [
            _answer(topic, words, row.get(topic, usual[topic]), logs, said, usual=topic not in row)
            for topic, words in document["topic"].items()
        ]
        answers |= dict.fromkeys(row["names"], mine)
    return answers


def _answer(
    topic: str,
    words: Mapping[str, Any],
    told: str | Mapping[str, Any],
    logs: Mapping[str, Log],
    said: Mapping[str, Mapping[str, Any]],
    *,
    usual: bool,
) -> Answer:
    own: Mapping[str, Any] = {"log": told} if isinstance(told, str) else told
    if "as" in own:
        own = {**said[own["as"]], **own}
    return Answer(
        topic=topic,
        what=own.get("what", words["what"]),
        needs=frozenset(words["needs"]),
        log=logs[own["log"]],
        hides=tuple(own.get("hides", ())),
        usual=usual,
    )


def elsewhere(
    table: OtherLogs, accounts: Sequence[SourceAccount], verdicts: Sequence[SourceVerdict]
) -> list[Elsewhere]:
    """What keeps patterns from seeing the logs of a case, and which logs would cure that.

    Args:
        table: What is known of the formats; of others the patterns' own advice is all there is.
        accounts: The case's sources with their formats.
        verdicts: What each pattern says of each source.
    """
    return [
        told
        for account in accounts
        for answer in _answers(table, account.formats)
        if (told := _told(account.source, answer, accounts, verdicts))
    ]


def _answers(table: OtherLogs, formats: Sequence[str]) -> Iterator[Answer]:
    """Those of a source's formats; what several say alike is said once.

    What one of its formats cannot show, and another of them does, it does not lack.
    """
    said = set()
    for name in formats:
        for answer in table.get(name, ()):
            if (answer.what, answer.log.name) not in said and not (
                {*answer.log.formats} & {*formats} - {name}
            ):
                said.add((answer.what, answer.log.name))
                yield answer


def _told(
    source: str,
    answer: Answer,
    accounts: Sequence[SourceAccount],
    verdicts: Sequence[SourceVerdict],
) -> Elsewhere | None:
    mine = [v for v in verdicts if v.source == source]
    lacking = [v for v in mine if answer.needs & set(v.missing)]
    seeing = [v for v in mine if v.verdict is not Verdict.BLIND]
    blind = [
        v.pattern
        for v in mine
        if v.verdict is Verdict.BLIND and (v in lacking or v.pattern in answer.hides)
    ]
    hidden = [v.pattern for v in seeing if v.pattern in answer.hides]
    partly = [v.pattern for v in seeing if v in lacking and v.pattern not in hidden]
    if not (blind or partly or hidden):
        return None
    return Elsewhere(
        source=source,
        what=answer.what,
        blind=blind,
        partly=partly,
        hidden=hidden,
        log=answer.log.name,
        commands=answer.log.commands,
        read_as=[
            other.source
            for other in accounts
            if other.source != source and set(other.formats) & set(answer.log.formats)
        ],
    )
