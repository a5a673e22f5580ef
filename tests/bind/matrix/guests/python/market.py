from __future__ import annotations

from dataclasses import replace

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.market import (
    Item,
    Missing,
    Service,
    Shape_Box,
    Shape_Dot,
    Shape_Square,
    Size,
    Trouble_Empty,
    Trouble_Priceless,
    Trouble_TooMuch,
)
from wit_world.imports import host

NEXT = {None: Size.SMALL, Size.SMALL: Size.VERY_LARGE, Size.VERY_LARGE: None}
MOST = 10**12
gone = 0


class Basket(exports.market.Basket):
    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.things: list[Item] = []

    def put(self, item: Item) -> int:
        self.things.append(item)
        return len(self.things)

    def items(self) -> list[Item]:
        return self.things

    def total(self) -> int:
        if not self.things:
            raise Err(Trouble_Empty())
        return fitting(sum(map(Market().cost, self.things)))

    @classmethod
    def merge(cls, first: Basket, second: Basket) -> Basket:
        made = Basket(f"{first.owner} and {second.owner}")
        made.things = first.things + second.things
        return made

    def label(self) -> str:
        return f"{self.owner} has {len(self.things)}"

    def __del__(self) -> None:
        global gone
        gone += 1


class Market(exports.Market):
    def greet(self, name: str | None) -> str:
        return f"hello, {'nobody' if name is None else name}!"

    def words(self, text: str) -> list[str]:
        return text.split(" ")

    def find(self, words: list[str], word: str) -> int | None:
        return words.index(word) if word in words else None

    def reverse(self, data: bytes) -> bytes:
        return data[::-1]

    def sum(self, values: list[int]) -> int:
        return (sum(values) + 2**63) % 2**64 - 2**63

    def mean(self, values: list[float]) -> float | None:
        return sum(values) / len(values) if values else None

    def number(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise Err(f'"{text}" is no number')
        return int(text)

    def change(self, item: Item) -> Item:
        return replace(
            item,
            count=item.count * 2,
            size=NEXT[item.size],
            service=item.service ^ (Service.GIFT_WRAPPED | Service.BY_POST),
        )

    def sorted(self, items: list[Item]) -> list[Item]:
        return sorted(items, key=lambda item: -item.count)

    def area(self, shape: Shape_Dot | Shape_Square | Shape_Box) -> float:
        match shape:
            case Shape_Square(side):
                return side * side
            case Shape_Box((width, height)):
                return width * height
        return 0

    def stretch(
        self, shape: Shape_Dot | Shape_Square | Shape_Box, by: float
    ) -> Shape_Square | Shape_Box:
        match shape:
            case Shape_Square(side):
                return Shape_Box((side * by, side))
            case Shape_Box((width, height)):
                return Shape_Box((width * by, height))
        return Shape_Square(by)

    def cost(self, item: Item) -> int:
        try:
            price = host.price(item.name)
        except Err as error:
            raise Err(Trouble_Priceless(Missing(item.name, error.value))) from None
        return fitting(price * item.count)

    def fuller(self, one: Basket, other: Basket) -> str:
        return max(one, other, key=lambda basket: len(basket.things)).label()

    def sell(self, basket: Basket) -> str:
        return basket.label()

    def gone(self) -> int:
        return gone


def fitting(cost: int) -> int:
    if cost > MOST:
        raise Err(Trouble_TooMuch())
    return cost
