"""Digests of a beginning: the same however it was cut, and comparable when it became shorter."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from connectors.files.fingerprint import Fingerprint, fingerprint_of, same_beginning

contents = st.integers(0, 9000).map(lambda size: hashlib.shake_128(b"seed").digest(size))


@given(content=contents, pieces=st.lists(st.integers(0, 5000), max_size=5))
def test_digests_do_not_depend_on_how_content_was_cut(content: bytes, pieces: list[int]) -> None:
    fingerprint = Fingerprint()
    rest = content
    for piece in [*pieces, len(content)]:
        fingerprint.update(rest[:piece])
        rest = rest[piece:]

    assert fingerprint.length == len(content)
    assert fingerprint.sha256 == hashlib.sha256(content).hexdigest()
    assert fingerprint.head_sha256 == hashlib.sha256(content[:4096]).hexdigest()
    assert fingerprint.milestones == fingerprint_of(content).milestones


def test_a_copy_goes_on_by_itself() -> None:
    one = fingerprint_of(b"x" * 100)
    other = one.copy()
    other.update(b"y" * 100)

    assert one.sha256 == fingerprint_of(b"x" * 100).sha256
    assert other.sha256 == fingerprint_of(b"x" * 100 + b"y" * 100).sha256


@given(content=contents, size=st.integers(16, 9000))
def test_a_beginning_is_recognised(content: bytes, size: int) -> None:
    shorter, longer = fingerprint_of(content[:size]), fingerprint_of(content)

    assert same_beginning(shorter.milestones, longer.milestones) == (len(content) >= 16)


@given(size=st.integers(16, 9000), at=st.integers(0, 8999))
def test_a_change_before_the_last_fifth_is_seen(size: int, at: int) -> None:
    content = hashlib.shake_128(b"seed").digest(9000)
    changed = bytearray(content[:size])
    at = at * size // 9000 * 4 // 5
    changed[at] ^= 1

    one, other = fingerprint_of(bytes(changed)), fingerprint_of(content)

    assert not same_beginning(one.milestones, other.milestones)
