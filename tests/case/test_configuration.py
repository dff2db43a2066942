"""What is set wrongly is refused, and where it stands is said."""

from pathlib import Path

import pytest

from forensics.case.configuration import load
from forensics.model.errors import UsageError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense = 1", "There is no section `nonsense`"),
        ("timezone = 'Europe/Berlin'", "`timezone` belongs under `[audit]`"),
        ("[audit]\nfail = 1", "Did you mean `fail_on`?"),
        ("[thresholds.same_key]\nlifetime = 1", "no threshold `lifetime`"),
        ("[thresholds.same_ky]\nx = 1", "Did you mean `same_key`?"),
        ('[thresholds.same_key]\nkey_lifetime_s = "long"', "must be a number"),
        ("[thresholds.same_key]\nkey_lifetime_s = -1", "must be zero or a finite number"),
        ("[thresholds.same_key]\nkey_lifetime_s = inf", "must be zero or a finite number"),
        ("[key_lifetimes]\nledger = nan", "must be zero or a finite number"),
        ('[last_write_wins]\nfields = "note"', "must be a list of names"),
        ('[isolation]\nshop-db = "serialisable"', "Did you mean `serializable`?"),
        ('[key_lifetimes]\nledger = "1 h"', "must be a number"),
        ('[retry."a -> "]\nattempt = 3', "Did you mean `attempts`?"),
        ('[retry."a -> "]\nattempts = "3"', "must be a number"),
        ('[retry."a -> "]\nfactor = 2', "says neither `attempts` nor `base_s`"),
        ("[retry]\nshop = 3", "must be a table"),
        *(
            (f'{section} = "x"', f"[{section}] must be a table")
            for section in ("audit", "isolation", "last_write_wins", "sources", "thresholds")
        ),
        ("[thresholds]\nsame_key = 1", "[thresholds.same_key] must be a table"),
        ("[sources]\nmoney = 1", "[sources.money] must be a table"),
        ('[sources.money]\nformat = "stripe"', "`address` must say where the source is"),
        ('[audit]\nmax_quarantine = "few"', "`max_quarantine` must be a number"),
        ('[audit]\nlookback_days = "few"', "`lookback_days` must be a number"),
        ("[audit", "is not TOML"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "forensics.toml").write_text(text)

    with pytest.raises(UsageError) as refused:
        load(tmp_path / "forensics.toml")

    said = f"{refused.value} {refused.value.hint}"
    assert words in said
    assert "forensics.toml" in said
