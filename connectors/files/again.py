"""Opens a file that was read before, to compare it with what was read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.files.content import Content
from connectors.files.find import STANDARD_INPUT, Place, places
from forensics.model.errors import SourceError


@contextmanager
def open_again(address: str, path: str) -> Iterator[Content]:
    """The content of the part that was called `path`, among what is at `address` now.

    Args:
        address: Where the source is now; it may have been moved as a whole.
        path: What the part was called when it was read.

    Raises:
        SourceError: Nothing at the address bears that name.
    """
    if address == STANDARD_INPUT:
        raise SourceError("standard input cannot be read twice")
    with places(address) as found:
        standing = [place for place in found if isinstance(place, Place)]
        named = [place for place in standing if place.display == path]
        alike = [place for place in standing if _name(place.display) == _name(path)]
        for place in (*named, *alike, *(standing if len(standing) == 1 else ())):
            with Content(place) as content:
                yield content
            return
    raise SourceError(f"there is no `{_name(path)}` at `{address}`")


def _name(display: str) -> str:
    return Path(display).name
