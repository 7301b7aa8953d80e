"""The numbered parameters of a statement under construction: values never become SQL text."""


class Arguments:
    """Collects values in the order of their placeholders."""

    def __init__(self) -> None:
        self.values: list[object] = []

    def add(self, value: object, sql_type: str) -> str:
        """Remember a value; returns its placeholder with its type, as `$3::text[]`."""
        self.values.append(value)
        return f"${len(self.values)}::{sql_type}"


def escape_like(text: str) -> str:
    """Text that LIKE matches literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
