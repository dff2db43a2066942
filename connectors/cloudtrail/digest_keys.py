"""Whether AWS signed a digest: its time, its place, its hash and the signature before it.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from forensics.model.errors import UsageError


class Keys:
    """The public keys of a region, each by its fingerprint; one in PEM is for all digests."""

    def __init__(self, content: bytes, *, where: Path) -> None:
        """Read them.

        Args:
            content: The answer of `aws cloudtrail list-public-keys`, or one key in PEM.
            where: Their file, for the sentence.

        Raises:
            UsageError: There is no RSA key in it.
        """
        self._keys: dict[str, RSAPublicKey] = {}
        try:
            if content.lstrip().startswith(b"-----"):
                found = {"": load_pem_public_key(content)}
            else:
                found = {
                    key["Fingerprint"]: load_der_public_key(base64.b64decode(key["Value"]))
                    for key in json.loads(content)["PublicKeyList"]
                }
        except (KeyError, TypeError, UnsupportedAlgorithm, ValueError):
            found = {}
        for fingerprint, key in found.items():
            if isinstance(key, RSAPublicKey):
                self._keys[fingerprint] = key
        if not self._keys:
            raise UsageError(
                f"`{where}` holds no public key of CloudTrail's.",
                hint="Keep the answer of `aws cloudtrail list-public-keys --start-time … --end-time"
                " …` for the time of the digests, in their region.",
            )

    def knows(self, digest: Mapping[str, Any]) -> bool:
        """Whether there is a key that may have signed a digest."""
        return self._key(digest) is not None

    def signed(self, digest: Mapping[str, Any], content: bytes, signature: str) -> bool:
        """Whether a signature is that of a digest.

        Args:
            digest: What it says.
            content: Its bytes, unpacked.
            signature: In hexadecimal digits.
        """
        key = self._key(digest)
        if key is None:
            return False
        text = "\n".join(
            (
                str(digest.get("digestEndTime")),
                f"{digest.get('digestS3Bucket')}/{digest.get('digestS3Object')}",
                hashlib.sha256(content).hexdigest(),
                str(digest.get("previousDigestSignature") or "null"),
            )
        )
        try:
            key.verify(bytes.fromhex(signature), text.encode(), PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True

    def _key(self, digest: Mapping[str, Any]) -> RSAPublicKey | None:
        return self._keys.get(str(digest.get("digestPublicKeyFingerprint"))) or self._keys.get("")
