"""What holds for all documents, however they are written, packed and cut."""

import gzip
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.files import Limits
from tests.connectors.files.readings import Readings, pages_tell_the_truth

Json = dict[str, object] | list[object]

texts = st.text(st.sampled_from('ab"\\{}[],:\n é\u2028/*'), max_size=6)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
documents = st.lists(st.dictionaries(texts, values, min_size=1, max_size=3), min_size=1, max_size=6)


BETWEEN = b" \t\r\n\v\f,\x1e"
"""What may stand between two records and belongs to neither."""

patiently = settings(max_examples=60)


def compact(document: Json) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def indented(document: Json) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def unindented(document: Json) -> str:
    return json.dumps(document, indent=0, ensure_ascii=False)


WRITINGS = {
    "lines": (compact, "\n"),
    "lines_with_carriage_returns": (compact, "\r\n"),
    "lines_apart": (compact, "\n\n"),
    "indented": (indented, "\n"),
    "indented_touching": (indented, ""),
    "unindented": (unindented, "\n"),
    "indented_with_commas": (indented, ",\n"),
    "touching": (compact, ""),
}
writings = st.sampled_from(sorted(WRITINGS))
chunks = st.sampled_from([1, 2, 3, 5, 8, 13, 1 << 20])


def written(found: list[Json], writing: str) -> tuple[bytes, list[tuple[int, bytes]]]:
    """The content, and where each document stands in it."""
    write, between = WRITINGS[writing]
    content, places = b"", []
    for document in found:
        text = write(document).encode()
        places.append((len(content), text))
        content += text + between.encode()
    return content, places


@patiently
@given(found=documents, writing=writings, chunk=chunks, page_records=st.integers(1, 4))
def test_pages_together_are_the_documents(
    found: list[Json], writing: str, chunk: int, page_records: int
) -> None:
    content, places = written(found, writing)
    limits = Limits(chunk=chunk, page_records=page_records)

    with TemporaryDirectory() as folder:
        log = Path(folder, "log")
        log.write_bytes(content)
        readings = Readings(address=str(log), limits=limits)
        first, again = readings.read(), readings.read()

    assert places == [(offset, document) for offset, _, document in first.rows]
    for offset, line, _ in first.rows:
        assert line == content.count(b"\n", 0, offset) + 1
    assert first.unreadable == []
    pages_tell_the_truth(first, content)
    assert again.pages == []


@patiently
@given(found=documents, writing=writings, chunk=chunks, data=st.data())
def test_growth_loses_and_repeats_nothing(
    found: list[Json], writing: str, chunk: int, data: st.DataObject
) -> None:
    # The first document is there from the beginning: it tells how the rest is split.
    content, places = written([{"first": ["document"]}, *found], writing)
    least = places[1][0]
    cuts = data.draw(st.lists(st.integers(least, len(content)), max_size=4).map(sorted))
    limits = Limits(chunk=chunk)

    with TemporaryDirectory() as folder:
        log = Path(folder, "log")
        readings = Readings(address=str(log), limits=limits)
        rows, unreadable = [], []
        for cut in [*cuts, len(content)]:
            log.write_bytes(content[:cut])
            reading = readings.read()
            rows += reading.rows
            unreadable += reading.unreadable

    assert places == [(offset, document) for offset, _, document in rows]
    for offset, line, _ in rows:
        assert line == content.count(b"\n", 0, offset) + 1
    assert unreadable == []
    assert len(readings.known) == 1


@patiently
@given(content=st.binary(max_size=200), chunk=chunks, final=st.booleans())
def test_any_bytes_are_read_or_told(content: bytes, chunk: int, *, final: bool) -> None:
    hostile = b'{"a":1}\n' + content.replace(b"\0", b"")
    with TemporaryDirectory() as folder:
        log = Path(folder, "log")
        log.write_bytes(hostile)
        readings = Readings(address=str(log), limits=Limits(chunk=chunk), final=final)
        reading, again = readings.read(), readings.read()

    pieces = [(offset, document) for offset, _, document in reading.rows]
    pieces += [(each.offset, each.content) for each in reading.unreadable]
    covered = b"".join(piece for _, piece in sorted(pieces))
    end = reading.pages[-1].end
    assert covered.translate(None, BETWEEN) == hostile[:end].translate(None, BETWEEN)
    assert not final or not hostile[end:].strip()
    assert again.rows == []


