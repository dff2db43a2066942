"""Which names of fields stand for which canonical column, and what their values must look like.

A rule is a canonical column, names with how plainly they say it, and a test of the values. The
plainness of the name is where confidence begins: `PLAIN` names hardly mean anything else, `USUAL`
ones mostly mean this, `VAGUE` ones need more than their name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from forensics.normalise import propose_abroad as abroad
from forensics.normalise.profile import Field
from forensics.normalise.propose_fits import (
    is_count,
    is_counted_from_one,
    is_counterparty,
    is_currency,
    is_digest,
    is_environment,
    is_error,
    is_label,
    is_name,
    is_number,
    is_one_of_many,
    is_order,
    is_short,
    is_structure,
    is_time,
    is_version_of_record,
)
from forensics.normalise.propose_money import AMOUNT_NAMES, PARTS_OF_AMOUNTS

PLAIN, USUAL, VAGUE = 0.85, 0.75, 0.5

Test = Callable[[Field], bool]

_UNIT = re.compile(
    r"_(ms|millis|milliseconds|us|micros|ns|nano|nanos|s|secs|seconds|utc|unix|epoch)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Which fields may be a canonical column.

    Attributes:
        column: The column.
        names: Patterns of a whole phrase, with how plainly they say it.
        fits: What the values must look like.
        at_most: Patterns of a whole phrase that mostly means something else, with the most that it
            can say.
    """

    column: str
    names: tuple[tuple[str, float], ...]
    fits: Test
    at_most: tuple[tuple[str, float], ...] = ()

    def plainness(self, entry: Field) -> float:
        """How plainly the name says it; 0 when it does not, or the values do not fit."""
        phrase = _UNIT.sub("", entry.phrase) if self.fits is is_time else entry.phrase
        said = [weight for name, weight in self.names if re.fullmatch(name, phrase)]
        less = [weight for name, weight in self.at_most if re.fullmatch(name, phrase)]
        return min([max(said), *less]) if said and self.fits(entry) else 0.0


_MADE = (
    "charge|payment|refund|payout|transfer|capture|email|mail|sms|transaction|txn|trx|shipment"
    "|receipt"
)
"""Nouns whose ids name a change in the world."""
_UNDONE = (
    rf"(original|refunded|reversed|parent|source)_({_MADE})(_(id|sid|ref))?",
    r"reference_(transaction|txn|payment|charge)(_id)?",
    rf"(refund|reversal|return|storno|chargeback)_(of|for)(_({_MADE}))?(_id)?",
    rf"(reverses|refunds|compensates|voids)(_({_MADE}|effect))?(_id)?",
    abroad.UNDONE,
)
"""Names of the id of what was taken back, which is never the id of what took it back."""

_NOUNS = (
    "order|invoice|subscription|ticket|issue|document|cart|booking|reservation|shipment|product"
    "|item|account|contract|mandate|claim|policy|deal|lead|contact|listing|project|repository|batch"
)
"""Records of businesses: the bare noun is often the id."""

_RECORDS = f"{_NOUNS}|file|case|report|article|message|record|row|device|instance|card"
_PIECES = "seat|room|parcel|package|carton|pallet"
"""Parts of what was ordered, of which each is paid for, or sent, alone."""
_CAUSE = "parent|cause|causation|caused_by|triggered_by|parent_span|parent_event|parent_run"

_PAID = (
    "creditor|payee|beneficiary|vendor|supplier"
    "|lieferant|empfaenger|zahlungsempfaenger|beguenstigter?|kreditor"
)
_PAYS = "debtor|payer|debitor|zahlungspflichtiger?|auftraggeber"
_PARTIES = f"{_PAID}|{_PAYS}|counterparty|counter_party"
"""Who is paid and who pays: one of them is whoever keeps the log."""
_PARTY = "name|id|ref|no|number|account|account_id|iban|konto|nr|nummer"
_COUNTERPARTY = rf"({_PARTIES})(_({_PARTIES}))?(_({_PARTY}))?"


_SELLERS = re.compile(
    "(seller|affiliate|creator|driver|courier|publisher|contractor|freelancer"
    "|employee|recipient|verkaeufer|haendler|fahrer|mitarbeiter|vendeur|livreur|salarie)"
    rf"(_({_PARTY}))?"
)


def is_paid_out(entry: Field) -> bool:
    """Whether it can name who is paid in a log of payouts; of a sale, a seller did not pay."""
    return bool(_SELLERS.fullmatch(entry.phrase)) and is_counterparty(entry)


