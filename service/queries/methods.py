"""Methods, and the names that they and models are asked for by."""

from service.errors import BadRequest
from service.names import model_keys, model_slug
from service.queries.arguments import Arguments


def find_by_method(values: tuple[str, ...], arguments: Arguments) -> str:
    """A condition on `p` (papers): any of these methods is named."""
    keys, slugs = read_names(values, "method", "A name as LoRA.")
    found = (f"key = ANY({arguments.add(keys, 'text[]')})", f"slug = ANY({arguments.add(slugs, 'text[]')})")
    return f"p.id IN ({' UNION '.join(f'SELECT paper_id FROM paper_methods WHERE {one}' for one in found)})"


def read_names(values: tuple[str, ...], parameter: str, hint: str) -> tuple[list[str], list[str]]:
    """The keys and the slugs to look names up by. Raises BadRequest for what is no name."""
    keys = []
    for value in values:
        found = model_keys(value)
        if not found:
            noun = "method" if parameter == "method" else "model"
            raise BadRequest(f"{value[:100]!r} names no {noun}.", parameter=parameter, hint=hint)
        keys += found
    return keys, [model_slug(value) for value in values]
