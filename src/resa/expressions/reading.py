"""From text to sqlglot's tree: words and signs are checked against a list before the parser sees them.

Every other word becomes a plain name, so the parser meets none of SQL's statements, and every function arrives under
the name that the user wrote, never as a translation of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, TokenError
from sqlglot.parsers.duckdb import DuckDBParser
from sqlglot.tokenizer_core import Token, TokenType

from resa.base.errors import ExpressionError, Problem
from resa.base.language import Sentence, sentence, sentences

__all__ = ["LONGEST_TEXT", "Language", "parse_expression", "parse_select", "position"]

LONGEST_TEXT = 4_000
"""Characters in one expression."""

_LONGEST_SELECT = 10_000
_DEEPEST = 16
_TOKENS_PER_CHARACTER = 0.25

_SIGNS = frozenset(
    {
        TokenType.L_PAREN,
        TokenType.R_PAREN,
        TokenType.L_BRACKET,
        TokenType.R_BRACKET,
        TokenType.COMMA,
        TokenType.DOT,
        TokenType.DASH,
        TokenType.PLUS,
        TokenType.STAR,
        TokenType.SLASH,
        TokenType.MOD,
        TokenType.DPIPE,
        TokenType.DCOLON,
        TokenType.EQ,
        TokenType.NEQ,
        TokenType.LT,
        TokenType.LTE,
        TokenType.GT,
        TokenType.GTE,
        TokenType.FARROW,
        TokenType.STRING,
        TokenType.NUMBER,
        TokenType.IDENTIFIER,
    }
)
_WORDS = frozenset(
    {
        TokenType.AND,
        TokenType.OR,
        TokenType.NOT,
        TokenType.IN,
        TokenType.IS,
        TokenType.NULL,
        TokenType.TRUE,
        TokenType.FALSE,
        TokenType.BETWEEN,
        TokenType.LIKE,
        TokenType.ILIKE,
        TokenType.ESCAPE,
        TokenType.CASE,
        TokenType.WHEN,
        TokenType.THEN,
        TokenType.ELSE,
        TokenType.END,
        TokenType.ALIAS,
    }
)
_SELECT_TOKENS = frozenset(
    {TokenType.SELECT, TokenType.FROM, TokenType.WHERE, TokenType.UNNEST, TokenType.COLON_EQ},
)
_DATES = frozenset({TokenType.DATE, TokenType.TIMESTAMPNTZ, TokenType.TIMESTAMP, TokenType.TIMESTAMPTZ})
_TYPES = _DATES | {
    TokenType.DOUBLE,
    TokenType.FLOAT,
    TokenType.DECIMAL,
    TokenType.INT,
    TokenType.BIGINT,
    TokenType.TEXT,
    TokenType.VARCHAR,
    TokenType.BOOLEAN,
}

_STATEMENT = re.compile(
    r"ALTER|ANALYZE|ATTACH|BEGIN|CALL|CHECKPOINT|COMMIT|COPY|CREATE|DEALLOCATE|DELETE|DESCRIBE|DETACH"
    r"|DROP|EXECUTE|EXPLAIN|EXPORT|FORCE|GRANT|IMPORT|INSERT|INSTALL|LOAD|MERGE|PIVOT|PRAGMA|PREPARE"
    r"|RESET|REVOKE|ROLLBACK|SET|SHOW|SUMMARIZE|TRUNCATE|UNPIVOT|UPDATE|USE|VACUUM"
)
_CLAUSE = re.compile(
    r"SELECT|FROM|WHERE|WITH|UNION|INTERSECT|EXCEPT|JOIN|LATERAL|GROUP|ORDER|HAVING|LIMIT|OFFSET"
    r"|QUALIFY|WINDOW|OVER|VALUES|TABLE|EXISTS|RECURSIVE|DISTINCT|USING|SAMPLE|TABLESAMPLE|FETCH"
    r"|PARTITION|FILTER|WITHIN"
)
_OTHER_WORDS = {
    "INTERVAL": sentence("spans of time are not written as INTERVAL; use date_diff or days_since"),
    "LAMBDA": sentence("functions of one's own (lambda) are not allowed"),
    "GLOB": sentence("use `like`, in which % stands for any text"),
    "RLIKE": sentence("use regexp_matches(text, 'pattern')"),
    "SIMILAR": sentence("use `like` or regexp_matches"),
    "ISNULL": sentence("write `is null`"),
    "NOTNULL": sentence("write `is not null`"),
    "ANY": sentence("use `in (…)`"),
    "ALL": sentence("compare with each value by `and`"),
    "SOME": sentence("use `in (…)`"),
    "ARRAY": sentence("lists are not allowed here"),
    "MAP": sentence("maps are not allowed"),
    "FOR": sentence("list comprehensions are not allowed"),
    "COLUMNS": sentence("name each column"),
}
_SIGN_REASONS = {
    TokenType.SEMICOLON: sentence("an expression is one condition or one value; `;` is not allowed"),
    TokenType.HASH: sentence("`#` is not allowed; name the field"),
    TokenType.PLACEHOLDER: sentence("`?` is not allowed; write the value itself"),
    TokenType.PARAMETER: sentence("parameters are not allowed; write the value itself"),
    TokenType.ARROW: sentence(
        "`->` is not allowed; write properties.name, and properties.name.part for what is inside"
    ),
    TokenType.DARROW: sentence(
        "`->>` is not allowed; write properties.name, and properties.name.part for what is inside"
    ),
    TokenType.L_BRACE: sentence("`{{` is not allowed"),
    TokenType.R_BRACE: sentence("`}}` is not allowed"),
    TokenType.COLON: sentence("`:` is not allowed"),
    TokenType.DIV: sentence("`//` is not allowed; use floor(a / b)"),
    TokenType.CARET: sentence("`^` is not allowed; multiply instead"),
    TokenType.DSTAR: sentence("`**` is not allowed; multiply instead"),
    TokenType.TILDE: sentence("`~` is not allowed; use regexp_matches(text, 'pattern')"),
    TokenType.NULLSAFE_EQ: sentence("`<=>` is not allowed; write `is not distinct from`"),
    TokenType.HEREDOC_STRING: sentence("text is written in single quotes: 'like this'"),
    TokenType.NATIONAL_STRING: sentence("text is written in single quotes: 'like this'"),
    TokenType.BYTE_STRING: sentence("text is written in single quotes: 'like this'"),
    TokenType.COLON_EQ: sentence("`:=` is not allowed; write `=`"),
}
_SUBSTITUTES = {
    "“": "'",
    "”": "'",
    "„": "'",
    "‘": "'",
    "’": "'",
    "´": "'",
    "`": "'",
    "«": "'",
    "»": "'",
    "−": "-",
    "–": "-",
    "—": "-",
    "×": "*",
    "÷": "/",
    "≤": "<=",
    "≥": ">=",
    "≠": "<>",
}


class _Parser(DuckDBParser):
    """DuckDB's grammar without its functions: each call stays the name and the arguments that were written."""

    FUNCTIONS: ClassVar = {}
    FUNCTION_PARSERS: ClassVar = {name: DuckDBParser.FUNCTION_PARSERS[name] for name in ("CAST", "TRY_CAST")}
    FUNCTIONS_WITH_ALIASED_ARGS: ClassVar = set()
    NO_PAREN_FUNCTIONS: ClassVar = {}
    NO_PAREN_FUNCTION_PARSERS: ClassVar = {"CASE": DuckDBParser.NO_PAREN_FUNCTION_PARSERS["CASE"]}
    SUBQUERY_PREDICATES: ClassVar = {}
    PRIMARY_PARSERS: ClassVar = {
        **DuckDBParser.PRIMARY_PARSERS,
        TokenType.NULL: lambda self, token: self.expression(exp.Null(), token),
        TokenType.TRUE: lambda self, token: self.expression(exp.Boolean(this=True), token),
        TokenType.FALSE: lambda self, token: self.expression(exp.Boolean(this=False), token),
    }


