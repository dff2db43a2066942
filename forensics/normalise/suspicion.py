"""Which texts may hold a secret: one quick look at each, so that masking reads only those.

The look must never miss what `masking.sql` would cut out; it may stop at more. Polars does it,
whose regular expressions read a text about twice as fast as DuckDB's.
"""

import polars as pl
import pyarrow as pa

_NAMES = (
    "passw|passphrase|passcode|pwd|secret|token|authoriz|credential|cookie|cvc|cvv"
    "|(?:api|access|private|signing|encryption|session|ssh|account)[_-]?key|security[_-]?code"
    r'|["?&]pin(?:\\*"|=)|sig=|signature='
)
_SHAPES = (
    "[rs]k_(?:live|test)_|whsec_|akia|asia|bearer|basic |eyj|-----begin|xox|xapp|gh[opsu]_"
    r'|github_pat|glpat|aiza|sk-|npm_|://[^/\s"]*@'
)
_CARD_NUMBERS = "(?-i:^|[^0-9A-Za-z_.-])[2-6](?:[ -]?[0-9]){12}"
# Whatever is written as an escape sequence may spell any of these once it is unescaped.
_ESCAPED = r"\\u00"

_SUSPICIOUS = f"(?i){_NAMES}|{_SHAPES}|{_CARD_NUMBERS}|{_ESCAPED}"


def suspicious(texts: pa.ChunkedArray) -> pa.BooleanArray:
    """Whether each text may hold a secret."""
    return pl.Series(texts).str.contains(_SUSPICIOUS).to_arrow()
