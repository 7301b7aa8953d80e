"""SQL over an index of names: those that begin with a text, and those that begin with it but for one typo.

Names are compared byte by byte, so that all which begin with a text stand together in the index.
"""

from dataclasses import dataclass

# After all that begins with a text comes the text with the last character there is.
_LAST = "chr(1114111)"


@dataclass(frozen=True, slots=True)
class Names:
    """An index of names, as SQL: `key` over `table`.

    rows: what to read a row from; of it id, papers (how many papers it has) and name (for the order of equals).
    bytewise: the key's collation is "C"; else the index is one of text_pattern_ops, with operators of its own.
    """

    kind: str
    table: str
    key: str
    rows: str
    id: str
    papers: str
    name: str
    bytewise: bool = False

    @property
    def after(self) -> str:
        return ">" if self.bytewise else "~>~"

    @property
    def before(self) -> str:
        return "<" if self.bytewise else "~<~"

    def begin_with(self, text: str) -> str:
        """The condition that a name begins with a text."""
        from_on = ">=" if self.bytewise else "~>=~"
        return f"{self.key} {from_on} ({text}) AND {self.key} {self.before} ({text} || {_LAST})"

    def render(self, text: str, limit: str | int) -> str:
        """Names that begin with a text, as they sort: kind, id, whether it is the whole name, papers, name."""
        return f"""(
        SELECT '{self.kind}' AS kind, {self.id} AS id, {self.key} = {text} AS whole,
            {self.papers} AS papers, {self.name} COLLATE "C" AS name
        FROM {self.rows} WHERE {self.begin_with(text)}
        ORDER BY {self.key} USING {self.before} LIMIT {limit}
    )"""


# A typo can only stand where all before it is right: {alias}_reached has the lengths up to which the text is the
# beginning of some name. {alias}_followed has the characters that come next there, each found by a jump in the index:
# by one of these a wrong character is replaced, or one of them is missing. So whatever is tried is the beginning of
# some name up to there, which takes hundreds of look-ups where an alphabet would take thousands, in any alphabet.
# UNION, not UNION ALL: a name may hold the last character there is, over which no jump leads.
_TYPOS = """
{alias}_reached (length) AS (
    SELECT 0 WHERE length({text}) >= {shortest} AND {condition}
    UNION ALL
    SELECT length + 1 FROM {alias}_reached
    WHERE length + 1 < length({text}) AND EXISTS (SELECT FROM {table} WHERE {begin_longer})
),
{alias}_followed (length, next) AS (
    SELECT length, substr(name.key, length + 1, 1)
    FROM {alias}_reached CROSS JOIN LATERAL (
        SELECT {key} AS key FROM {table}
        WHERE {key} {after} left({text}, length) AND {key} {before} (left({text}, length) || {last})
        ORDER BY {key} USING {before} LIMIT 1
    ) AS name
    UNION
    SELECT length, substr(name.key, length + 1, 1)
    FROM {alias}_followed CROSS JOIN LATERAL (
        SELECT {key} AS key FROM {table}
        WHERE {key} {after} (left({text}, length) || next || {last})
            AND {key} {before} (left({text}, length) || {last})
        ORDER BY {key} USING {before} LIMIT 1
    ) AS name
),
{alias}_corrected (corrected) AS (
    SELECT left({text}, length) || next || substr({text}, length + 2) FROM {alias}_followed
    UNION
    SELECT left({text}, length) || next || substr({text}, length + 1) FROM {alias}_followed
    UNION
    SELECT left({text}, length) || reverse(substr({text}, length + 1, 2)) || substr({text}, length + 3)
    FROM {alias}_reached
    UNION
    SELECT left({text}, length) || substr({text}, length + 2)
    FROM {alias}_reached WHERE length({text}) > {shortest}
)"""


def render_typos(names: Names, alias: str, text: str, condition: str, shortest: int) -> str:
    """Common table expressions, the last of them `{alias}_corrected (corrected)`: what the text may have meant.

    Nothing unless the condition holds, nothing for texts shorter than `shortest`, and none is made so.
    """
    return _TYPOS.format(
        alias=alias,
        text=text,
        condition=condition,
        shortest=shortest,
        table=names.table,
        key=names.key,
        after=names.after,
        before=names.before,
        last=_LAST,
        begin_longer=names.begin_with(f"left({text}, length + 1)"),
    )
