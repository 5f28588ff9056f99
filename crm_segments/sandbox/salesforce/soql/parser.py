"""Reads SOQL into a query, or says where it goes wrong."""

from crm_segments.sandbox.salesforce.soql.lexer import Token, tokens
from crm_segments.sandbox.salesforce.soql.model import (
    And,
    Comparison,
    Condition,
    FieldsFunction,
    FunctionItem,
    InQuery,
    Literal,
    LiteralKind,
    Name,
    Not,
    Or,
    OrderItem,
    Query,
    SelectItem,
    SubQueryItem,
)
from crm_segments.sandbox.salesforce.soql.periods import PERIODS, PERIODS_WITH_NUMBER
from crm_segments.sandbox.salesforce.soql.refusal import malformed

__all__ = ["parse"]

_SIGNS = ("=", "!=", "<>", "<", "<=", ">", ">=")
_CLAUSES = ("WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "ALL", "FOR", "WITH", "USING")
_PLAIN = {
    "text": LiteralKind.TEXT,
    "number": LiteralKind.NUMBER,
    "date": LiteralKind.DATE,
    "moment": LiteralKind.MOMENT,
}
_FUNCTIONS = {"COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG", "TOLABEL", "CONVERTCURRENCY"}


def parse(soql: str) -> Query:
    """The query that the text says.

    Raises:
        ApiError: It is none: MALFORMED_QUERY with the place.
    """
    reader = _Parser(soql)
    query = reader.query()
    reader.expect_end()
    return query


class _Parser:
    def __init__(self, soql: str) -> None:
        self._soql = soql
        self._tokens = list(tokens(soql))
        self._at = 0

    def query(self) -> Query:
        self._word("SELECT")
        select = [self._select_item()]
        while self._take_sign(","):
            select.append(self._select_item())
        self._word("FROM")
        source = self._name()
        alias = None
        if self._now.kind == "word" and not self._now.is_word(*_CLAUSES):
            alias = self._next().text
        where = self._condition() if self._take_word("WHERE") else None
        group_by = self._group_by()
        order_by = self._order_by()
        limit = self._count() if self._take_word("LIMIT") else None
        offset = self._count() if self._take_word("OFFSET") else 0
        all_rows = self._take_word("ALL")
        if all_rows:
            self._word("ROWS")
        return Query(
            self._soql, tuple(select), source, alias, where, group_by, order_by, limit, offset, all_rows
        )

    def expect_end(self) -> None:
        if self._now.kind != "end":
            raise self._unexpected()

    # Parts of a query

    def _select_item(self) -> SelectItem:
        start = self._now
        if self._take_sign("("):
            query = self.query()
            self._sign(")")
            return SubQueryItem(query)
        name = self._name()
        if not self._take_sign("("):
            return name
        function = name.text.upper()
        if function == "FIELDS":
            group = self._name().text.upper()
            self._sign(")")
            if group not in {"ALL", "STANDARD", "CUSTOM"}:
                raise malformed(self._soql, start.position, f"unexpected token: '{group}'")
            return FieldsFunction(group, start.position)
        if function not in _FUNCTIONS:
            raise malformed(self._soql, start.position, f"Unknown function: {name.text}")
        argument = None if self._now.is_sign(")") else self._name()
        self._sign(")")
        alias = None
        if self._now.kind == "word" and not self._now.is_word("FROM"):
            alias = self._next().text
        return FunctionItem(function, argument, alias, start.position)

    def _group_by(self) -> tuple[Name, ...]:
        if not self._take_word("GROUP"):
            return ()
        self._word("BY")
        names = [self._name()]
        while self._take_sign(","):
            names.append(self._name())
        return tuple(names)

    def _order_by(self) -> tuple[OrderItem, ...]:
        if not self._take_word("ORDER"):
            return ()
        self._word("BY")
        items = [self._order_item()]
        while self._take_sign(","):
            items.append(self._order_item())
        return tuple(items)

    def _order_item(self) -> OrderItem:
        name = self._name()
        is_descending = self._take_word("DESC")
        if not is_descending:
            self._take_word("ASC")
        nulls_last = False
        if self._take_word("NULLS"):
            nulls_last = self._take_word("LAST")
            if not nulls_last:
                self._word("FIRST")
        return OrderItem(name, is_descending, nulls_last)

    def _count(self) -> int:
        token = self._next()
        if token.kind != "number" or not token.text.isdigit():
            raise self._unexpected(token)
        return int(token.text)

    # Conditions

    def _condition(self) -> Condition:
        first = self._negation()
        joined = self._now
        if not joined.is_word("AND", "OR"):
            return first
        parts = [first]
        while self._take_word(joined.text.upper()):
            parts.append(self._negation())
        if self._now.is_word("AND", "OR"):
            # Without parentheses AND and OR must not be mixed.
            raise self._unexpected()
        return And(tuple(parts)) if joined.is_word("AND") else Or(tuple(parts))

    def _negation(self) -> Condition:
        if self._take_word("NOT"):
            return Not(self._negation())
        if self._take_sign("("):
            inner = self._condition()
            self._sign(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        name = self._name()
        token = self._next()
        if token.is_sign(*_SIGNS):
            operator = "!=" if token.text == "<>" else token.text
            return Comparison(name, operator, (self._literal(),))
        if token.is_word("LIKE"):
            return Comparison(name, "LIKE", (self._literal(),))
        if token.is_word("INCLUDES", "EXCLUDES"):
            return Comparison(name, token.text.upper(), self._list())
        is_negated = token.is_word("NOT")
        if is_negated:
            token = self._next()
        if not token.is_word("IN"):
            raise self._unexpected(token)
        if self._now.is_sign("(") and self._tokens[self._at + 1].is_word("SELECT"):
            self._sign("(")
            query = self.query()
            self._sign(")")
            return InQuery(name, is_negated, query)
        return Comparison(name, "NOT IN" if is_negated else "IN", self._list())

    def _list(self) -> tuple[Literal, ...]:
        self._sign("(")
        values = [self._literal()]
        while self._take_sign(","):
            values.append(self._literal())
        self._sign(")")
        return tuple(values)

    def _literal(self) -> Literal:
        token = self._next()
        if token.kind in _PLAIN:
            return Literal(_PLAIN[token.kind], token.text, token.position)
        word = token.text.upper()
        if token.is_word("TRUE", "FALSE"):
            return Literal(LiteralKind.FLAG, word, token.position)
        if token.is_word("NULL"):
            return Literal(LiteralKind.NULL, "", token.position)
        if token.is_word(*PERIODS):
            return Literal(LiteralKind.PERIOD, word, token.position)
        if token.is_word(*PERIODS_WITH_NUMBER):
            self._sign(":")
            return Literal(LiteralKind.PERIOD, word, token.position, self._count())
        raise self._unexpected(token)

    # Tokens

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._now
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _name(self) -> Name:
        token = self._next()
        if token.kind != "word":
            raise self._unexpected(token)
        return Name(token.text, token.position)

    def _take_word(self, word: str) -> bool:
        if self._now.is_word(word):
            self._next()
            return True
        return False

    def _take_sign(self, sign: str) -> bool:
        if self._now.is_sign(sign):
            self._next()
            return True
        return False

    def _word(self, word: str) -> None:
        if not self._take_word(word):
            raise self._unexpected()

    def _sign(self, sign: str) -> None:
        if not self._take_sign(sign):
            raise self._unexpected()

    def _unexpected(self, token: Token | None = None) -> Exception:
        wrong = token or self._now
        shown = wrong.text if wrong.kind == "end" else f"'{wrong.text}'"
        return malformed(self._soql, wrong.position, f"unexpected token: {shown}")
