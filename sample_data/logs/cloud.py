"""AWS CloudTrail: `{"Records": […]}` files, some compressed, as they land in the bucket.

Shapes after https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference.html.
The account is the one of AWS's own examples; times have a resolution of one second.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sample_data.identifiers import Identifiers
from sample_data.moments import START, later

ACCOUNT = "123456789012"
REGION = "eu-central-1"

_DAY = 86_400


@dataclass(slots=True)
class CloudLog:
    """Collects records; `files` gives them in the files of the bucket."""

    ids: Identifiers
    records: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    again: list[dict[str, Any]] = field(default_factory=list)

    def record(
        self,
        at: datetime,
        service: str,
        action: str,
        *,
        role: str = "order-service",
        parameters: dict[str, Any] | None = None,
        answer: dict[str, Any] | None = None,
        error: str | None = None,
        read_only: bool = False,
    ) -> dict[str, Any]:
        """Add one API call and return its record."""
        record: dict[str, Any] = {
            "eventVersion": "1.11", "userIdentity": _identity(role, at),
            "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}", "eventSource": f"{service}.amazonaws.com",
            "eventName": action, "awsRegion": REGION, "sourceIPAddress": "192.0.2.44",
            "userAgent": "Boto3/1.35.99 md/Botocore#1.35.99 cfg/retry-mode#standard",
            "requestParameters": parameters, "responseElements": answer,
            "requestID": self.ids.uuid("request"), "eventID": self.ids.uuid("cloud-event"),
            "readOnly": read_only, "eventType": "AwsApiCall", "managementEvent": False,
            "recipientAccountId": ACCOUNT, "eventCategory": "Data",
        }  # fmt: skip
        if error:
            record["errorCode"] = error
            record["errorMessage"] = f"{error}: see the service's documentation"
        self.records.append((at, record))
        return record

    def repeat(self, record: dict[str, Any]) -> None:
        """Let a later file hold a record again, as overlapping exports do."""
        self.again.append(record)

    def files(self) -> dict[str, dict[str, Any]]:
        """Return file name and content: Monday and Tuesday, to Thursday, the rest."""
        ordered = sorted(self.records, key=lambda pair: pair[0])
        parts: list[list[dict[str, Any]]] = [[], [], []]
        for at, record in ordered:
            day = (at - START).total_seconds() / _DAY
            parts[0 if day < 2 else 1 if day < 4 else 2].append(record)
        parts[2].extend(self.again)
        return {
            _file_name(2, "Kq2vN8xYb1TzRw4L") + ".json": {"Records": parts[0]},
            _file_name(4, "p7DfXc93uHsEaJ0m") + ".json.gz": {"Records": parts[1]},
            _file_name(7, "Zt5oBn6Gi1VyQe8W") + ".json.gz": {"Records": parts[2]},
        }


def _file_name(days: int, unique: str) -> str:
    stamp = later(START, days * _DAY)
    return f"{ACCOUNT}_CloudTrail_{REGION}_{stamp:%Y%m%dT%H%MZ}_{unique}"


def _identity(role: str, at: datetime) -> dict[str, Any]:
    created = at.replace(minute=0, second=0, microsecond=0)
    return {
        "type": "AssumedRole", "principalId": f"AROAEXAMPLE{role.upper()[:9]}:{role}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{role}", "accountId": ACCOUNT,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
                "accountId": ACCOUNT, "userName": role,
            },
            "attributes": {
                "creationDate": f"{created:%Y-%m-%dT%H:%M:%SZ}", "mfaAuthenticated": "false",
            },
        },
    }  # fmt: skip