@settings(max_examples=30)
@given(
    rows=st.lists(st.tuples(texts, texts), min_size=1, max_size=6),
    newline=st.sampled_from(["\n", "\r\n"]),
    delimiter=st.sampled_from(",;\t"),
    chunk=chunks,
    data=st.data(),
)
def test_rows_of_csv_survive_growth(
    rows: list[tuple[str, str]], newline: str, delimiter: str, chunk: int, data: st.DataObject
) -> None:
    content = f"first{delimiter}second{newline}".encode()
    places = []
    for first, second in rows:
        quoted = delimiter.join('"' + each.replace('"', '""') + '"' for each in (first, second))
        places.append((len(content), {"first": first, "second": second}))
        content += f"{quoted}{newline}".encode()
    cuts = data.draw(st.lists(st.integers(0, len(content)), max_size=3).map(sorted))

    with TemporaryDirectory() as folder:
        log = Path(folder, "log")
        readings = Readings(address=str(log), limits=Limits(chunk=chunk))
        found = []
        for cut in [*cuts, len(content)]:
            log.write_bytes(content[:cut])
            found += readings.read().rows

    assert places == [(offset, json.loads(document)) for offset, _, document in found]


@patiently
@given(
    found=st.lists(st.lists(texts, max_size=3), min_size=1, max_size=6),
    newline=st.sampled_from(["\n", "\r\n"]),
    chunk=chunks,
    page_records=st.integers(1, 4),
    data=st.data(),
)
def test_records_of_several_lines_survive_growth(
    found: list[list[str]], newline: str, chunk: int, page_records: int, data: st.DataObject
) -> None:
    content, places = b"", []
    # The first two records are there from the beginning: they tell how the rest is split.
    for number, trace in enumerate([["trace"], ["trace"], *found]):
        indented = [f"  {line.strip()}x" for text in trace for line in text.split("\n")]
        block = newline.join([f"INFO {number}", *indented]).encode()
        places.append((len(content), content.count(b"\n") + 1, block))
        content += block + newline.encode()
    least = places[1][0] + len(places[1][2]) + len(newline)
    cuts = data.draw(st.lists(st.integers(least, len(content)), max_size=4).map(sorted))
    limits = Limits(chunk=chunk, page_records=page_records)

    with TemporaryDirectory() as folder:
        log = Path(folder, "log")
        readings = Readings(address=str(log), limits=limits)
        rows, unreadable = [], []
        for cut in [*cuts, len(content)]:
            log.write_bytes(content[:cut])
            reading = readings.read()
            rows += reading.rows
            unreadable += reading.unreadable
        readings.final = True
        last = readings.read()

    assert places == [*rows, *last.rows]
    assert [places[-1]] == last.rows
    assert unreadable == []
    assert len(readings.known) == 1


@patiently
@given(content=st.binary(max_size=200), chunk=chunks, final=st.booleans())
def test_any_bytes_between_stamped_lines_are_read_or_told(
    content: bytes, chunk: int, *, final: bool
) -> None:
    begun = b"INFO a\n b\nINFO c\n d\n"
    hostile = begun * 2 + content.replace(b"\0", b"") + b"\n" + begun
    with TemporaryDirectory() as folder:
        log = Path(folder, "log")
        log.write_bytes(hostile)
        readings = Readings(address=str(log), limits=Limits(chunk=chunk), final=final)
        reading, again = readings.read(), readings.read()

    pieces = [(offset, document) for offset, _, document in reading.rows]
    pieces += [(each.offset, each.content) for each in reading.unreadable]
    covered = b"".join(piece for _, piece in sorted(pieces))
    end = reading.pages[-1].end
    assert covered.translate(None, BETWEEN) == hostile[:end].translate(None, BETWEEN)
    assert final == (end == len(hostile))
    assert again.rows == []


@patiently
@given(found=documents, writing=writings, members=st.integers(1, 3))
def test_packing_changes_nothing(found: list[Json], writing: str, members: int) -> None:
    content, places = written(found, writing)
    step = len(content) // members + 1
    packed = b"".join(gzip.compress(content[at : at + step]) for at in range(0, len(content), step))

    with TemporaryDirectory() as folder:
        log = Path(folder, "log")
        readings = Readings(address=str(log))
        log.write_bytes(content)
        plain = readings.read()
        log.write_bytes(packed)
        again = readings.read()

    assert places == [(offset, document) for offset, _, document in plain.rows]
    assert again.states == {"log": ["unchanged"]}
