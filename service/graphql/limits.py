"""What a document may ask for, found by one walk over it before it is validated.

The walk merges the selections of a response key as execution does and enters a fragment once a selection set, and it
may take MAX_STEPS steps, so its time is bounded whatever the document does with its fragments. Tokens are bounded
earlier, by the parser.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_list_type,
    value_from_ast_untyped,
)
from graphql.pyutils import Undefined
from graphql.type import get_nullable_type

from service.errors import BadRequest
from service.papers import DEFAULT_LIMIT, MAX_LIMIT
from service.queries.details import MAX_BESIDE
from service.settings import Settings

# Selections looked at. A document of 2,000 tokens has about 1,000 at most when no fragment is used twice.
MAX_STEPS = 5_000
# Papers, repositories and models that an answer may hold, by the page sizes asked for.
MAX_ROWS = 10_000
# Fields that an answer may hold: each takes some 5 microseconds in which nobody else is answered.
MAX_FIELDS = 100_000
# A paper is reckoned to have this many repositories, and this many models.
ROWS_OF_A_LIST = 5
# Fields that cost the database far more than the rows they answer with, reckoned in rows each time they are asked for.
ROWS_OF_A_SEARCH = {
    ("PaperConnection", "facets"): 400,
    ("Paper", "related"): 200,
    ("Model", "coMentioned"): 400,
    ("Repo", "models"): 400,
}
# The schema is reckoned to have this many types.
INTROSPECTED_TYPES = 40
# Selections of a response key that is already selected, and fragments: validation compares both pair by pair.
MAX_REPEATS = 100
MAX_FRAGMENTS = 100
# The introspection query of the common clients is 14 deep, and it must work wherever introspection is on.
INTROSPECTION_DEPTH = 20

_Composite = GraphQLObjectType | GraphQLInterfaceType


def check_limits(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    settings: Settings,
) -> bool:
    """Raises BadRequest (document_too_complex) saying which limit an operation passes.

    Returns whether that depends on the variables.
    """
    fragments = sum(isinstance(node, FragmentDefinitionNode) for node in document.definitions)
    if fragments > MAX_FRAGMENTS:
        raise refuse(f"More than {MAX_FRAGMENTS} fragments.", "Split the document.")
    walk = _Walk(schema, document, operation, variables, settings)
    if schema.query_type is not None:
        walk.enter([operation.selection_set], schema.query_type, rows=1, depth=1, limit=settings.graphql_max_depth)
    for value, limit, what, hint in (
        (len(walk.aliases), settings.graphql_max_aliases, "aliases", "Split the document."),
        (walk.repeats, MAX_REPEATS, "fields selected again", "Select a field once."),
        (walk.rows, MAX_ROWS, "papers, repositories and models to answer with", "Ask for smaller pages: first."),
        (walk.fields, MAX_FIELDS, "fields to answer with", "Ask for smaller pages (first) or fewer fields."),
    ):
        if value > limit:
            raise refuse(f"More than {limit:,} {what}.", hint)
    return walk.varies


def refuse(detail: str, hint: str) -> BadRequest:
    return BadRequest(detail, code="document_too_complex", hint=hint)


class _Walk:
    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
        settings: Settings,
    ) -> None:
        self._introspection_depth = max(settings.graphql_max_depth, INTROSPECTION_DEPTH)
        self._schema = schema
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._variables = {
            node.variable.name.value: value_from_ast_untyped(node.default_value)
            for node in operation.variable_definitions or ()
            if node.default_value is not None
        } | dict(variables)
        self._steps = 0
        # By identity: an alias in a fragment is one alias wherever the fragment is used.
        self.aliases: set[int] = set()
        self.repeats = 0
        self.rows = 0
        self.fields = 0
        self.varies = False

    def enter(
        self,
        sets: Iterable[SelectionSetNode],
        parent: _Composite | None,
        *,
        rows: int,
        depth: int,
        limit: int,
        connections: int = 1,
    ) -> None:
        """Walk the fields of these selection sets, merged.

        rows: how many objects they are asked of; of a connection, how many are in it, and `connections` how many there
        are of it. depth, limit: how far down they are, and how far down they may be.
        A type or field that is not in the schema is None here; validation reports it.
        """
        if depth > limit:
            # At once: fragments that contain themselves have no end.
            raise refuse(f"More than {limit:,} levels of fields.", "Ask for less at once.")
        fields = self._collect(sets)
        self.fields += rows * len(fields)
        for nodes in fields.values():
            self.repeats += len(nodes) - 1
            below = [node.selection_set for node, _ in nodes if node.selection_set is not None]
            if not below:
                continue
            node, condition = nodes[0]
            of = condition or parent
            field = self._schema.get_field(of, node.name.value) if of is not None else None
            named = get_named_type(field.type) if field is not None else None
            inner = named if isinstance(named, _Composite) else None
            count = rows * self._count_rows(field, of, node) if field is not None and of is not None else rows
            if inner is not None and _is_node(inner):
                self.rows += count
            searched = ROWS_OF_A_SEARCH.get((of.name, node.name.value), 0) if of is not None else 0
            if searched and of is not None:
                in_page = of.name.endswith("Connection")
                asked = connections if in_page else rows
                self.rows += asked * searched
                count = asked if in_page else count
            introspects = node.name.value in ("__schema", "__type")
            self.enter(
                below,
                inner,
                rows=count,
                connections=rows,
                depth=depth + 1,
                limit=self._introspection_depth if introspects else limit,
            )

    def _collect(self, sets: Iterable[SelectionSetNode]) -> dict[str, list[tuple[FieldNode, _Composite | None]]]:
        """Fields by response key, each with the type of the fragment it stands in."""
        fields: dict[str, list[tuple[FieldNode, _Composite | None]]] = {}
        entered: set[str] = set()
        pending: list[tuple[SelectionSetNode, _Composite | None]] = [(one, None) for one in reversed(list(sets))]
        while pending:
            selection_set, condition = pending.pop()
            self._steps += len(selection_set.selections)
            if self._steps > MAX_STEPS:
                raise refuse("The document's fragments unfold into too many fields.", "Use fewer fragments.")
            for selection in selection_set.selections:
                if isinstance(selection, FieldNode):
                    key = selection.name.value
                    if selection.alias is not None:
                        key = selection.alias.value
                        self.aliases.add(id(selection))
                    fields.setdefault(key, []).append((selection, condition))
                elif isinstance(selection, FragmentSpreadNode):
                    name = selection.name.value
                    fragment = self._fragments.get(name)
                    if fragment is not None and name not in entered:
                        entered.add(name)
                        pending.append((fragment.selection_set, self._find_type(fragment.type_condition.name.value)))
                elif isinstance(selection, InlineFragmentNode):
                    named = selection.type_condition
                    inner = self._find_type(named.name.value) if named is not None else condition
                    pending.append((selection.selection_set, inner))
        return fields

    def _find_type(self, name: str) -> _Composite | None:
        found = self._schema.get_type(name)
        return found if isinstance(found, _Composite) else None

    def _count_rows(self, field: GraphQLField, parent: _Composite, node: FieldNode) -> int:
        if "first" in field.args:
            first = self._find_argument(node, "first")
            known = isinstance(first, int) and not isinstance(first, bool)
            default = field.args["first"].default_value
            return min(max(first, 0), MAX_LIMIT) if known else default if isinstance(default, int) else DEFAULT_LIMIT
        if "ids" in field.args:
            ids = self._find_argument(node, "ids")
            return min(len(ids), MAX_LIMIT) if isinstance(ids, list) else 1
        # A connection's page size was counted at the connection.
        if not is_list_type(get_nullable_type(field.type)) or parent.name.endswith("Connection"):
            return 1
        if (parent.name, node.name.value) in ROWS_OF_A_SEARCH:
            return MAX_BESIDE
        return INTROSPECTED_TYPES if parent.name == "__Schema" else ROWS_OF_A_LIST

    def _find_argument(self, node: FieldNode, name: str) -> Any:
        for argument in node.arguments or ():
            if argument.name.value == name:
                if isinstance(argument.value, VariableNode):
                    self.varies = True
                    return self._variables.get(argument.value.name.value)
                return value_from_ast_untyped(argument.value, self._variables)
        return Undefined


def _is_node(named: _Composite) -> bool:
    return named.name == "Node" or any(interface.name == "Node" for interface in named.interfaces)
