"""Which files an address stands for, and what a source is called."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from connectors.files import default_name
from forensics.model.errors import SourceError
from tests.connectors.files.readings import read

NAMES = {
    "access.log.2.gz": "access",
    "celery-events.jsonl": "celery-events",
    "cloudtrail/": "cloudtrail",
    "logs/cloudtrail/": "cloudtrail",
    "/var/log/app.log": "app",
    "app.log-20261101.gz": "app",
    "app-2026-11-01.jsonl": "app",
    "events.json.gz": "events",
    "archive.zip": "archive",
    "stripe.events.jsonl": "stripe.events",
    "events": "events",
    "v1.2/": "v1.2",
    "app-*.log": "app",
    "logs/*.jsonl": "logs",
    "logs/**/*.jsonl": "logs",
    "-": "stdin",
    ".log": "log",
}


@pytest.mark.parametrize(("address", "name"), NAMES.items())
def test_a_source_is_named_by_its_stem(address: str, name: str) -> None:
    assert default_name(address) == name


def test_a_bare_glob_is_named_by_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "payments"
    folder.mkdir()
    monkeypatch.chdir(folder)

    assert [default_name(each) for each in ("*.jsonl", ".", "./")] == ["payments"] * 3


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'{{"name":"{name}"}}\n')


FILES = ("a.log", "b.jsonl", "c/d.jsonl", "c/e/f.jsonl", ".hidden", ".git/g", "c/.h/i")
ADDRESSES = {
    "": ["a.log", "b.jsonl", "c/d.jsonl", "c/e/f.jsonl"],
    "/": ["a.log", "b.jsonl", "c/d.jsonl", "c/e/f.jsonl"],
    "/*.jsonl": ["b.jsonl"],
    "/*": ["a.log", "b.jsonl", "c/d.jsonl", "c/e/f.jsonl"],
    "/**": ["a.log", "b.jsonl", "c/d.jsonl", "c/e/f.jsonl"],
    "/**/*.jsonl": ["b.jsonl", "c/d.jsonl", "c/e/f.jsonl"],
    "/.hidden": [".hidden"],
    "/[ab].*": ["a.log", "b.jsonl"],
}


@pytest.mark.parametrize(("suffix", "names"), ADDRESSES.items())
def test_an_address_stands_for_files(suffix: str, names: list[str], tmp_path: Path) -> None:
    write(tmp_path, *FILES)

    reading = read(f"{tmp_path}{suffix}")

    shown = [Path(page.part.display).relative_to(tmp_path).as_posix() for page in reading.pages]
    assert sorted(shown) == names


def test_parts_are_shown_as_they_were_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "logs/a", "logs/b[1]")
    monkeypatch.chdir(tmp_path)

    shown = {
        address: [page.part.display for page in read(address).pages]
        for address in ("./logs", "logs/", "logs/a", "logs/b[1]")
    }

    assert shown == {
        "./logs": ["./logs/a", "./logs/b[1]"],
        "logs/": ["logs/a", "logs/b[1]"],
        "logs/a": ["logs/a"],
        "logs/b[1]": ["logs/b[1]"],
    }


def test_links_are_followed_once(tmp_path: Path) -> None:
    write(tmp_path, "a/log")
    (tmp_path / "a" / "loop").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "b").symlink_to(tmp_path / "a" / "log")
    (tmp_path / "c").symlink_to(tmp_path / "nowhere")
    (tmp_path / "d").symlink_to("d")

    reading = read(tmp_path)

    assert len(reading.rows) == 1
    assert reading.states["b"] == ["copied"]
    assert reading.states["c"] == reading.states["d"] == ["failed"]


def test_members_of_an_archive_are_parts(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.writestr("b/log", '{"b":1}\n')
        archive.writestr("a.log", '{"a":1}\n')
        archive.writestr("__MACOSX/a.log", "junk")
        archive.writestr(".DS_Store", "junk")
        archive.mkdir("b")

    reading = read(tmp_path / "logs.zip")

    shown = {Path(page.part.display).name for page in reading.pages}
    assert reading.documents == [b'{"a":1}', b'{"b":1}']
    assert shown == {"logs.zip!a.log", "log"}


@pytest.mark.parametrize(
    ("suffix", "sentence"),
    [
        ("/missing", "There is no file or folder"),
        ("/*.none", "No file matches"),
        ("/empty", "has no files to read"),
        ("/" + "x" * 5000, "cannot be read: File name too long"),
    ],
)
def test_nothing_at_all_is_an_error(suffix: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".hidden").write_text("{}\n")

    with pytest.raises(SourceError, match=sentence):
        read(f"{tmp_path}{suffix}")


READ_STANDARD_INPUT = """
from connectors.files import Files
from forensics.model.record import Page
for each in Files(name="s", address={address!r}).pages([]):
    if isinstance(each, Page):
        print(each.part.display, each.records["document"].to_pylist())
"""


@pytest.mark.parametrize("address", ["-", "/dev/stdin"])
def test_standard_input_is_read(address: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ_STANDARD_INPUT.format(address=address)],
        input=b'{"a":1}\n{"a":2}\n3',
        capture_output=True,
        check=True,
    )

    assert done.stdout.decode().strip() == f"""{address} [b'{{"a":1}}', b'{{"a":2}}', b'3']"""


def test_a_pipe_that_was_named_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = f"echo '{{\"a\":1}}' > '{pipe}'"
    with subprocess.Popen(["/bin/sh", "-c", writer]):
        reading = read(pipe)

    assert reading.documents == [b'{"a":1}']


def test_a_pipe_in_a_folder_is_told_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    write(tmp_path, "log")

    assert read(tmp_path).states == {"pipe": ["failed"], "log": ["new"]}
