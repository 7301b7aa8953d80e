"""Which fields a document asks for below a field, so that queries/ computes no others."""

from collections.abc import Iterable
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
)
from graphql.language import SelectionNode


def find_selected(info: GraphQLResolveInfo[Any], *paths: tuple[str, ...]) -> set[str]:
    """The names of the fields selected below the field being resolved, at any of these paths below it.

    `find_selected(info, ("edges", "node"), ("nodes",))`. Type conditions are not looked at: what any type asks for
    counts. Linear in the document, since a selection set enters each fragment once.
    """
    found: set[str] = set()
    for path in paths:
        nodes = list(info.field_nodes)
        for name in path:
            nodes = _collect(info, nodes).get(name, [])
        found.update(_collect(info, nodes))
    return found


def find_arguments(info: GraphQLResolveInfo[Any], name: str) -> list[dict[str, Any]]:
    """The arguments of each field of this name directly below the field being resolved: one an alias."""
    parent = get_named_type(info.return_type)
    if not isinstance(parent, GraphQLObjectType):
        return []
    nodes = _collect(info, info.field_nodes).get(name, [])
    return [get_argument_values(parent.fields[name], node, info.variable_values) for node in nodes]


def _collect(info: GraphQLResolveInfo[Any], nodes: Iterable[FieldNode]) -> dict[str, list[FieldNode]]:
    """The fields below these, by name."""
    fields: dict[str, list[FieldNode]] = {}
    entered: set[str] = set()
    pending: list[SelectionSetNode] = [node.selection_set for node in nodes if node.selection_set]
    while pending:
        for selection in pending.pop().selections:
            if not _is_wanted(info, selection):
                continue
            if isinstance(selection, FieldNode):
                fields.setdefault(selection.name.value, []).append(selection)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in entered:
                    entered.add(name)
                    pending.append(info.fragments[name].selection_set)
            else:
                pending.append(selection.selection_set)  # type: ignore[attr-defined]
    return fields


def _is_wanted(info: GraphQLResolveInfo[Any], selection: SelectionNode) -> bool:
    if not selection.directives:
        return True
    skip = get_directive_values(GraphQLSkipDirective, selection, info.variable_values)
    include = get_directive_values(GraphQLIncludeDirective, selection, info.variable_values)
    return not (skip and skip["if"]) and not (include and not include["if"])