def paying_side(entry: Field) -> str:
    """Whether a field names who `pays` or who is `paid`; empty for neither, or for either."""
    sides = [
        side
        for side, names in (("pays", _PAYS), ("paid", _PAID))
        if re.fullmatch(rf"({names})(_({_PARTY}))?", entry.phrase)
    ]
    return "".join(sides)


RULES: tuple[Rule, ...] = (
    Rule(column="occurred_at", fits=is_time, names=(
        ("occurred_at|event_time|event_timestamp|timestamp|ts|happened_at", 0.9),
        ("time|datetime|date_time|at|time_iso8601|time_local|logged_at|log_time|event_ts", PLAIN),
        ("started_at|start_time|start_ts|start|begin|began_at|start_date|begin_time", PLAIN),
        ("created|created_at|create_time|creation_time|date|msec|epoch|when", USUAL),
        ("booked_at|(booking|posting|transaction)_date|posted_at", USUAL),
        ("zeitstempel|zeitpunkt|zeit|datum|datum_uhrzeit|buchungs(tag|datum|zeit)", USUAL),
        ("t|stamp|logged|recorded|booked|posted|valuta|wertstellung", VAGUE),
        (r"\w*_(at|time|ts|timestamp)", VAGUE),
    )),
    Rule(column="ended_at", fits=is_time, names=(
        ("ended_at|end_time|end_ts|end|finished_at|completed_at|finish_time|done_at", PLAIN),
    )),
    Rule(column="recorded_at", fits=is_time, names=(
        ("recorded_at|logged_at|ingested_at|ingest_time|indexed_at|written_at|received_at", USUAL),
    )),
    Rule(column="enqueued_at", fits=is_time, names=(
        ("enqueued_at|queued_at|published_at|enqueue_time|sent_timestamp", PLAIN),
    )),
    Rule(column="scheduled_for", fits=is_time, names=(
        ("scheduled_for|scheduled_at|schedule_time|run_at|eta|due_at|fire_time", PLAIN),
    )),
    Rule(column="retry_after", fits=is_time, names=(
        ("retry_at|next_retry_at|next_attempt_at|not_before", PLAIN),
    )),
    Rule(column="operation_key", fits=is_name, names=(
        (r"(\w+_)?(idempotency|idempotence|idem)(_key|_token|_id)?", 0.9),
        (r"(\w+_)?(dedup|dedupe|deduplication)_(key|id)|client_token|operation_(key|id)", PLAIN),
        (r"client_request_(id|token)|request_key|message_deduplication_id", PLAIN),
    )),
    Rule(column="effect_id", fits=is_one_of_many, names=(
        ("effect_id|message_sid", PLAIN),
        (rf"(\w+_)?({_MADE})(_id|_sid|_uuid|_ref)", USUAL),
        ("(payment|refund|payout|transfer|transaction|txn|trx)_(no|number|code)", USUAL),
        (abroad.MADE, USUAL),
        ("psp_(reference|ref|id)", USUAL),
        (r"provider_(id|ref|reference)|external_id|gateway_(id|ref)", VAGUE),
    ), at_most=tuple((name, 0.0) for name in _UNDONE)),
    # Whoever orders a payment chooses it: one that repeats may name what is paid every month.
    Rule(column="effect_id", fits=lambda f: is_one_of_many(f) and f.unique, names=(
        ("(end_?to_?end|e2e|ende_zu_ende)_?(id|ref|reference|referenz|identification)", USUAL),
        ("kundenreferenz_end_to_end", USUAL),
    )),
    Rule(column="compensates_effect_id", fits=is_name, names=tuple(
        (name, PLAIN) for name in _UNDONE
    )),
    Rule(column="occurrence_id", fits=is_one_of_many, names=(
        ("event_id|event_uuid|log_id|entry_id|record_id|event_key|insert_id", PLAIN),
        ("id|uuid|guid", USUAL),
    )),
    Rule(column="delivery_id", fits=is_one_of_many, names=(
        ("message_id|msg_id|delivery_id|webhook_id|job_id|task_id|jid|task_uuid|job_uuid", PLAIN),
        ("event_id|event_uuid", USUAL),
    )),
    Rule(column="handoff_id", fits=is_one_of_many, names=(
        ("receipt_handle|delivery_tag|handoff_id|ack_id|attempt_id|delivery_attempt_id", PLAIN),
    )),
    Rule(column="execution_id", fits=is_one_of_many, names=(
        (r"execution_id|run_id|span_id|invocation_id", PLAIN),
        (r"(job|task|workflow|dag|pipeline)_run_id", PLAIN),
        ("request_id|req_id", VAGUE),
    )),
    Rule(column="previous_execution_id", fits=is_one_of_many, names=(
        ("previous_(execution|run)_id|retry_of|retried_from|rerun_of|continued_from", PLAIN),
    )),
    Rule(column="cause_id", fits=is_name, names=(
        (rf"({_CAUSE})_(id|uuid)|({_CAUSE})", PLAIN),
        (r"parent_\w+_id", USUAL),
    )),
    Rule(column="trace_id", fits=is_name, names=(
        ("trace_id|trace|correlation_id|corr_id|x_correlation_id|root_id", 0.9),
        ("request_id|req_id|req|x_request_id|conversation_id|flow_id|saga_id", USUAL),
    )),
    Rule(column="transaction_id", fits=is_one_of_many, names=(
        ("tx_id|txid|xid|db_transaction_id|transaction_id", USUAL),
    )),
    Rule(column="attempt", fits=is_count, names=(
        ("attempt|attempts|attempt_number|attempt_no|try|tries|retry_attempt|attempt_count", PLAIN),
        ("retries|retry|retry_count|retry_number|num_retries", PLAIN),
        ("delivery_count|delivery_attempt|receive_count|approximate_receive_count", PLAIN),
    )),
    Rule(column="amount", fits=is_number, names=AMOUNT_NAMES, at_most=PARTS_OF_AMOUNTS),
    Rule(column="currency", fits=is_currency, names=(
        (r"(\w+_)?(currency|ccy|currency_code|iso_currency|waehrung)", PLAIN),
    )),
    Rule(column="customer_id", fits=is_name, names=(
        (r"(customer|cust|buyer|member|subscriber|client|guest)(_(id|uuid|ref|no|number))?", PLAIN),
        ("user_id|user_uuid|uid|account_id|user|account|patient_id|contact_id", USUAL),
        ("kunde|kunden_?(id|nr|nummer)", PLAIN),
    )),
    Rule(column="customer_id", fits=is_one_of_many, names=(
        ("payer_(id|uuid|ref|no|number)", PLAIN),
    )),
    Rule(column="customer_id", fits=is_counterparty, names=((_COUNTERPARTY, USUAL),)),
    Rule(column="tenant", fits=is_name, names=(
        ("tenant|tenant_id|org|org_id|organization|organisation_id|organization_id", PLAIN),
        ("workspace|workspace_id|team_id|merchant|merchant_id|shop|shop_id|store_id", USUAL),
    )),
    Rule(column="environment", fits=is_environment, names=(
        ("env|environment|deployment_environment|stage|mode", USUAL),
    )),
    Rule(column="entity_id", fits=is_one_of_many, names=(
        (r"(entity|resource|object|target|subject|aggregate)_(id|uuid|key)", PLAIN),
        (rf"({_RECORDS})(_(id|uuid|ref|no|number|key))", PLAIN),
        (rf"({_NOUNS})|reference|ref|referenz|pk|primary_key", USUAL),
        ("mandate_reference", USUAL),
        (rf"{abroad.RECORDS}|{abroad.BARE}", USUAL),
    )),
    Rule(column="entity_type", fits=is_label, names=(
        (r"(entity|resource|object|target|aggregate|subject)_(type|kind)", PLAIN),
        ("table|table_name|tbl|tbl_name|relation|relation_name|rel_name", PLAIN),
        ("resource|object|model", VAGUE),
    )),
    Rule(column="natural_key", fits=is_one_of_many, names=(
        ("natural_key|business_key", PLAIN),
        (r"(order|invoice)_(number|no)|reference|external_reference", VAGUE),
    )),
    Rule(column="system", fits=is_label, names=(
        ("service|service_name|app|application|app_name|system|component|source_system", PLAIN),
        ("svc|svc_name", PLAIN),
        ("source|program|logger|module|subsystem", USUAL),
    )),
    Rule(column="target_system", fits=is_label, names=(
        (r"target_(service|system)|peer_service|callee|upstream|dependency|downstream", PLAIN),
        ("provider|destination|gateway|upstream_addr|upstream_host|server_name", USUAL),
    )),
    Rule(column="actor", fits=is_name, names=(
        ("actor|actor_id|principal|(performed|changed|updated|created|modified)_by", PLAIN),
        ("worker|worker_id|worker_name|consumer_id|hostname|host|pod|pod_name|node", USUAL),
        ("user|user_id|username|user_name|login|operator", USUAL),
        ("usr|session_user|session_user_name|db_user|application_name", USUAL),
    )),
    Rule(column="consumer", fits=is_label, names=(
        ("consumer|consumer_group|consumer_name|consumer_group_id|subscription_name", PLAIN),
        ("subscriber|endpoint|subscription|listener", VAGUE),
    )),
    Rule(column="workflow", fits=is_label, names=(
        (r"(workflow|job|task|dag|pipeline|flow|process)_(name|type|class)|workflow|dag_id", PLAIN),
        ("job|task|handler|job_class|worker_class|pipeline|function|function_name|class", USUAL),
    )),
    Rule(column="workflow_version", fits=is_label, names=(
        ("workflow_version|job_version|definition_version", PLAIN),
    )),
    Rule(column="version_read", fits=is_version_of_record, names=(
        (r"(expected|base|old|prev|previous|read|from)_(version|rev|revision|etag)", PLAIN),
        ("if_match", PLAIN),
        (r"version_(read|before|expected|old)|rev_before", PLAIN),
    )),
    Rule(column="version_written", fits=is_version_of_record, names=(
        (r"(new|written|next|to|row|record|lock|entity|object)_(version|rev|revision|etag)", PLAIN),
        (r"version_(written|after|new)|rev_after|etag|revision|rev|resource_version", PLAIN),
        ("version", VAGUE),
    )),
    Rule(column="source_seq", fits=is_order, names=(
        ("lsn|offset|seq|sequence|sequence_number|seq_no|seqno", PLAIN),
        ("log_position|position|row_id", PLAIN),
    )),
    Rule(column="source_stream", fits=is_name, names=(
        ("partition|partition_id|shard|shard_id|stream|stream_name|topic_partition", USUAL),
    )),
    Rule(column="error", fits=is_error, names=(
        ("error|error_code|err|exception|error_type|exception_type|error_class", PLAIN),
        ("error_message|failure_reason|failure_code|error_msg|exception_message", USUAL),
    )),
    Rule(column="before_hash", fits=is_structure, names=(
        ("before|old|old_values|previous_state|before_state|old_row", USUAL),
    )),
    Rule(column="after_hash", fits=is_structure, names=(
        ("after|new|new_values|after_state|new_row|row|new_state", USUAL),
    )),
    Rule(column="payload_hash", fits=lambda f: is_structure(f) or is_digest(f), names=(
        (r"(payload|body|content|request|args)_(hash|digest|checksum|sha256|md5)|checksum", PLAIN),
        ("payload|request_body|args|arguments|params|parameters", USUAL),
    )),
    Rule(column="period_key", fits=is_label, names=(
        ("billing_period|period|period_key|billing_month|reporting_period", PLAIN),
    )),
    Rule(column="item_key", fits=is_name, names=(
        ("line_item(_(id|no|number|index))?|item_(no|number|index)", PLAIN),
        ("(order_)?line_(id|no|nr|number|index)|positions?_?(no|nr|nummer|number)", PLAIN),
        ("sku|item_id", USUAL),
    )),
    Rule(column="item_key", fits=is_short, names=(
        (rf"({_PIECES})(_(id|no|nr|number|name|index))?", 0.8),
        ("(passenger|travell?er)(_(id|no|number|name))?", USUAL),
        (abroad.PIECES, USUAL),
    )),
    # Alone, a line may be one of a program, and a position a place in a queue.
    Rule(column="item_key", fits=is_counted_from_one, names=(
        ("line|position|pos|ligne|zeile", USUAL),
    )),
    Rule(column="progress", fits=is_number, names=(
        ("cursor|remaining|remaining_count|items_left", USUAL),
    )),
)  # fmt: skip
"""In the order in which columns choose when two are equally sure of one field."""


ACTION_NAMES = (
    (r"action|event|event_type|event_name|event_action|action_type|activity|verb|operation", PLAIN),
    (
        r"type|op|operation_name|command|topic|routing_key|message_type|method_name|event_kind",
        USUAL,
    ),
    (r"(transaction|txn|trx|tx|operation|booking|posting|movement|entry|record)_type", USUAL),
    ("tool|tool_name|vorgang|typ|(buchungs|umsatz|transaktions|vorgangs)_?(art|typ)", USUAL),
    ("type_(de_)?(operation|transaction)|buchungstext", USUAL),
    ("name|object|msg|message|title|category|subject|kind", VAGUE),
)
METHOD_NAMES = r"(http_|request_)?method|http_verb|verb"
ADDRESS_NAMES = r"(request_)?(path|uri|url|route)|http_(path|url|route|target)|endpoint"
STATUS_NAMES = (
    (r"(http_|response_)?(status|status_code|response_code)|outcome|result|code", PLAIN),
    (r"state|\w+_(status|outcome|result|state)|response|return_code", USUAL),
)
SUCCESS_NAMES = r"(is_)?(success|successful|succeeded|ok)"
