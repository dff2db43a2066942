"""Reads GitHub's lists of runs and of a webhook's deliveries, and an organisation's audit log.

https://docs.github.com/rest/actions/workflow-runs
https://docs.github.com/rest/repos/webhooks
https://docs.github.com/rest/orgs/orgs#get-the-audit-log-for-an-organization
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.live.provider import Listing, Provider, by_link_header, stamped


def _audited_at(entry: Any) -> datetime | None:  # noqa: ANN401 - JSON
    milliseconds = entry.get("@timestamp")
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None


GITHUB = Provider(
    title="GitHub",
    endpoint="https://api.github.com",
    rights="The token needs read access to Actions and Webhooks; the audit log `read:audit_log`.",
    headers=lambda _, token: {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    },
    secret="token",  # noqa: S106 - the name of a secret
    listings=(
        Listing(
            name="deliveries",
            path="/repos/{place}/hooks/{hook}/deliveries",
            records="",
            parameters={"per_page": 100},
            following=by_link_header,
            made_at=stamped("delivered_at"),
            adds={"hook_id": "hook"},
            kept=timedelta(days=3),
        ),
        Listing(
            name="runs",
            path="/repos/{place}/actions/runs",
            records="workflow_runs",
            # A run that is started again keeps its number.
            id=("id", "run_attempt"),
            parameters={"per_page": 100},
            following=by_link_header,
            # With `created` GitHub would end the list after 1,000 runs, and not say so.
            made_at=stamped("created_at"),
            is_final=lambda run: run.get("status") == "completed",
            # https://docs.github.com/actions/reference/limits: a run may take 35 days
            settles=timedelta(days=35),
        ),
        Listing(
            name="audit",
            path="/orgs/{place}/audit-log",
            records="",
            id=("_document_id",),
            parameters={"per_page": 100, "include": "all"},
            following=by_link_header,
            made_at=_audited_at,
            since=lambda since: {"phrase": f"created:>={since:%Y-%m-%dT%H:%M:%SZ}"},
            kept=timedelta(days=180),
            usual=False,
        ),
    ),
)

open_source = GITHUB.open
