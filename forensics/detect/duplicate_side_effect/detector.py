"""The detector of duplicate side effects and its patterns, strongest first."""

from forensics.detect.contract import Detector
from forensics.detect.duplicate_side_effect.batch_rerun import BATCH_RERUN
from forensics.detect.duplicate_side_effect.cross_system import CROSS_SYSTEM
from forensics.detect.duplicate_side_effect.key_expired import KEY_EXPIRED
from forensics.detect.duplicate_side_effect.redelivery import REDELIVERY
from forensics.detect.duplicate_side_effect.rekeyed_retry import REKEYED_RETRY
from forensics.detect.duplicate_side_effect.same_content import SAME_CONTENT
from forensics.detect.duplicate_side_effect.same_key import SAME_KEY

DUPLICATE_SIDE_EFFECT = Detector(
    name="duplicate_side_effect",
    question="Did something happen in the world more often than it was meant to?",
    patterns=(
        BATCH_RERUN,
        SAME_KEY,
        REDELIVERY,
        KEY_EXPIRED,
        REKEYED_RETRY,
        CROSS_SYSTEM,
        SAME_CONTENT,
    ),
    drawn_from="effect_witnesses",
    relations=(
        "words",
        "handed_around",
        "suspects",
        "own_ids",
        "common_words",
        "habits",
        "messages",
        "told_again",
    ),
    sieve=("suspects", "suspect_effects"),
    shared=("key_lifetime_s",),
    conclusions=("retry_schedules", "message_fates", "mechanisms"),
)
