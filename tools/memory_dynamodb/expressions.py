"""DynamoDB's expressions: parsed once for each text, then asked many times.

What is understood is what Rollcall writes: attributes at the top of an item, comparisons, the functions below, AND,
OR, NOT; SET, REMOVE and ADD. Anything else raises `NotImplementedError` rather than being guessed at.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, Protocol

from tools.memory_dynamodb.capacity import AttributeValue, Item
from tools.memory_dynamodb.refusal import invalid

_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+-]|[#:]?\w+)")

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Placeholders(NamedTuple):
    """What the names and values in an expression stand for."""

    names: Mapping[str, str]
    values: Mapping[str, AttributeValue]


# ---- What expressions consist of -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Path:
    """An attribute."""

    text: str

    def name(self, given: Placeholders) -> str:
        if self.text[0] != "#":
            return self.text
        try:
            return given.names[self.text]
        except KeyError:
            raise invalid(
                f"An expression attribute name used in the document path is not defined: {self.text}"
            ) from None

    def of(self, item: Item, given: Placeholders) -> AttributeValue | None:
        return item.get(self.name(given))


@dataclass(frozen=True, slots=True)
class Given:
    """A value that the request brings."""

    text: str

    def of(self, _item: Item, given: Placeholders) -> AttributeValue | None:
        try:
            return given.values[self.text]
        except KeyError:
            raise invalid(f"An expression attribute value used in expression is not defined: {self.text}") from None


@dataclass(frozen=True, slots=True)
class Size:
    """How many members a set, a list or a map has, or characters a text; nothing of what is not there."""

    path: Path

    def of(self, item: Item, given: Placeholders) -> AttributeValue | None:
        value = self.path.of(item, given)
        return None if value is None else {"N": str(len(next(iter(value.values()))))}


type Operand = Path | Given | Size


class Condition(Protocol):
    def holds(self, item: Item, given: Placeholders) -> bool: ...


@dataclass(frozen=True, slots=True)
class Comparison:
    left: Operand
    sign: str
    right: Operand

    def holds(self, item: Item, given: Placeholders) -> bool:
        return _compare(self.left.of(item, given), self.sign, self.right.of(item, given))


@dataclass(frozen=True, slots=True)
class Between:
    operand: Operand
    low: Operand
    high: Operand

    def holds(self, item: Item, given: Placeholders) -> bool:
        value, low, high = (operand.of(item, given) for operand in (self.operand, self.low, self.high))
        return _compare(value, ">=", low) and _compare(value, "<=", high)


@dataclass(frozen=True, slots=True)
class OneOf:
    operand: Operand
    others: tuple[Operand, ...]

    def holds(self, item: Item, given: Placeholders) -> bool:
        value = self.operand.of(item, given)
        return any(_compare(value, "=", other.of(item, given)) for other in self.others)


@dataclass(frozen=True, slots=True)
class Exists:
    path: Path

    def holds(self, item: Item, given: Placeholders) -> bool:
        return self.path.of(item, given) is not None


@dataclass(frozen=True, slots=True)
class BeginsWith:
    operand: Operand
    prefix: Operand

    def holds(self, item: Item, given: Placeholders) -> bool:
        value, prefix = self.operand.of(item, given), self.prefix.of(item, given)
        if value is None or prefix is None or value.keys() != prefix.keys():
            return False
        begins: bool = _plain(value).startswith(_plain(prefix))
        return begins


@dataclass(frozen=True, slots=True)
class Contains:
    operand: Operand
    part: Operand

    def holds(self, item: Item, given: Placeholders) -> bool:
        value, part = self.operand.of(item, given), self.part.of(item, given)
        if value is None or part is None:
            return False
        ((kind, content),) = value.items()
        ((kind_of_part, content_of_part),) = part.items()
        if kind == "L":
            return part in content
        return kind in (kind_of_part, kind_of_part + "S") and content_of_part in content


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition

    def holds(self, item: Item, given: Placeholders) -> bool:
        return not self.condition.holds(item, given)


@dataclass(frozen=True, slots=True)
class And:
    left: Condition
    right: Condition

    def holds(self, item: Item, given: Placeholders) -> bool:
        return self.left.holds(item, given) and self.right.holds(item, given)


@dataclass(frozen=True, slots=True)
class Or:
    left: Condition
    right: Condition

    def holds(self, item: Item, given: Placeholders) -> bool:
        return self.left.holds(item, given) or self.right.holds(item, given)


@dataclass(frozen=True, slots=True)
class IfNotExists:
    path: Path
    otherwise: "Operand | IfNotExists | Sum"

    def of(self, item: Item, given: Placeholders) -> AttributeValue | None:
        stored = self.path.of(item, given)
        return self.otherwise.of(item, given) if stored is None else stored


@dataclass(frozen=True, slots=True)
class Sum:
    """One number plus (or, with `sign` -1, minus) another."""

    left: "Operand | IfNotExists"
    sign: int
    right: "Operand | IfNotExists"

    def of(self, item: Item, given: Placeholders) -> AttributeValue | None:
        return _sum(self.left.of(item, given), self.right.of(item, given), self.sign)


type New = Operand | IfNotExists | Sum


@dataclass(frozen=True, slots=True)
class Update:
    """What an update does to an item; everything in it is reckoned from the item as it was."""

    sets: tuple[tuple[Path, New], ...]
    removes: tuple[Path, ...]
    adds: tuple[tuple[Path, Operand], ...]

    def paths(self) -> Iterator[Path]:
        yield from (path for path, _ in self.sets)
        yield from self.removes
        yield from (path for path, _ in self.adds)

    @property
    def only_removes(self) -> bool:
        return not self.sets and not self.adds

    def applied_to(self, item: Item, given: Placeholders) -> dict[str, AttributeValue]:
        after = dict(item)
        for path, new in self.sets:
            value = new.of(item, given)
            if value is None:
                raise invalid("The provided expression refers to an attribute that does not exist in the item")
            after[path.name(given)] = value
        for path in self.removes:
            after.pop(path.name(given), None)
        for path, operand in self.adds:
            after[path.name(given)] = _added(path.of(item, given), operand.of(item, given))
        return after


# ---- Values --------------------------------------------------------------------------------------------


def _plain(value: AttributeValue) -> Any:
    """A value as Python compares it: texts by code point, which is the order of their UTF-8 bytes."""
    ((kind, content),) = value.items()
    if kind == "N":
        return int(content) if content.isdecimal() else Decimal(content)
    if kind in ("SS", "BS"):
        return frozenset(content)
    return frozenset(map(Decimal, content)) if kind == "NS" else content


def _compare(left: AttributeValue | None, sign: str, right: AttributeValue | None) -> bool:
    """Values of different types are unequal and in no order; a missing one is in no relation but inequality."""
    if left is None or right is None or left.keys() != right.keys():
        return sign == "<>"
    return _COMPARISONS[sign](_plain(left), _plain(right))


def _sum(left: AttributeValue | None, right: AttributeValue | None, sign: int) -> AttributeValue | None:
    if left is None or right is None:
        return None
    if "N" not in left or "N" not in right:
        raise invalid("An operand in the update expression has an incorrect data type")
    return {"N": _written(Decimal(left["N"]) + sign * Decimal(right["N"]))}


def _added(stored: AttributeValue | None, more: AttributeValue | None) -> AttributeValue:
    if more is None or (stored is not None and stored.keys() != more.keys()):
        raise invalid("An operand in the update expression has an incorrect data type")
    ((kind, content),) = more.items()
    if kind == "N":
        return _sum(stored or {"N": "0"}, more, 1) or more
    if kind in ("SS", "NS", "BS"):
        return {kind: sorted({*content, *(stored[kind] if stored else ())})}
    raise invalid(f"Incorrect operand type for operator or function; operator: ADD, operand type: {kind}")


def _written(number: Decimal) -> str:
    return f"{number.normalize():f}"


# ---- Reading -------------------------------------------------------------------------------------------


class Parsed[Expression](NamedTuple):
    """An expression, and the placeholders that it mentions."""

    expression: Expression
    names: frozenset[str]
    values: frozenset[str]


@cache
def condition(text: str) -> Parsed[Condition]:
    return _Parser(text).whole(_Parser.condition)


@cache
def update(text: str) -> Parsed[Update]:
    return _Parser(text).whole(_Parser.update)


@cache
def projection(text: str) -> Parsed[tuple[Path, ...]]:
    return _Parser(text).whole(lambda parser: tuple(parser.listed(parser.path)))


def paths_of(part: object) -> frozenset[Path]:
    """The attributes that a condition looks at."""
    if isinstance(part, Path):
        return frozenset({part})
    parts = part if isinstance(part, tuple) else [getattr(part, name) for name in getattr(part, "__slots__", ())]
    return frozenset().union(*(paths_of(each) for each in parts))


class _Parser:
    """Takes an expression apart from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        position, text = 0, text.rstrip()
        while position < len(text):
            if not (found := _TOKEN.match(text, position)):
                raise NotImplementedError(f"Not understood in an expression: {text[position:]}")
            self.tokens.append(found[1])
            position = found.end()
        self.at = 0

    def whole[Expression](self, part: "Callable[[_Parser], Expression]") -> Parsed[Expression]:
        expression = part(self)
        if self.at < len(self.tokens):
            raise NotImplementedError(f"Not understood from {self.tokens[self.at]} on: {self.text}")
        return Parsed(
            expression,
            frozenset(token for token in self.tokens if token[0] == "#"),
            frozenset(token for token in self.tokens if token[0] == ":"),
        )

    def condition(self) -> Condition:
        found = self._all_of()
        while self._takes("OR"):
            found = Or(found, self._all_of())
        return found

    def update(self) -> Update:
        sets: list[tuple[Path, New]] = []
        removes: list[Path] = []
        adds: list[tuple[Path, Operand]] = []
        while self.at < len(self.tokens):
            if self._takes("SET"):
                sets = self.listed(self._assignment)
            elif self._takes("REMOVE"):
                removes = self.listed(self.path)
            else:
                self._need("ADD")
                adds = self.listed(lambda: (self.path(), self._operand()))
        return Update(tuple(sets), tuple(removes), tuple(adds))

    def path(self) -> Path:
        token = self._next()
        if not (token[0] == "#" or token[0].isalpha() or token[0] == "_"):
            raise NotImplementedError(f"{token} is no attribute: {self.text}")
        return Path(token)

    def listed[Part](self, part: Callable[[], Part]) -> list[Part]:
        parts = [part()]
        while self._takes(","):
            parts.append(part())
        return parts

    def _all_of(self) -> Condition:
        found = self._one()
        while self._takes("AND"):
            found = And(found, self._one())
        return found

    def _one(self) -> Condition:
        if self._takes("NOT"):
            return Not(self._one())
        if self._takes("("):
            inner = self.condition()
            self._need(")")
            return inner
        if self._peek(1) == "(":
            return self._function()
        return self._relation(self._operand())

    def _function(self) -> Condition:
        name = self._next()
        self._need("(")
        arguments = self.listed(self._operand)
        self._need(")")
        if name == "size" and len(arguments) == 1 and isinstance(arguments[0], Path):
            return self._relation(Size(arguments[0]))
        match name, arguments:
            case "attribute_exists", [Path() as path]:
                return Exists(path)
            case "attribute_not_exists", [Path() as path]:
                return Not(Exists(path))
            case "begins_with", [operand, prefix]:
                return BeginsWith(operand, prefix)
            case "contains", [operand, part]:
                return Contains(operand, part)
        raise NotImplementedError(f"The function {name} is not known: {self.text}")

    def _relation(self, left: Operand) -> Condition:
        sign = self._next()
        if sign in _COMPARISONS:
            return Comparison(left, sign, self._operand())
        if sign.upper() == "BETWEEN":
            low = self._operand()
            self._need("AND")
            return Between(left, low, self._operand())
        if sign.upper() == "IN":
            self._need("(")
            others = self.listed(self._operand)
            self._need(")")
            return OneOf(left, tuple(others))
        raise NotImplementedError(f"The comparison {sign} is not known: {self.text}")

    def _assignment(self) -> tuple[Path, New]:
        path = self.path()
        self._need("=")
        left = self._new()
        for sign, factor in (("+", 1), ("-", -1)):
            if self._takes(sign):
                return path, Sum(left, factor, self._new())
        return path, left

    def _new(self) -> Operand | IfNotExists:
        if self._peek(1) != "(":
            return self._operand()
        self._need("IF_NOT_EXISTS")
        self._need("(")
        path = self.path()
        self._need(",")
        otherwise = self._new()
        self._need(")")
        return IfNotExists(path, otherwise)

    def _operand(self) -> Operand:
        return Given(self._next()) if self._peek()[:1] == ":" else self.path()

    def _peek(self, ahead: int = 0) -> str:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise NotImplementedError(f"It ends too early: {self.text}")
        self.at += 1
        return token

    def _takes(self, token: str) -> bool:
        if self._peek().upper() != token:
            return False
        self.at += 1
        return True

    def _need(self, token: str) -> None:
        if not self._takes(token):
            raise NotImplementedError(f"There is no {token} before {self._peek() or 'the end'}: {self.text}")
