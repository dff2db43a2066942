"""What a log says is shown on one line, whatever characters it holds."""

import pytest

from forensics.cli import printing


def test_a_line_feed_in_a_log_makes_no_row_of_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printing.table(("what",), [("pay\ncritical\tproven",)])

    assert capsys.readouterr().out == "what\npay\\x0acritical\\x09proven\n"
