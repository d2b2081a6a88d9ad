"""The rules that documents must keep, made ready for texts that were never seen.

graphql-core 3.3 makes the visitors of all rules anew for each text, and each of them looks for the names of four
methods on itself for each kind of node: a third of what validating takes. What a class has it need find only once.
"""

from graphql import ASTValidationRule, NoSchemaIntrospectionCustomRule, specified_rules
from graphql.language.visitor import EnterLeaveVisitor
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from typing_extensions import override

from server.input_text import FlatLiteralsRule, NoNulInStringsRule

NOTHING = EnterLeaveVisitor(None, None)

Rule = type[ASTValidationRule]


def remembering(rule: Rule) -> Rule:
    """The same rule, whose class remembers for which kinds of nodes it has methods."""
    names: dict[str, tuple[str | None, str | None]] = {}

    def name_of(step: str, kind: str) -> str | None:
        return next((name for name in (f"{step}_{kind}", step) if getattr(rule, name, None) is not None), None)

    class Remembering(rule):  # type: ignore[misc,valid-type] # a class that is known only now
        @override
        def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
            """Its methods for a kind of node."""
            found = names.get(kind)
            if found is None:
                found = names[kind] = name_of("enter", kind), name_of("leave", kind)
            enter, leave = found
            if enter is None and leave is None:
                return NOTHING
            return EnterLeaveVisitor(
                None if enter is None else getattr(self, enter), None if leave is None else getattr(self, leave)
            )

    return Remembering


RULES = tuple(
    remembering(rule)
    for rule in (
        *specified_rules,
        MaybeNullValidationRule,
        OneOfInputValidationRule,
        NoNulInStringsRule,
        FlatLiteralsRule,
    )
)
RULES_WITHOUT_INTROSPECTION = (*RULES, remembering(NoSchemaIntrospectionCustomRule))