class Language(DuckDB):
    """DuckDB's dialect, but positions in lists stay as they were written."""

    INDEX_OFFSET = 0
    Parser = _Parser


def position(node: exp.Expr) -> int:
    """Where the node begins in the text, counted from 0; sqlglot notes it on names and literals only."""
    starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
    return min(starts, default=0)


def parse_expression(text: str) -> exp.Expr:
    """The tree of one expression.

    Raises:
        ExpressionError: It cannot be read; all signs and words that are not allowed are named at once.
    """
    return _parse(text, exp.Condition, select=False)


def parse_select(text: str) -> exp.Expr:
    """The tree of one SELECT, unchecked beyond its words.

    Raises:
        ExpressionError: As for `parse_expression`.
    """
    return _parse(text, exp.Select, select=True)


def _problem(message: Sentence, start: int, code: str) -> Problem:
    return Problem(message=message, column=start + 1, code=code)


def _parse(text: str, into: type[exp.Expr], *, select: bool) -> exp.Expr:
    tokens = _tokens(text, _LONGEST_SELECT if select else LONGEST_TEXT)
    if select and tokens[0].token_type != TokenType.SELECT:
        raise ExpressionError(
            _problem(sentence("a source begins with SELECT: select … from row"), tokens[0].start, "not-allowed")
        )
    problems = list(_refused(tokens, select=select))
    if problems:
        raise ExpressionError(problems)
    tokens = list(_as_names(tokens, select=select))
    problems = list(_too_deep(tokens))
    if problems:
        raise ExpressionError(problems)
    try:
        trees = Language().parser().parse_into(into, tokens, text)
    except ParseError as error:
        raise ExpressionError(_unreadable(error, tokens)) from None
    except RecursionError:
        raise ExpressionError(_problem(sentence("the expression is nested too deeply"), 0, "too-deep")) from None
    if len(trees) != 1 or trees[0] is None:
        raise ExpressionError(_problem(sentence("the expression cannot be read"), tokens[0].start, "unreadable"))
    return trees[0]


