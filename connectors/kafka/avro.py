"""Values in Avro as JSON that says no more and no less than they do.

https://avro.apache.org/docs/current/specification/
"""

import base64
import io
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import orjson
from avro.io import BinaryDecoder, DatumReader
from avro.name import Names
from avro.schema import make_avsc_object
from fastavro import parse_schema, schemaless_reader

from connectors.kafka.schemas import Reader

_Kind = Any
"""A schema, as its JSON has it."""


def reader(texts: Sequence[str]) -> Reader:
    """What reads values of a schema.

    Args:
        texts: The schema, after those that it refers to.

    Raises:
        ValueError: It is no schema.
    """
    named: dict[str, Any] = {}
    try:
        schemas = [parse_schema(orjson.loads(text), named_schemas=named) for text in texts]
        nests = any(_contains_itself(schema, ()) for schema in schemas)
        walk = _walk(schemas) if nests else None
    except Exception as error:  # noqa: BLE001 - a schema can be wrong in any way
        raise ValueError(f"it is no Avro schema ({error})") from None

    def found(content: bytes, *, framed: bool) -> orjson.Fragment:
        del framed
        stream = io.BytesIO(content)
        try:
            if walk:
                walk(content)
            document = orjson.dumps(_plain(schemaless_reader(stream, schemas[-1], None)))
        except Exception:  # noqa: BLE001 - bytes of another schema fail in any way
            raise ValueError("not of the Avro schema") from None
        if stream.read(1):
            raise ValueError("longer than the Avro schema has it")
        return orjson.Fragment(document)

    return found


def _walk(schemas: Sequence[_Kind]) -> Callable[[bytes], object]:
    """What fails where a value nests too deep: `fastavro` has no limit, and ends the process."""
    names = Names(validate_names=False)
    *_, schema = [
        make_avsc_object(_shape(one), names, validate_names=False, validate_enum_symbols=False)
        for one in schemas
    ]
    values = DatumReader(schema)
    return lambda content: values.read(BinaryDecoder(io.BytesIO(content)))


def _shape(kind: _Kind) -> _Kind:
    """A schema with what its bytes depend on alone, for the two libraries differ in the rest."""
    if isinstance(kind, list):
        return [_shape(one) for one in kind]
    if not isinstance(kind, dict):
        return kind
    shape = {name: kind[name] for name in ("name", "symbols", "size") if name in kind}
    shape |= {name: _shape(kind[name]) for name in ("items", "values", "type") if name in kind}
    if "fields" in kind:
        shape["fields"] = [_shape(field) for field in kind["fields"]]
    return shape


def _contains_itself(kind: _Kind, inside: Sequence[str]) -> bool:
    """Whether a record is named where it is being defined."""
    if isinstance(kind, str):
        return kind in inside
    if isinstance(kind, list):
        return any(_contains_itself(one, inside) for one in kind)
    within = [*inside, kind["name"]] if "fields" in kind else inside
    parts = [field["type"] for field in kind.get("fields", ())]
    parts += [kind[name] for name in ("items", "values", "type") if name in kind]
    return any(_contains_itself(part, within) for part in parts)


def _plain(value: object) -> object:
    """What `orjson` can write without a loss."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, Decimal):
        return orjson.Fragment(f"{value:f}")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
