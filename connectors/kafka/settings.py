"""What librdkafka is told about how to reach a cluster."""

from connectors.live.address import Address
from forensics.model.errors import UsageError

_ISOLATIONS = ("committed", "uncommitted")
_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


def settings(address: Address) -> dict[str, str | int | float | bool]:
    """The library's settings for an address; they may hold its secret.

    Raises:
        UsageError: An option says something that does not exist.
        SourceError: An account is named and its password is nowhere.
    """
    isolation = address.options.get("isolation", "committed")
    if isolation not in _ISOLATIONS:
        raise UsageError.unknown("isolation", isolation, known=_ISOLATIONS, where=address.text)
    tls = address.options.get("tls") == "yes"
    found: dict[str, str | int | float | bool] = {
        "bootstrap.servers": address.netloc,
        "client.id": "forensics",
        "allow.auto.create.topics": False,
        "security.protocol": f"{'SASL_' if address.user else ''}{'SSL' if tls else 'PLAINTEXT'}",
    }
    if "ca" in address.options:
        found["ssl.ca.location"] = address.options["ca"]
    if address.user:
        mechanism = address.options.get("sasl", "PLAIN").upper()
        if mechanism not in _MECHANISMS:
            raise UsageError.unknown(
                "way to sign in", mechanism, known=_MECHANISMS, where=address.text
            )
        found |= {
            "sasl.mechanism": mechanism,
            "sasl.username": address.user,
            "sasl.password": address.required_secret("password"),
        }
    return found
