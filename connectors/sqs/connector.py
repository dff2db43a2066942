"""Reads dead-letter queues of Amazon SQS.

To look at a message is to receive it: that adds 1 to its count of receives, for ever, and hides it
for a while. In a queue that others take from, that can change what happens, and push a message into
the dead-letter queue; so only dead-letter queues are read, and only with leave.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""

import base64
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import boto3
import orjson
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from connectors.live.address import Address
from connectors.live.located import Located
from connectors.live.pages import Budget, PartPages
from connectors.live.payload import listed
from connectors.live.source import PartFacts
from connectors.live.waiting import patiently
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import KnownPart, Notice, Page, SourceSpec
from forensics.model.words import plural

_AT_ONCE = 10
_EMPTY_ANSWERS = 3
"""Answers without a message after which a queue is taken to be read: one is a sample of servers."""

_PAGE = 500
_HIDDEN_S = 120
_SERVER_ERROR = 500
_DENIED = ("AccessDenied", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClient")

Answer = TypeVar("Answer")


def open_source(name: str, address: Address, spec: SourceSpec) -> "Sqs":
    """The connector for an address.

    Raises:
        UsageError: It names no region or no queue.
    """
    queues = listed(address.path)
    if not queues or not address.netloc:
        raise UsageError(
            f"`{address.text}` names no {'queue' if address.netloc else 'region'}.",
            hint="Write sqs://REGION/QUEUE, such as sqs://eu-central-1/orders-dead.",
        )
    return Sqs(name=name or queues[0], location=address, queues=queues, marks="marks" in spec.allow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sqs(Located):
    """Queues of one region; each is a part.

    Attributes:
        queues: What is read.
        marks: Whether what leaves a mark is allowed.
    """

    queues: Sequence[str]
    marks: bool

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield the messages; see `Connector`."""
        service, budget = _Service(self.location), Budget.of(self.location)
        for queue in self.queues:
            parts = PartPages(queue, known)
            url = service.url(queue)
            self._refuse(service, queue, url)
            yield from self._received(service, queue, url, budget, parts)

    def facts(self) -> Sequence[PartFacts]:
        """How many messages each queue has, and which queues give up messages into it."""
        service = _Service(self.location)
        found = []
        for queue in self.queues:
            url = service.url(queue)
            attributes = service.attributes(url)
            feeding = [arn.rpartition(":")[2] for arn in service.feeding(url)]
            found.append(
                PartFacts(
                    name=queue,
                    records=int(attributes["ApproximateNumberOfMessages"]),
                    note=f"dead-letter queue of {', '.join(sorted(feeding))}"
                    if feeding
                    else "no dead-letter queue: it is not read",
                )
            )
        return found

    def _refuse(self, service: "_Service", queue: str, url: str) -> None:
        if not service.feeding(url):
            raise SourceError(
                f"`{queue}` is no dead-letter queue: whoever looks at its messages takes them from"
                " those who work on them.",
                hint="Read what the consumers logged, or let the topic or bus that feeds the queue"
                " feed a second one.",
            )
        if not self.marks:
            raise SourceError(
                f"Reading `{queue}` would add 1 to the count of receives of each message.",
                hint="Say `--allow-marks` if that may be; what is stored is the count without it.",
            )

    def _received(
        self, service: "_Service", queue: str, url: str, budget: Budget, parts: PartPages
    ) -> Generator[Page | Notice]:
        hidden_s = int(self.location.number("hidden_s") or _HIDDEN_S)
        known: list[str] = orjson.loads(parts.cursor or "[]")
        seen = set(known)
        handed: set[str] = set()
        there = service.messages(url)
        taken = 0
        ended = False
        failure: SourceError | None = None
        while not (ended or failure):
            try:
                found, received, ended = _some(
                    service, url, budget.room(_PAGE), hidden_s, seen=seen, handed=handed
                )
            except SourceError as error:
                failure = error
                break
            taken += received
            if not found:
                break
            known += [_short(message["MessageId"]) for message in found]
            yield parts.page(
                [message["MessageId"] for message in found],
                [_document(url, message) for message in found],
                cursor=orjson.dumps(known).decode(),
                complete=ended,
            )
            try:
                budget.spend(len(found))
            except SourceError as error:
                failure = error
        if taken:
            yield Notice(
                part=queue,
                state="noted",
                sentence=f"Reading added a receive to {taken:,} messages of `{queue}`; they are"
                f" hidden from others for up to {hidden_s} seconds. What is stored is the count"
                " without it.",
            )
        if failure:
            raise failure
        # What earlier runs read may be gone since, so it does not account for what is hidden.
        if (unread := there - len(handed)) > 0:
            raise SourceError(
                f"`{queue}` holds about {plural(unread, 'message')} more than could be received:"
                " somebody had received them shortly before, perhaps an earlier reading.",
                hint="Run the same command again once they are shown: a message is hidden for as"
                " long as its receiver said.",
            )


