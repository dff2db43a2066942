"""Text that would do harm on a page, in a spreadsheet or on a terminal if it were not data."""

STRINGS = (
    "<script>document.title='owned'</script>",
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<svg onload=\"document.title='owned'\"></svg>",
    "\" onmouseover=\"document.title='owned'\" x=\"",
    "' autofocus onfocus='document.title=1' x='",
    "javascript:document.title='owned'",
    "<!--", "-->", "]]>", "<![CDATA[", "&lt;script&gt;", "{{7*7}}", "${7*7}",
    '=HYPERLINK("http://192.0.2.1")', "+1+1", "-1+1", "@SUM(A1)", "\t=1+1",
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x00", "\u202egnp.exe", "\u2066hidden\u2069",
    "a" * 5_000,
)  # fmt: skip
