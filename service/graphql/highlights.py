"""Where the words of a query stand: the types of an edge's highlights."""

import strawberry


@strawberry.type(description="A place in a text, in code points from 0, end exclusive.")
class Range:
    start: int
    end: int


@strawberry.type(description="A text and where the words of the query stand in it.")
class Highlight:
    ranges: list[Range] = strawberry.field(description="In order, none touching another; a phrase is one.")
    html: str = strawberry.field(description="The whole text, escaped, each range in a mark element.")


@strawberry.type
class Highlights:
    title: Highlight
    abstract: Highlight