def _some(
    service: "_Service", url: str, wanted: int, hidden_s: int, *, seen: set[str], handed: set[str]
) -> tuple[list[dict[str, Any]], int, bool]:
    """Messages that were not seen, how many were received for them, and whether there are no more.

    Adds them to `seen`, and all that came to `handed`: a message that is no longer hidden comes
    again, and one that an earlier run read may come before many that are new.
    """
    found: list[dict[str, Any]] = []
    received = empty = 0
    while len(found) < wanted and empty < _EMPTY_ANSWERS:
        messages = {
            _short(message["MessageId"]): message
            for message in service.receive(url, min(_AT_ONCE, wanted - len(found)), hidden_s)
        }
        received += len(messages)
        empty = 0 if messages.keys() - handed else empty + 1
        found += [message for name, message in messages.items() if name not in seen]
        seen.update(messages)
        handed.update(messages)
    return found, received, empty == _EMPTY_ANSWERS


def _short(message_id: str) -> str:
    """The beginning of an id: half of its random bits, for a cursor that stays small."""
    return message_id.replace("-", "")[:16]


class _Service:
    """SQS in one region."""

    def __init__(self, address: Address) -> None:
        """Prepare to ask; the account is the one of the environment or the shared configuration."""
        self._where = f"sqs://{address.netloc}"
        session = boto3.Session(
            region_name=address.netloc, profile_name=address.options.get("profile")
        )
        self._client = session.client(
            "sqs",
            endpoint_url=address.options.get("endpoint"),
            config=Config(retries={"total_max_attempts": 1}, user_agent_extra="forensics"),
        )

    def url(self, queue: str) -> str:
        """Where a queue is.

        Raises:
            SourceError: There is none of that name, or it must not be looked at.
        """
        answer = self._asked(lambda: self._client.get_queue_url(QueueName=queue))
        return str(answer["QueueUrl"])

    def attributes(self, url: str) -> dict[str, str]:
        """What the queue says of itself; asking changes nothing."""
        answer = self._asked(
            lambda: self._client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        )
        return dict(answer["Attributes"])

    def messages(self, url: str) -> int:
        """About how many messages the queue holds, those among them that somebody has received."""
        found = self.attributes(url)
        kinds = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return sum(int(found[kind]) for kind in kinds)

    def feeding(self, url: str) -> list[str]:
        """The queues that give up messages into this one."""
        answer = self._asked(lambda: self._client.list_dead_letter_source_queues(QueueUrl=url))
        return list(answer.get("queueUrls", []))

    def receive(self, url: str, most: int, hidden_s: int) -> list[dict[str, Any]]:
        """Some messages, hidden from others for a while."""
        answer = self._asked(
            lambda: self._client.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=most,
                VisibilityTimeout=hidden_s,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        )
        return list(answer.get("Messages", []))

    def _asked(self, call: Callable[[], Answer]) -> Answer:
        try:
            return patiently(call, on=_again)
        except ClientError as error:
            said = error.response["Error"]
            denied = any(word in said["Code"] for word in _DENIED)
            raise SourceError(
                f"`{self._where}`: {said['Message'].rstrip('.')}.",
                hint="The account needs `sqs:GetQueueUrl`, `sqs:GetQueueAttributes`,"
                " `sqs:ListDeadLetterSourceQueues` and `sqs:ReceiveMessage` on the queue."
                if denied
                else "Check the region and the name of the queue.",
            ) from None
        except NoCredentialsError:
            raise SourceError(
                f"`{self._where}` needs an account.",
                hint="Set `AWS_PROFILE`, or `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.",
            ) from None
        except BotoCoreError as error:
            raise SourceError(
                f"`{self._where}` does not answer: {error}.",
                hint="What was read is stored; run the same command again to go on.",
            ) from None


def _again(error: Exception) -> bool:
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= _SERVER_ERROR or "Throttl" in error.response["Error"]["Code"]
    return isinstance(error, BotoCoreError) and not isinstance(error, NoCredentialsError)


def _document(url: str, message: dict[str, Any]) -> bytes:
    """A message as Amazon writes it, without what is ours: our receipt, and its count."""
    attributes = dict(message["Attributes"])
    attributes["ApproximateReceiveCount"] = str(int(attributes["ApproximateReceiveCount"]) - 1)
    return orjson.dumps(
        {
            "QueueUrl": url,
            "MessageId": message["MessageId"],
            "MD5OfBody": message["MD5OfBody"],
            "Attributes": attributes,
            "MessageAttributes": {
                name: {
                    what: base64.b64encode(content).decode()
                    if isinstance(content, bytes)
                    else content
                    for what, content in value.items()
                }
                for name, value in message.get("MessageAttributes", {}).items()
            },
            "Body": message["Body"],
        }
    )
