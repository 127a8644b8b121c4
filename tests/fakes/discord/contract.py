"""Requests held against Discord's own OpenAPI file, where it lies beside the repository."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from tests.shared_data import SHARED

FILE = SHARED / "contracts" / "discord-openapi.json"
_SNOWFLAKE_FROM = 1 << 50  # numbers this large are IDs, which the library sends as numbers
_LIBRARY_SENDS = frozenset({"tts"})  # also where messages are edited; Discord does not mind
_NOT_IDS = frozenset({"nonce", "default_member_permissions", "permissions", "allow", "deny"})


@dataclass(frozen=True, slots=True)
class Violation:
    """A request that Discord's file does not allow."""

    route: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.route}: {self.where}: {self.what}"


@functools.cache
def contract() -> Contract | None:
    """The file, read once; None where it is absent."""
    if not FILE.is_file():
        return None
    return Contract(json.loads(FILE.read_text(encoding="utf-8")))


class Contract:
    """Discord's file; its validators are made when first needed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}
        self._known: dict[str, frozenset[str] | None] = {}
        self._templates = [
            (re.compile("^" + re.sub(r"\{\w+\}", "[^/]+", path) + "$"), path)
            for path in document["paths"]
        ]

    def template_of(self, path: str) -> str | None:
        """The file's path that fits one; the most literal wins."""
        fits = [template for pattern, template in self._templates if pattern.match(path)]
        return min(fits, key=lambda each: each.count("{"), default=None)

    def violations(
        self, method: str, path: str, *, query: Mapping[str, str], body: Any, has_body: bool
    ) -> Iterator[Violation]:
        """What the file holds against a request; `path` without /api/v10."""
        template = self.template_of(path)
        operations = self._document["paths"].get(template, {}) if template else {}
        operation = operations.get(method.lower())
        route = f"{method} {template or path}"
        if operation is None:
            yield Violation(route, "path", "no such operation")
            return
        parameters = [*operations.get("parameters", ()), *operation.get("parameters", ())]
        assert template is not None
        given = dict(zip(template.split("/"), path.split("/"), strict=True))
        yield from self._parameters(route, parameters, given, query)
        yield from self._body(route, operation, body, has_body=has_body)

    def _parameters(
        self,
        route: str,
        parameters: list[Mapping[str, Any]],
        given: Mapping[str, str],
        query: Mapping[str, str],
    ) -> Iterator[Violation]:
        names = {each["name"] for each in parameters if each["in"] == "query"}
        for stranger in query.keys() - names:
            yield Violation(route, f"query {stranger}", "unknown parameter")
        for each in parameters:
            name, where = each["name"], each["in"]
            value = given.get(f"{{{name}}}") if where == "path" else query.get(name)
            if value is None:
                if each.get("required"):
                    yield Violation(route, f"{where} {name}", "is required")
                continue
            schema = each["schema"]
            validator = self._validator(f"{route} {where} {name}", schema)
            errors = [error.message for error in validator.iter_errors(_typed(value, schema))]
            if errors:
                yield Violation(route, f"{where} {name}", errors[0][:300])

    def _body(
        self, route: str, operation: Mapping[str, Any], body: Any, *, has_body: bool
    ) -> Iterator[Violation]:
        wanted = operation.get("requestBody")
        if wanted is None:
            if has_body and body not in (None, {}):
                yield Violation(route, "body", "takes no body")
            return
        if not has_body:
            if wanted.get("required"):
                yield Violation(route, "body", "is required")
            return
        content = wanted["content"]
        kind = "application/json" if "application/json" in content else next(iter(content))
        schema = content[kind]["schema"]
        seen = _with_ids_as_text(body)
        for error in self._validator(route, schema).iter_errors(seen):
            where = "/".join(str(step) for step in error.instance_path) or "body"
            yield Violation(route, where, error.message[:300])
        known = self._properties(route, schema)
        if known is not None and isinstance(body, dict):
            for stranger in sorted(body.keys() - known - _LIBRARY_SENDS):
                yield Violation(route, stranger, "unknown field")

    def _validator(self, key: str, schema: Any) -> jsonschema_rs.Draft202012Validator:
        if key not in self._validators:
            whole = {"allOf": [schema], "components": self._document["components"]}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole)
        return self._validators[key]

    def _properties(self, key: str, schema: Any) -> frozenset[str] | None:
        if key not in self._known:
            self._known[key] = self._properties_of(schema)
        return self._known[key]

    def _properties_of(self, schema: Any) -> frozenset[str] | None:
        """Every field that an object may have, or None where anything goes."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self._properties_of(self._document["components"]["schemas"][name])
        parts = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
        found = [self._properties_of(part) for part in parts]
        own = frozenset(schema.get("properties", ()))
        if not own and not any(found):
            return None
        return own.union(*(each for each in found if each))


def _typed(value: str, schema: Mapping[str, Any]) -> Any:
    kinds = schema.get("type", "string")
    if "integer" in kinds and value.lstrip("-").isdigit():
        return int(value)
    if "boolean" in kinds and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    return value


def _with_ids_as_text(body: Any, key: str = "") -> Any:
    """The library sends IDs as numbers, which Discord takes and its file does not."""
    if isinstance(body, dict):
        return {name: _with_ids_as_text(value, name) for name, value in body.items()}
    if isinstance(body, list):
        if key == "attachments":  # numbered by the library
            return [{**each, "id": str(each["id"])} for each in body]
        return [_with_ids_as_text(value, key) for value in body]
    is_id = isinstance(body, int) and not isinstance(body, bool) and body >= _SNOWFLAKE_FROM
    return str(body) if is_id and key not in _NOT_IDS else body
