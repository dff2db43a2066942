"""Whether a case is what its chain of custody says, and whether that is what was anchored."""

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from forensics.model.errors import CaseError, UsageError
from forensics.store import custody, journal, leftovers, lock
from forensics.store.case_store import CaseStore
from forensics.store.custody import BrokenChainError, Chain

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One file that is not what the chain says.

    Attributes:
        file: Path inside the case.
        sentence: What is wrong with it; reads on from the file's name.
    """

    file: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What verifying a case showed.

    Attributes:
        differences: Files that are not what the chain says; empty when all is consistent.
        leftovers: Files that a killed run left and no log names; the next run removes them.
        steps: Number of steps in the chain.
        head: Digest of the last step, to be kept elsewhere.
        expected_step: Number (from 1) of the step whose digest was expected; None without.
    """

    differences: tuple[Difference, ...]
    leftovers: tuple[str, ...]
    steps: int
    head: str
    expected_step: int | None

    @property
    def sentence(self) -> str:
        """The verdict in plain words, claiming no more than was shown."""
        if self.differences:
            return f"{len(self.differences)} difference(s): this is not what was written."
        if self.expected_step is None:
            return (
                f"Consistent with itself: {self.steps} steps, head digest {self.head}."
                " Only a digest that was kept elsewhere can say `unchanged` (--expect)."
            )
        if self.expected_step == self.steps:
            return f"Unchanged since that digest, the last of {self.steps} steps."
        return (
            f"Unchanged up to that digest, step {self.expected_step} of {self.steps}."
            f" The case has grown since, by {self.steps - self.expected_step}."
        )


def verify(
    folder: Path,
    *,
    expect: str | None = None,
    wait_s: float = 600.0,
    on_wait: Callable[[str], None] | None = None,
) -> Verdict:
    """Recompute the chain and the SHA-256 of every file of the case.

    A commit that a killed process left half done is finished first, where the case may be
    written; otherwise nothing is changed.

    Args:
        folder: The case.
        expect: A head digest that was kept elsewhere, 64 hex digits.
        wait_s: How long to wait for another process that writes to the case, in seconds.
        on_wait: Told once, in a sentence, when there is one.

    Raises:
        CaseError: There is no case, or another process held it all that time.
        UsageError: `expect` is not a digest.
    """
    digest = _checked(expect)
    if not (folder / custody.FILE).exists() and not (folder / "case.json").exists():
        raise CaseError(f"There is no case in `{folder}`.", hint="Name one with --case.")
    if not os.access(folder, os.W_OK):
        return _verdict(folder, digest)
    with lock.locked(folder, wait_s=wait_s, on_wait=on_wait):
        if (folder / journal.FILE).exists():
            # What keeps the commit from being finished is among the differences.
            with suppress(CaseError):
                CaseStore(folder, read_only=False).settle()
        return _verdict(folder, digest)


def _checked(expect: str | None) -> str | None:
    digest = expect.strip().lower() if expect is not None else None
    if digest is not None and not _DIGEST.fullmatch(digest):
        raise UsageError(
            f"`{expect}` is not a digest: it has 64 hex digits.",
            hint="`forensics verify` prints the head digest to keep.",
        )
    return digest


def _verdict(folder: Path, expect: str | None) -> Verdict:
    try:
        chain = Chain.read(folder)
    except BrokenChainError as error:
        chain = Chain(folder=folder)
        sentence = f"line {error.number}: {error.problem}"
        differences, left = [Difference(file=custody.FILE, sentence=sentence)], list[str]()
    else:
        differences, left = _compared(folder, chain)
        if expect is not None and expect not in chain.digests:
            sentence = "has no step with the expected digest: this is another case, or rewritten"
            differences.append(Difference(file=custody.FILE, sentence=sentence))
    known = expect is not None and expect in chain.digests
    return Verdict(
        differences=tuple(differences),
        leftovers=tuple(left),
        steps=len(chain.digests),
        head=chain.head,
        expected_step=chain.digests.index(expect) + 1 if known and expect else None,
    )


def _compared(folder: Path, chain: Chain) -> tuple[list[Difference], list[str]]:
    present = _present(folder)
    missing = sorted(chain.files.keys() - present)
    if not chain.digests:
        missing.insert(0, custody.FILE)
    both = sorted(chain.files.keys() & present)
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda name: _difference(folder, name, chain.files[name]), both))
    others = sorted(present - chain.files.keys())
    left = [name for name in others if leftovers.is_leftover(name)]
    return [
        *(Difference(file=name, sentence="is missing") for name in missing),
        *(difference for difference in found if difference is not None),
        *(
            Difference(file=_shown(name), sentence=_why(name))
            for name in others
            if name not in left
        ),
    ], left


def _present(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    } - {custody.FILE, lock.FILE}


def _difference(folder: Path, name: str, digest: str) -> Difference | None:
    try:
        if custody.file_digest(folder / name) == digest:
            return None
    except OSError as error:
        return Difference(file=name, sentence=f"cannot be read: {error.strerror}")
    return Difference(file=name, sentence="is not what was written: its SHA-256 differs")


def _why(name: str) -> str:
    if name == journal.FILE:
        return "says that a commit was under way, and it could not be finished"
    return "was added by something else than this tool"


def _shown(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")
