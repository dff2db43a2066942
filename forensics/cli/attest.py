"""`forensics attest`: does what vouches for a log hold, digests beside it or signatures in it?"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

import connectors.registry
from connectors.cloudtrail import digests
from connectors.live.source import loaded
from connectors.webhooks import signatures
from forensics.cli import options, printing
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import Notice, SourceSpec

_SHOWN = 20
_GOOD = frozenset({"intact", "valid"})
_UNCHECKED = "no request"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(attest)


def attest(
    source: Annotated[str, typer.Argument(help="CloudTrail's folder, or requests as received.")],
    *,
    provider: Annotated[
        str, typer.Option(metavar="NAME", help="Check the requests' signatures as this one's.")
    ] = "",
    secret_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The secret that it shares with you.")
    ] = None,
    url: Annotated[
        str, typer.Option(metavar="URL", help="Where the provider sends to; some sign it.")
    ] = "",
    public_keys: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CloudTrail's public keys, which signed its digests."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Check a log against CloudTrail's digests, or webhooks against their signatures.

    Exit code 1 when something is changed, missing, named by no digest, unsigned or badly signed;
    3 when nothing could be checked. `--public-keys` takes the answer of `aws cloudtrail
    list-public-keys`; without it the digests' own signatures are not checked.
    """
    if provider:
        results = list(_signed(source, provider, _secret(secret_file), url))
    else:
        results = list(_digested(Path(source), public_keys))
    if as_json:
        printing.document([{"what": what, "verdict": verdict} for what, verdict in results])
    else:
        _print(results)
    verdicts = {verdict for _, verdict in results} - {_UNCHECKED}
    raise typer.Exit(3 if not verdicts else 1 if verdicts - _GOOD else 0)


def _digested(folder: Path, public_keys: Path | None) -> Iterator[tuple[str, str]]:
    """Each of CloudTrail's files and what the digests say of it."""
    if not folder.is_dir():
        raise UsageError(
            f"`{folder}` is no folder with CloudTrail's logs and digests.",
            hint="For webhooks say whose they are: `--provider stripe --secret-file PATH`.",
        )
    found = digests.checked(folder, _keys(public_keys) if public_keys else None)
    if not any(file.digest for file in found):
        raise UsageError(
            f"There is no digest in `{folder}` that names one of its files.",
            hint="Copy `CloudTrail-Digest/` beside `CloudTrail/`, as it lies in the bucket.",
        )
    for file in found:
        yield file.name, file.verdict


def _keys(file: Path) -> digests.Keys:
    module = loaded(
        "connectors.cloudtrail.digest_keys",
        library="cryptography",
        extra="attest",
        what="Checking the digests' signatures",
    )
    try:
        keys: digests.Keys = module.Keys(file.read_bytes(), where=file)
    except OSError as error:
        raise UsageError(f"`{file}` cannot be read: {error.strerror}.") from None
    return keys


def _signed(source: str, provider: str, secret: str, url: str) -> Iterator[tuple[str, str]]:
    """Each request and what its signature says."""
    spec = SourceSpec.parse(source, final=True)
    for item in connectors.registry.connector(spec).pages(()):
        if isinstance(item, Notice):
            if item.state == "failed":
                raise SourceError(item.sentence)
            continue
        for offset, document in zip(
            item.records["offset"].to_pylist(), item.records["document"].to_pylist(), strict=True
        ):
            request = _request(document, url)
            place = f"{item.part.display}:{offset}"
            if request is None:
                yield place, _UNCHECKED
            else:
                yield place, signatures.checked(request, provider=provider, secret=secret)


def _request(document: bytes, url: str) -> signatures.Request | None:
    """A line of the form that `docs/webhooks.md` describes; None for any other."""
    try:
        line: Any = orjson.loads(document)
        body = line.get("body") or ""
        headers = {
            name: value[0] if isinstance(value, list) else str(value)
            for name, value in line["headers"].items()
        }
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, IndexError):
        return None
    if not isinstance(body, str):
        # Signed were bytes that nobody kept; what they said in another form proves nothing.
        return None
    return signatures.Request(
        body=body.encode(), headers=headers, method=str(line.get("method") or "POST"), url=url
    )


def _secret(file: Path | None) -> str:
    if file is None:
        raise UsageError(
            "A signature is checked with the secret.", hint="Say `--secret-file PATH`."
        )
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UsageError(f"`{file}` cannot be read: {error.strerror}.") from None


def _print(results: list[tuple[str, str]]) -> None:
    counts = Counter(verdict for _, verdict in results)
    printing.table(
        ("verdict", "count"), [(verdict, f"{n:,}") for verdict, n in counts.most_common()]
    )
    doubtful = [(what, verdict) for what, verdict in results if verdict not in _GOOD]
    if doubtful:
        printing.line()
        printing.table(("not vouched for", "verdict"), doubtful[:_SHOWN])
    if len(doubtful) > _SHOWN:
        printing.line(f"… and {len(doubtful) - _SHOWN:,} more; `--json` lists all.")
