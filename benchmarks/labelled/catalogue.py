"""All stories, by theme."""

from benchmarks.labelled.stories.chains import CHAINS
from benchmarks.labelled.stories.duplicates import DUPLICATES
from benchmarks.labelled.stories.quiet_chains import QUIET_CHAINS
from benchmarks.labelled.stories.quiet_duplicates import QUIET_DUPLICATES
from benchmarks.labelled.stories.quiet_races import QUIET_RACES
from benchmarks.labelled.stories.quiet_storms import QUIET_STORMS
from benchmarks.labelled.stories.quiet_weeks import QUIET_WEEKS
from benchmarks.labelled.stories.races import RACES
from benchmarks.labelled.stories.storms import STORMS
from benchmarks.labelled.story import CONTENT, Story

FAILURES = (*DUPLICATES, *STORMS, *RACES, *CHAINS)
LOOKALIKES = (*QUIET_DUPLICATES, *QUIET_STORMS, *QUIET_RACES, *QUIET_CHAINS)
LABELLED = (*FAILURES, *LOOKALIKES)
"""What is played in a labelled log, once each."""

QUIET = (*LOOKALIKES, *QUIET_WEEKS)
"""What is played in a quiet week."""


def catalogue_row(story: Story) -> str:
    """The story's line in `docs/benchmark.md`."""
    if not story.answers:
        return f"| `{story.name}` | {story.told} | {story.detector} | {story.source} |"
    answers = ", ".join(f"`{pattern}`" for pattern in story.answers)
    qualities = "full, half, blind" if CONTENT in story.decided_by else "full, half"
    return (
        f"| `{story.name}` | {story.told} | {answers} | {story.mechanism or ''} | {qualities}"
        f" | {story.source} |"
    )
