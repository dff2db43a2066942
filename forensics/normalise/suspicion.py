r"""Which texts may hold a secret, so that masking reads only those.

Neither look may miss what `masking.sql` would cut out; both may stop at more. Polars does the
first, at every record as it was read, for its regular expressions read a text about twice as fast
as DuckDB's. DuckDB does the second, at what was unescaped and put into columns. The pattern is
written in what both understand alike: `\s` and `\w` are not.
"""

import pyarrow as pa

_NAMES = (
    "passw|passphrase|passcode|pwd|secret|token|authoriz|credential|cookie|cvc|cvv"
    "|(?:api|access|private|signing|encryption|session|ssh|account)[_-]?key|security[_-]?code"
    r'|["?&]pin(?:\\*"|=)|sig=|signature='
)
_SHAPES = (
    r"[rs]k_(?:live|test)_|whsec_|akia|asia|bearer|basic[ \t\r\n\f\\]|eyj|-----begin|xox|xapp"
    r"|gh[opsu]_|github_pat|glpat|aiza|sk-|npm_"
    r'|:\\*/\\*/[^/ \t\r\n\f"]*@'
)
_CARD_NUMBERS = r"(?-i:^|[^0-9A-Za-z_.-]|\\[bfnrt]|\\u[0-9A-Fa-f]{4})[2-6](?:[ -]?[0-9]){12}"

SECRETS = f"(?i){_NAMES}|{_SHAPES}|{_CARD_NUMBERS}"
"""What any secret has in it or before it, in a text that holds no escape sequences."""

_ESCAPES = r'\\[^"]'
_FLOATING_NUMBERS = r"[:,\[ \t\r\n][0-9][0-9.]*e[+]?[0-9]"
_DISGUISES = f"{_ESCAPES}|{_FLOATING_NUMBERS}"
"""How JSON may write one of them so that it shows only when it is read."""


def suspicious(texts: pa.ChunkedArray) -> pa.BooleanArray:
    """Whether each record, as JSON text, may hold a secret."""
    import polars as pl  # noqa: PLC0415 - costs start-up, which most commands can do without

    return pl.Series(texts).str.contains(f"{SECRETS}|{_DISGUISES}").to_arrow()