def _tokens(text: str, longest: int) -> list[Token]:
    if len(text) > longest:
        message = sentence(
            "the expression has {count} characters; {longest} are allowed", count=len(text), longest=longest
        )
        raise ExpressionError(_problem(message, longest, "too-long"))
    for place, character in enumerate(text):
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n\r":
            raise ExpressionError(
                _problem(sentence("there is a control character here; remove it"), place, "bad-character")
            )
    try:
        tokens = Language().tokenize(text)
    except TokenError:
        raise ExpressionError(_open_quote(text)) from None
    if not tokens:
        raise ExpressionError(_problem(sentence("the expression is empty"), 0, "empty"))
    most = int(longest * _TOKENS_PER_CHARACTER)
    if len(tokens) > most:
        message = sentence(
            "the expression has {count} words and signs; {most} are allowed", count=len(tokens), most=most
        )
        raise ExpressionError(_problem(message, tokens[most].start, "too-long"))
    return tokens


def _open_quote(text: str) -> Problem:
    """Where the quote or comment begins that never ends."""
    opened, start = "", 0
    for place, character in enumerate(text):
        if opened:
            opened = "" if character == opened else opened
        elif character in "'\"":
            opened, start = character, place
        elif text.startswith("/*", place):
            return _problem(sentence("comments are not allowed in expressions"), place, "comment")
    if opened:
        return _problem(
            sentence("the quote {opened} that opens here is never closed", opened=opened), start, "open-quote"
        )
    return _problem(sentence("the expression cannot be read"), 0, "unreadable")


def _refused(tokens: list[Token], *, select: bool) -> Iterator[Problem]:
    """What stands in the text and is not part of the language."""
    before: Token | None = None
    for token in tokens:
        if token.comments:
            yield _problem(sentence("comments are not allowed in expressions"), token.start, "comment")
        reason = _reason(token, before, select=select)
        if reason:
            yield _problem(reason, token.start, "not-allowed")
        before = token


def _reason(token: Token, before: Token | None, *, select: bool) -> Sentence | None:
    """Why the token is not part of the language, or `None`."""
    kind = token.token_type
    if kind in _SIGNS or kind in _WORDS or (select and kind in _SELECT_TOKENS):
        return None
    if kind in _SIGN_REASONS:
        return _SIGN_REASONS[kind]
    strange = next((character for character in token.text if character in _SUBSTITUTES), None)
    if strange:
        return sentence(
            "the sign {strange} is not understood; write {substitute}",
            strange=strange,
            substitute=_SUBSTITUTES[strange],
        )
    if not all(part.isidentifier() for part in token.text.split()):
        return sentence("'{token}' is not allowed", token=token.text[:20])
    after = before.token_type if before is not None else None
    if after == TokenType.DOT or (select and after == TokenType.ALIAS) or _in_distinct_from(token, before):
        return None
    return _word_reason(token.text.upper().partition(" ")[0], select=select)


