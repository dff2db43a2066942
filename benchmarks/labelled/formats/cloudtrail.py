"""AWS CloudTrail records, one a line; its times have a resolution of one second.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference.html
"""

from collections.abc import Sequence
from typing import Any

from benchmarks.labelled.fact import Fact
from benchmarks.labelled.formats.canonical import Written
from sample_data.identifiers import Identifiers, content_hash

_ACCOUNT = "123456789012"


def write(facts: Sequence[Fact]) -> Written:
    """One record a fact; `payload` holds `request`, `answer` and whether AWS itself called."""
    for fact in facts:
        columns, payload = fact.columns, fact.payload
        ids = Identifiers(content_hash(columns["execution_id"], fact.at))
        request = dict(payload.get("request", {}))
        if "operation_key" in columns:
            request["clientToken"] = columns["operation_key"]
        record = {
            "eventVersion": "1.11", "userIdentity": _identity(columns["system"], payload),
            "eventTime": f"{fact.at:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": f"{columns['target_system']}.amazonaws.com",
            "eventName": columns["action"], "awsRegion": "eu-central-1",
            "sourceIPAddress": "192.0.2.44", "userAgent": "Boto3/1.35.99",
            "requestParameters": request or None, "responseElements": payload.get("answer"),
            "requestID": ids.uuid("request"), "eventID": ids.uuid("event"),
            "readOnly": columns["kind"] == "read", "eventType": "AwsApiCall",
            "recipientAccountId": _ACCOUNT, "eventCategory": "Management",
        }  # fmt: skip
        if columns["outcome"] != "ok":
            record["errorCode"] = columns["error"]
        yield fact, fact.at, record


def _identity(role: str, payload: dict[str, Any]) -> dict[str, Any]:
    if payload.get("by_aws"):
        return {"type": "AWSService", "invokedBy": payload["by_aws"]}
    return {
        "type": "AssumedRole", "accountId": _ACCOUNT, "principalId": f"AROAEXAMPLE:{role}",
        "arn": f"arn:aws:sts::{_ACCOUNT}:assumed-role/{role}/{role}",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role", "arn": f"arn:aws:iam::{_ACCOUNT}:role/{role}",
                "accountId": _ACCOUNT, "userName": role,
            }
        },
    }  # fmt: skip
