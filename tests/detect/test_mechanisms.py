"""Every mechanism that a finding may name is on the page."""

import re
from importlib.resources import files

from forensics.detect.duplicate_side_effect.mechanisms import mechanisms


def test_the_page_names_the_mechanisms_of_the_query() -> None:
    query = files("forensics.detect.duplicate_side_effect").joinpath("mechanisms.sql").read_text()
    choice = query[query.index("WHEN m.later.pattern = 'batch_rerun'") :]

    assert {*re.findall(r"THEN\s+'(\w+)'", choice)} == mechanisms().keys()
