"""From the text of a document to one that is known to be valid and within limits. The last ones are kept."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)

from service.errors import ApiError, BadRequest
from service.graphql.limits import check_limits, refuse
from service.settings import Settings

# Characters of text; a parsed document takes some hundred times as much memory as its text.
CACHE_CHARACTERS = 128_000
# More would only help to probe the schema, and make answers long.
MAX_ERRORS = 5


class InvalidDocument(BadRequest):
    """The document does not parse or does not fit the schema. errors: what graphql-core found."""

    code = "invalid_document"

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass(slots=True)
class Document:
    """A valid document with its operations by name (None: the anonymous one)."""

    syntax: DocumentNode
    operations: dict[str | None, OperationDefinitionNode]
    # Operations known to be within limits whatever the variables.
    checked: set[str | None] = field(default_factory=set)


class Documents:
    """Reads documents against one schema under the limits of the settings."""

    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        self._schema = schema
        self._settings = settings
        self._rules = list(specified_rules)
        if not settings.introspection:
            self._rules.append(NoSchemaIntrospectionCustomRule)
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0

    def read(
        self, text: str, operation_name: str | None, variables: Mapping[str, Any]
    ) -> tuple[Document, OperationDefinitionNode]:
        """The document and the operation to run.

        Raises InvalidDocument, and BadRequest with the code document_too_complex for what exceeds a limit.
        """
        document = self._kept.get(text)
        is_new = document is None
        if document is None:
            document = self._parse(text)
        else:
            self._kept.move_to_end(text)
        operation = _choose(document, operation_name)
        # All operations are validated, so all must be within limits first.
        for name, one in document.operations.items() if is_new else [(operation_name, operation)]:
            self._check_limits(document, name, one, variables)
        if is_new:
            errors = validate(
                self._schema,
                document.syntax,
                self._rules,
                max_errors=MAX_ERRORS,
                hide_suggestions=not self._settings.introspection,
            )
            if errors:
                raise InvalidDocument(errors)
            self._keep(text, document)
        return document, operation

    def _parse(self, text: str) -> Document:
        tokens = self._settings.graphql_max_tokens
        try:
            syntax = parse(text, max_lexical_tokens=tokens, max_comments=tokens)
        except GraphQLSyntaxError as error:
            # What its limits on tokens, comments and nesting say.
            if "Parsing aborted" in error.message:
                raise refuse(error.message.removeprefix("Syntax Error: "), "Split the document.") from None
            raise InvalidDocument([error]) from None
        operations: dict[str | None, OperationDefinitionNode] = {}
        for node in syntax.definitions:
            if isinstance(node, OperationDefinitionNode):
                operations.setdefault(node.name.value if node.name else None, node)
        return Document(syntax, operations)

    def _check_limits(
        self,
        document: Document,
        name: str | None,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> None:
        if name in document.checked:
            return
        if not check_limits(self._schema, document.syntax, operation, variables, self._settings):
            document.checked.add(name)

    def _keep(self, text: str, document: Document) -> None:
        if len(text) > CACHE_CHARACTERS // 8:
            return
        self._kept[text] = document
        self._characters += len(text)
        while self._characters > CACHE_CHARACTERS:
            dropped, _ = self._kept.popitem(last=False)
            self._characters -= len(dropped)


def _choose(document: Document, name: str | None) -> OperationDefinitionNode:
    operations = document.operations
    if not operations:
        raise _no_operation("The document has no operation.", "Begin it with { or query.")
    if any(one.operation is not OperationType.QUERY for one in operations.values()):
        raise _no_operation("Only queries can be run.", "Nothing can be changed or subscribed to over GraphQL.")
    if name is not None:
        if name not in operations:
            raise _no_operation(
                "The document has no operation of this name.", "operationName is one of the document's names."
            )
        return operations[name]
    if len(operations) > 1:
        raise _no_operation("The document has several operations.", "Say which with operationName.")
    return next(iter(operations.values()))


def _no_operation(detail: str, hint: str) -> ApiError:
    return BadRequest(detail, code="invalid_document", hint=hint)
