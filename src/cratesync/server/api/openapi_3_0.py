"""The OpenAPI document in version 3.0, for the bundled Swagger UI 4, which reads no 3.1.

What differs is JSON Schema: https://www.openapis.org/blog/2021/02/16/migrating-from-openapi-3-0-to-3-1-0
"""

from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_NULL: dict[str, Json] = {"type": "null"}


def to_3_0(document: Json) -> Json:
    """Rewrite a 3.1 document."""
    rewritten = _rewrite(document)
    if isinstance(rewritten, dict):
        rewritten["openapi"] = "3.0.3"
    return rewritten


def _rewrite(node: Json) -> Json:
    if isinstance(node, list):
        return [_rewrite(member) for member in node]
    if not isinstance(node, dict):
        return node
    fresh = {name: _rewrite(value) for name, value in node.items()}
    if "const" in fresh:
        fresh["enum"] = [fresh.pop("const")]
    kinds = fresh.get("type")
    if isinstance(kinds, list):
        fresh |= {
            "type": next((kind for kind in kinds if kind != "null"), "string"),
            "nullable": "null" in kinds,
        }
    for union in ("oneOf", "anyOf"):
        members = fresh.get(union)
        if isinstance(members, list) and _NULL in members:
            fresh[union] = [member for member in members if member != _NULL]
            fresh["nullable"] = True
    for bound, flag in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(fresh.get(flag), int | float) and not isinstance(fresh[flag], bool):
            fresh |= {bound: fresh[flag], flag: True}
    return fresh
