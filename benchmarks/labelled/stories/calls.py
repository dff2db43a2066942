"""How the stories call another system: one attempt each, in whatever log the story is told."""

from benchmarks.labelled.fact import Fact
from benchmarks.labelled.stage import Entity, Stage


def attempt(
    stage: Stage,
    seconds: float,
    action: str,
    *,
    caller: str,
    callee: str,
    about: Entity,
    number: int | None = 1,
    error: str | None = None,
    lasts: float = 0.08,
    **columns: object,
) -> Fact:
    """Call a system once; `error` is a status code or the name of an exception."""
    timed_out = error == "timeout"
    filled = {
        "outcome": "ok" if error is None else "timeout" if timed_out else "error",
        "error": error, "error_kind": _KIND.get(error or "", "server") if error else None,
        "vantage": "client", "attempt": number, "attempt_kind": "application",
    }  # fmt: skip
    return stage.note(
        seconds, "attempt", action, system=caller, target_system=callee, entity=about,
        lasts=lasts, **(filled | columns),
    )  # fmt: skip


_KIND = {
    "timeout": "timeout", "429": "throttle", "400": "validation", "422": "validation",
    "404": "not_found", "409": "conflict", "ConnectionError": "network",
}  # fmt: skip
