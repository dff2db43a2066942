"""Walks through JSON text from bracket to bracket, minding strings, without parsing it.

A string ends at its quote or, since JSON allows no raw line break in one, at the end of the line:
a document that was cut off inside a string does not swallow those after it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TO_NEXT_BRACKET = re.compile(
    rb'[^"{}\[\]]*+(?:"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+(?:"|\\?(?=\n))[^"{}\[\]]*+)*+([{}\[\]]?)'
)
_OPENING = b"{["
_BLANK = re.compile(rb"[\s,\x1e]*+")
_INDENTED = re.compile(rb"[{\[]\r?\n[ \t]")
_NEWLINE = 0x0A


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes of a buffer that belong together.

    Attributes:
        start: First byte.
        end: One past the last.
        broken: Whether they are a document that was cut off, because another begins after it.
    """

    start: int
    end: int
    broken: bool = False


class Scanner:
    """Finds where JSON documents begin and end in a buffer that grows at its end.

    Text between documents is given line by line, as spans that do not begin with a bracket.

    Attributes:
        depth: Brackets that are open at `position`; 0 between documents.
        start: Where the document or line that is not complete begins.
        position: How far the buffer was scanned.
    """

    def __init__(self) -> None:
        self.depth = 0
        self.start = 0
        self.position = 0

    def spans(self, buffer: bytes, *, ended: bool) -> Iterator[Span]:
        """Yield what is complete; afterwards `start` tells what is not.

        Args:
            buffer: All bytes since the last `forget`.
            ended: Whether a line between documents may end without a newline.
        """
        while True:
            if self.depth == 0:
                match = _BLANK.match(buffer, self.position)
                self.start = self.position = match.end() if match else self.position
                if self.start == len(buffer):
                    return
                if buffer[self.start] not in _OPENING:
                    end = buffer.find(b"\n", self.start)
                    if end < 0 and not ended:
                        return
                    self.position = end if end >= 0 else len(buffer)
                    yield Span(self.start, self.position)
                    continue
            found = self._document_end(buffer)
            if found is None:
                return
            yield found

    def _document_end(self, buffer: bytes) -> Span | None:
        """Scan to the end of the document that begins at `start`; None when it is not there."""
        depth = self.depth
        for match in _TO_NEXT_BRACKET.finditer(buffer, self.position):
            bracket = match[1]
            if not bracket:
                break
            end = match.end()
            if bracket in (b"{", b"["):
                if depth and buffer[end - 2] == _NEWLINE and self._is_cut_off(buffer):
                    self.depth, self.position = 0, end - 1
                    return Span(self.start, end - 1, broken=True)
                depth += 1
            else:
                depth -= 1
            self.position = end
            if depth == 0:
                self.depth = 0
                return Span(self.start, end)
        self.depth = depth
        return None

    def _is_cut_off(self, buffer: bytes) -> bool:
        """Whether a bracket in column 0 cannot be inside, because the document is indented."""
        return _INDENTED.match(buffer, self.start) is not None

    def forget(self, length: int) -> None:
        """The buffer lost its first `length` bytes, scanned or not."""
        self.start = max(self.start - length, 0)
        self.position = max(self.position - length, 0)


def is_complete(text: bytes) -> bool:
    """Whether `text` is one or several JSON arrays or objects, closed to the last bracket."""
    scanner = Scanner()
    whole = [span for span in scanner.spans(text, ended=True) if not span.broken]
    return scanner.depth == 0 and len(whole) > 0 and all(text[s.start] in _OPENING for s in whole)