def _word_reason(word: str, *, select: bool) -> Sentence | None:
    if _STATEMENT.fullmatch(word):
        return sentence(
            "{word} is a statement; an expression only looks at its own data and changes nothing", word=word
        )
    if not _CLAUSE.fullmatch(word):
        return _OTHER_WORDS.get(word)
    if select:
        return sentence("{word} is not allowed: a source is one SELECT over `row`, with WHERE and unnest", word=word)
    return sentence(
        "{word} is not allowed: an expression is one condition or one value over its own data, without queries",
        word=word,
    )


def _in_distinct_from(token: Token, before: Token | None) -> bool:
    """The word is part of `is [not] distinct from`."""
    if before is None:
        return False
    if token.token_type == TokenType.DISTINCT:
        return before.token_type in (TokenType.IS, TokenType.NOT)
    return token.token_type == TokenType.FROM and before.token_type == TokenType.DISTINCT


def _as_names(tokens: list[Token], *, select: bool) -> Iterator[Token]:
    """The tokens, every word that means nothing in the language turned into a plain name."""
    casts: list[bool] = []
    for number, token in enumerate(tokens):
        before = tokens[number - 1].token_type if number else None
        after = tokens[number + 1].token_type if number + 1 < len(tokens) else None
        kind = token.token_type
        if kind == TokenType.L_PAREN:
            casts.append(number > 0 and tokens[number - 1].text.upper() in ("CAST", "TRY_CAST"))
        elif kind == TokenType.R_PAREN and casts:
            casts.pop()
        in_cast = bool(casts) and casts[-1]
        keep = kind in _SIGNS or kind in _WORDS or (select and kind in _SELECT_TOKENS)
        if (before == TokenType.DOT and token.text.isidentifier() and kind != TokenType.IDENTIFIER) or (
            before == TokenType.ALIAS and not in_cast and kind not in _SIGNS
        ):
            keep = False
        elif (
            (kind in _TYPES and (before == TokenType.DCOLON or (before == TokenType.ALIAS and in_cast)))
            or (kind in _DATES and after == TokenType.STRING)
            or _in_distinct_from(token, tokens[number - 1] if number else None)
        ):
            keep = True
        yield token if keep else Token(TokenType.VAR, token.text, token.line, token.col, token.start, token.end)


def _too_deep(tokens: list[Token]) -> Iterator[Problem]:
    """Nesting beyond what the parser and the database can walk through."""
    depth = signs = 0
    for token in tokens:
        kind = token.token_type
        if kind in (TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.CASE):
            depth += 1
        elif kind in (TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.END):
            depth -= 1
        signs = signs + 1 if kind in (TokenType.NOT, TokenType.DASH, TokenType.PLUS) else 0
        if depth > _DEEPEST or signs > _DEEPEST:
            yield _problem(
                sentence("the expression is nested more than {deepest} deep here; simplify it", deepest=_DEEPEST),
                token.start,
                "too-deep",
            )
            return


def _unreadable(error: ParseError, tokens: list[Token]) -> Problem:
    """The parser's complaint in plain words; its own text names inner things and carries colour codes."""
    details = error.errors[0]
    place = (details.get("line"), details.get("col"))
    token = next((token for token in tokens if (token.line, token.col) == place), tokens[-1])
    opened = sum((t.token_type == TokenType.L_PAREN) - (t.token_type == TokenType.R_PAREN) for t in tokens)
    if opened > 0:
        first = next(t for t in tokens if t.token_type == TokenType.L_PAREN)
        message = sentences(
            "{n} opening parenthesis is never closed", "{n} opening parentheses are never closed", opened
        )
        return _problem(message, first.start, "unreadable")
    if token is tokens[-1] and "missing" in str(details.get("description")):
        message = sentence("the expression ends too early; something is missing after `{token}`", token=token.text[:40])
    else:
        message = sentence(
            "the expression cannot be understood at `{token}`; something is missing or too much here",
            token=token.text[:40],
        )
    return _problem(message, token.start, "unreadable")
