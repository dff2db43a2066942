"""A detector's run as steps, each of which makes relations out of those of earlier ones."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb

import forensics.detect as detect_package
import forensics.detect.run as run_module
from forensics.detect.chance import weigh
from forensics.detect.contract import Detector, Pattern, named_in

DETECT = Path(detect_package.__path__[0])
VERDICT = ("candidates", "candidate_evidence")
"""What holds the findings once it is settled which pattern keeps what."""

Values = Mapping[str, Mapping[str, int | float]]
"""Pattern name to parameter name to value."""

_CREATED = re.compile(r"CREATE OR REPLACE (TABLE|VIEW|MACRO) (\w+)")
_ALTERED = re.compile(r"^(?:UPDATE|INSERT INTO) (\w+)", re.MULTILINE)
_COMMENT = re.compile(r"--[^\n]*")


@dataclass(frozen=True, kw_only=True)
class Step:
    """What is run as a whole.

    Attributes:
        texts: Its statements, or its one query.
        places: File and place within it of each.
        makes: Relations it leaves behind; a pattern's name stands for what that proposes.
        macros: Those of them that are macros or views: without rows of their own.
        reads: Words of its texts.
        run: Runs texts of this step.
    """

    texts: Sequence[str]
    places: Sequence[tuple[Path, int]]
    makes: Sequence[str]
    macros: frozenset[str]
    reads: frozenset[str]
    run: Callable[[duckdb.DuckDBPyConnection, Values, Sequence[str]], None]


def statements(text: str) -> list[str]:
    """The statements of a file.

    Raises:
        duckdb.ParserException: There is one that is none.
    """
    return [statement.query for statement in duckdb.extract_statements(text)]


def steps(detector: Detector) -> list[Step]:
    """The run of a detector whose relations are still to be made.

    What a file drops in the end is kept, so that any step can be run anew.
    """
    folder = DETECT / detector.name
    made = [*_relation_steps([folder / f"{stem}.sql" for stem in detector.relations])]
    made += [_pattern_step(folder, pattern) for pattern in detector.patterns]
    made.append(_verdict_step(folder, detector))
    made += [_pattern_step(folder, pattern) for pattern in detector.latent]
    return made


def _relation_steps(paths: Iterable[Path]) -> list[Step]:
    """A step a statement; those from a relation's first to the last that alters it are one."""
    told = [
        ((path, place), text)
        for path in paths
        for place, text in enumerate(statements(path.read_text(encoding="utf-8")))
        if not text.lstrip().startswith("DROP ")
    ]
    names = [_made(text) for _, text in told]
    last = {name: place for place, made in enumerate(names) for name in made}
    found, begin, end = [], 0, 0
    for place, made in enumerate(names):
        end = max([end, *(last[name] for name in made)])
        if place == end:
            found.append(_step(told[begin : place + 1], _execute_all))
            begin = end = place + 1
    return found


def _made(text: str) -> list[str]:
    bare = _COMMENT.sub("", text)
    return [name for _, name in _CREATED.findall(bare)] or _ALTERED.findall(bare)


def _step(
    told: Sequence[tuple[tuple[Path, int], str]],
    run: Callable[[duckdb.DuckDBPyConnection, Values, Sequence[str]], None],
    *,
    makes: Sequence[str] = (),
    read_besides: str = "",
) -> Step:
    texts = [text for _, text in told]
    bare = _COMMENT.sub("", "\n".join(texts))
    created = _CREATED.findall(bare)
    return Step(
        texts=texts,
        places=[place for place, _ in told],
        makes=makes or sorted({name for text in texts for name in _made(text)}),
        macros=frozenset(name for kind, name in created if kind != "TABLE"),
        reads=frozenset(re.findall(r"\w+", bare + read_besides)),
        run=run,
    )


def _execute_all(connection: duckdb.DuckDBPyConnection, _: Values, texts: Sequence[str]) -> None:
    for text in texts:
        connection.execute(text)


def _pattern_step(folder: Path, pattern: Pattern) -> Step:
    module = inspect.getmodule(pattern.prepare) if pattern.prepare else None
    besides = f" {pattern.drawn_from} " + (inspect.getsource(module) if module else "")
    return _step(
        [((folder / f"{pattern.name}.sql", 0), pattern.sql)],
        partial(_propose, pattern),
        makes=[pattern.name],
        read_besides=besides,
    )


def _propose(
    pattern: Pattern,
    connection: duckdb.DuckDBPyConnection,
    values: Values,
    texts: Sequence[str],
) -> None:
    """Run a pattern's query; one of rank 0 foresees."""
    table, statement = (
        ("proposed", run_module._PROPOSE) if pattern.rank else ("exposures", run_module._FORESEE)
    )
    connection.execute(f"DELETE FROM {table} WHERE pattern = $name", {"name": pattern.name})
    if not run_module._has_rows(connection, pattern.drawn_from, values[pattern.name]):
        return
    if pattern.prepare:
        pattern.prepare(connection)
    query = statement.format(query=texts[0])
    bound = {
        **values[pattern.name],
        "_detector": pattern.detector,
        "_pattern": pattern.name,
        "_rank": pattern.rank,
    }
    connection.execute(query, named_in(query, bound))


def _verdict_step(folder: Path, detector: Detector) -> Step:
    added = [
        *detector.conclusions,
        *(s for pattern in detector.patterns for s in pattern.conclusions),
    ]
    paths = [DETECT / "settle_candidates.sql", *(folder / f"{stem}.sql" for stem in added)]
    weighed = [pattern for pattern in detector.patterns if pattern.chance_of]
    besides = " ".join(pattern.chance_sql for pattern in weighed)
    return _step(
        [
            ((path, place), text)
            for path in paths
            for place, text in enumerate(statements(path.read_text(encoding="utf-8")))
        ],
        partial(_settle, weighed),
        makes=VERDICT,
        read_besides=" ".join([besides, *(pattern.name for pattern in detector.patterns)]),
    )


def _settle(
    weighed: Sequence[Pattern],
    connection: duckdb.DuckDBPyConnection,
    values: Values,
    texts: Sequence[str],
) -> None:
    _execute_all(connection, values, texts)
    for pattern in weighed:
        weigh(connection, pattern, values[pattern.name])
