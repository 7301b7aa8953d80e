"""JSON Schema in few words: what the components of openapi.yaml are written with."""

from typing import Any

Schema = dict[str, Any]
# A day, a month or a year, as given.
DATE = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def described(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def string(description: str = "", **more: Any) -> Schema:
    return {"type": "string", **({"description": description} if description else {}), **more}


def optional(description: str = "", **more: Any) -> Schema:
    return string(description, **more) | {"type": ["string", "null"]}


def array(items: Schema, description: str = "") -> Schema:
    return {"type": "array", "items": items, **({"description": description} if description else {})}


def count(description: str = "") -> Schema:
    return {"type": "integer", "minimum": 0, **({"description": description} if description else {})}


def obj(properties: Schema, optional: tuple[str, ...] = (), description: str = "") -> Schema:
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        **({"description": description} if description else {}),
        "properties": properties,
        **({"required": required} if required else {}),
    }
