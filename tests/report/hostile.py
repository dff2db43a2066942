"""Text that would do harm on a page, in a spreadsheet, in a figure or on a terminal."""

from itertools import islice, product

_MARKUP = (
    "<script>document.title='owned'</script>",
    "</script><script>document.title='owned'</script>",
    "</title></style></textarea><img src=x onerror=\"document.title='owned'\">",
    "<svg onload=\"document.title='owned'\"><animate onbegin=alert(1)></svg>",
    "<iframe srcdoc=\"<script>parent.document.title='owned'</script>\">",
    "<a href=\"javascript:document.title='owned'\">link</a>",
    "<b>bold</b><br><sub>sub</sub><span style='font-size:99em'>",
    "<base href=//192.0.2.1/><link rel=stylesheet href=//192.0.2.1/x.css>",
    "<meta http-equiv=refresh content='0;url=//192.0.2.1'>",
    "<form action=//192.0.2.1><input autofocus onfocus=\"document.title='owned'\">",
    "\" onmouseover=\"document.title='owned'\" x=\"",
    "' autofocus onfocus='document.title=`owned`' x='",
    "javascript:document.title='owned'",
    "<!--", "-->", "]]>", "<![CDATA[", "&lt;script&gt;", "&#60;img src=x&#62;",
    "{{7*7}}", "${7*7}", "%{x}", "%{customdata|<b>}", "$\\mathrm{x}$", "`", "``x`", "` </code> `",
)  # fmt: skip
_FORMULAS = (
    '=HYPERLINK("http://192.0.2.1")', "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1",
    " =1+1", "'=1+1", '"=1+1', "\xa0=1+1", "\uff1d1+1", "=cmd|' /C calc'!A0",
)  # fmt: skip
_CODES = (
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b]8;;http://192.0.2.1\x07here\x1b]8;;\x07",
    "\x9b31m", "\x90q\x9c", "\x00", "\x7f", "a\x08\x08b", "\r\nfake line", "\u202egnp.exe",
    "\u2066hidden\u2069", "\u061cmark", "\u200f\u200e\u200b", "\ufeff", "\u2028line\u2029",
    "\U000e0041tag", "\xad\u2060",
)  # fmt: skip
_LONG = ("a" * 5_000, "<b>" * 2_000, "\U0001f4a5\u0301" * 1_500)

STRINGS = (*_MARKUP, *_FORMULAS, *_CODES, *_LONG)


def many(count: int) -> list[str]:
    """Every string alone, then every two of different kinds, one after the other."""
    kinds = (_FORMULAS, _MARKUP, _CODES)
    pairs = (
        f"{one}{other}"
        for first, second in ((0, 1), (1, 2), (2, 0), (0, 2))
        for one, other in product(kinds[first], kinds[second])
    )
    return [*STRINGS, *islice(pairs, count - len(STRINGS))]
