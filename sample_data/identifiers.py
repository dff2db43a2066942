"""Made-up identifiers that are the same for the same seed, in every run and on every machine."""

import hashlib
import string
from collections import Counter
from uuid import UUID

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase


def content_hash(*parts: object) -> int:
    """Return a signed 64-bit hash, as the canonical hash columns want it."""
    text = "\x1f".join(str(part) for part in parts)
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class Identifiers:
    """Issues ids; the n-th id of a label depends on the seed, the label and n only."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._issued: Counter[str] = Counter()

    def number(self, label: str) -> int:
        """Return the next 256-bit number of a label."""
        self._issued[label] += 1
        text = f"{self._seed}/{label}/{self._issued[label]}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")

    def token(self, prefix: str, length: int) -> str:
        """Return `prefix` and `length` letters and digits, such as `ch_3Qk…`."""
        rest = self.number(prefix)
        letters = []
        for _ in range(length):
            rest, place = divmod(rest, len(_ALPHABET))
            letters.append(_ALPHABET[place])
        return prefix + "".join(letters)

    def hexadecimal(self, label: str, length: int) -> str:
        """Return `length` lower-case hexadecimal digits."""
        return f"{self.number(label):064x}"[:length]

    def uuid(self, label: str) -> str:
        """Return a random-looking version 4 UUID."""
        return str(UUID(int=self.number(label) >> 128, version=4))
