"""What a market tells a program in Python: its WebAssembly, or the package bound from it.

python told.py FILE.wasm, or python told.py without one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

import wherever

PRICES = {"tea": 250, "gold": 900_000_000_001}


def told(lib: Any, say: Callable[[str], None]) -> None:
    """Prints the transcript of a market."""
    Item, Service, Shape, Size = lib.Item, lib.Service, lib.Shape, lib.Size

    none = Service(0)

    def some(name: str, count: int) -> Any:
        return Item(name, count, None, none)

    def shown(item: Any) -> str:
        size = item.size.name.lower().replace("_", "-") if item.size is not None else "no size"
        services = [each.name.lower().replace("_", "-") for each in Service if each in item.service]
        return ", ".join([f"{item.count} {item.name}", size, *services])

    def shape(value: Any) -> str:
        match value:
            case Shape.Square(value):
                return f"square {value:g}"
            case Shape.Box((width, height)):
                return f"box {width:g} by {height:g}"
        return "dot"

    def cost(call: Callable[[], int]) -> str:
        try:
            return str(call())
        except lib.Trouble.Priceless as error:
            return f"priceless {error.value.name}: {error.value.reason}"
        except lib.Trouble.Empty:
            return "empty"
        except lib.Trouble.TooMuch:
            return "too-much"

    def refused(call: Callable[[], object]) -> str:
        try:
            return f"not refused: {call()}"
        except Exception:
            return "refused"

    def line(label: str, parts: Iterable[str], between: str = ", ") -> None:
        say(f"{label}: {between.join(parts)}".rstrip())

    line("greet someone", [lib.greet("Zażółć 🙂")])
    line("greet nobody", [lib.greet(None)])
    line("greet no letters", [lib.greet("")])
    line("words", [f"[{word}]" for word in lib.words("one  żółć 🙂 ")], " ")
    line("find", [str(lib.find(["a", "", "żółć", "żółć"], "żółć"))])
    line("find nothing", ["none" if lib.find([], "") is None else "some"])
    line("reverse", [lib.reverse(bytes([255, 2, 1, 0, 128, 254])).hex()])
    line("reverse nothing", [lib.reverse(b"").hex()])
    much = lib.reverse(bytes(at % 251 for at in range(100_000)))
    line("reverse much", [f"{len(much)} bytes, {much[10]} at 10"])
    line("sum", [str(lib.sum([2**62, -3, 4]))])
    line("sum of the least", [str(lib.sum([-(2**63)]))])
    line("sum of nothing", [str(lib.sum([]))])
    line("mean", [f"{lib.mean([1.5, 2.25, 3]):g}"])
    line("mean of nothing", ["none" if lib.mean([]) is None else "some"])
    line("number", [str(lib.number("123456789"))])
    try:
        line("no number", [str(lib.number("12x"))])
    except wherever.ResultError as error:
        line("no number", [error.value])
    once = lib.change(Item("tea", 2, None, Service.GIFT_WRAPPED))
    line("change", [shown(once)])
    line("change again", [shown(lib.change(once))])
    line("change back", [shown(lib.change(Item("żółć", 0, Size.VERY_LARGE, none)))])
    items = [some("a", 2), some("b", 3), Item("c", 3, Size.SMALL, none)]
    line("sorted", map(shown, lib.sorted(items)), "; ")
    line("sorted nothing", map(shown, lib.sorted([])), "; ")
    shapes = [Shape.Dot(), Shape.Square(2.5), Shape.Box((1.5, 2))]
    line("area", [f"{lib.area(each):g}" for each in shapes])
    line(
        "stretch",
        [
            shape(lib.stretch(each, by))
            for each, by in zip(
                [Shape.Dot(), Shape.Square(2), Shape.Box((4, 0.25))], [1.5, 1.5, 2.5], strict=True
            )
        ],
    )
    line("cost", [cost(lambda: lib.cost(some("tea", 2)))])
    line("cost beyond 32 bits", [cost(lambda: lib.cost(some("gold", 1)))])
    line("cost of what is not there", [cost(lambda: lib.cost(some("silk", 1)))])
    line("cost of too much", [cost(lambda: lib.cost(some("gold", 2)))])
    ann = lib.Basket("Ann")
    line("empty basket", [cost(ann.total)])
    tea = Item("tea", 2, Size.VERY_LARGE, Service.BY_POST)
    line("put", [str(ann.put(each)) for each in (tea, some("gold", 1))])
    line("items", map(shown, ann.items()), "; ")
    line("total", [cost(ann.total)])
    with lib.Basket("Bob") as bob:
        bob.put(some("silk", 1))
        line("other total", [cost(bob.total)])
        line("fuller", [lib.fuller(bob, ann)])
        with lib.Basket.merge(ann, bob) as both:
            line("merged", [both.label()])
    line("closed", [refused(bob.label)])
    line("gone", [str(lib.gone())])
    line("sold", [lib.sell(ann)])
    line("given away", [refused(ann.label)])
    line("gone when sold", [str(lib.gone())])


class Host:
    """What the market asks us."""

    def __init__(self, error: type[Exception]) -> None:
        self._error = error

    def price(self, name: str) -> int:
        """The price of one, or an error in words."""
        if name not in PRICES:
            raise self._error(f"we have no {name}")
        return PRICES[name]


def main() -> None:
    host = Host(wherever.ResultError)
    if len(sys.argv) > 1:
        library = wherever.load(sys.argv[1], imports=host, timeout=60)
    else:
        import market

        library = market.open(imports=host, timeout=60)
    with library as lib:
        told(lib, print)


if __name__ == "__main__":
    main()
