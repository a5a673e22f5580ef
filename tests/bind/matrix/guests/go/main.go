package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lab.example/market/build/bindings/world"
)

func init() { world.LabMarket = market{} }

func main() {}

const most = 1_000_000_000_000

var gone uint32

type (
	market struct{}
	cost   = world.Result[uint64, world.LabMarketTrouble]
)

func fitting(all uint64) cost {
	if all > most {
		return failed(world.LabMarketTrouble{Tag: world.LabMarketTroubleTooMuch})
	}
	return cost{Ok: all}
}

func failed(why world.LabMarketTrouble) cost { return cost{IsErr: true, Err: why} }

func (market) Greet(name *string) string {
	if name == nil {
		return "hello, nobody!"
	}
	return "hello, " + *name + "!"
}

func (market) Words(text string) []string { return strings.Split(text, " ") }

func (market) Find(words []string, word string) *uint32 {
	at := slices.Index(words, word)
	if at < 0 {
		return nil
	}
	found := uint32(at)
	return &found
}

func (market) Reverse(data []byte) []byte {
	slices.Reverse(data)
	return data
}

func (market) Sum(values []int64) (sum int64) {
	for _, each := range values {
		sum += each
	}
	return
}

func (market) Mean(values []float64) *float64 {
	if len(values) == 0 {
		return nil
	}
	mean := 0.0
	for _, each := range values {
		mean += each
	}
	mean /= float64(len(values))
	return &mean
}

func (market) Number(text string) world.Result[uint32, string] {
	found, err := strconv.ParseUint(text, 10, 32)
	if err != nil || len(text) > 9 {
		return world.Result[uint32, string]{IsErr: true, Err: fmt.Sprintf("%q is no number", text)}
	}
	return world.Result[uint32, string]{Ok: uint32(found)}
}

func (market) Change(item world.LabMarketItem) world.LabMarketItem {
	item.Count *= 2
	small, large := world.LabMarketSizeSmall, world.LabMarketSizeVeryLarge
	switch {
	case item.Size == nil:
		item.Size = &small
	case *item.Size == small:
		item.Size = &large
	default:
		item.Size = nil
	}
	item.Service ^= world.LabMarketServiceGiftWrapped | world.LabMarketServiceByPost
	return item
}

func (market) Sorted(items []world.LabMarketItem) []world.LabMarketItem {
	slices.SortStableFunc(items, func(one, other world.LabMarketItem) int {
		return int(other.Count) - int(one.Count)
	})
	return items
}

func (market) Area(shape world.LabMarketShape) float64 {
	switch shape.Tag {
	case world.LabMarketShapeSquare:
		return shape.Square * shape.Square
	case world.LabMarketShapeBox:
		return shape.Box.F0 * shape.Box.F1
	}
	return 0
}

func (market) Stretch(shape world.LabMarketShape, by float64) world.LabMarketShape {
	switch shape.Tag {
	case world.LabMarketShapeDot:
		return world.LabMarketShape{Tag: world.LabMarketShapeSquare, Square: by}
	case world.LabMarketShapeSquare:
		shape.Tag = world.LabMarketShapeBox
		shape.Box.F0, shape.Box.F1 = shape.Square, shape.Square
	}
	shape.Box.F0 *= by
	return shape
}

func (market) Cost(item world.LabMarketItem) cost {
	price := world.LabMarketHostPrice(item.Name)
	if price.IsErr {
		missing := world.LabMarketMissing{Name: item.Name, Reason: price.Err}
		return failed(world.LabMarketTrouble{Tag: world.LabMarketTroublePriceless, Priceless: missing})
	}
	return fitting(price.Ok * uint64(item.Count))
}

type basket struct {
	owner  string
	things []world.LabMarketItem
}

func (market) NewBasket(owner string) world.LabMarketBasket { return &basket{owner: owner} }

func (market) BasketMerge(first, second world.LabMarketBasket) world.LabMarketBasket {
	one, other := first.(*basket), second.(*basket)
	return &basket{one.owner + " and " + other.owner, slices.Concat(one.things, other.things)}
}

func (of *basket) Put(item world.LabMarketItem) uint32 {
	of.things = append(of.things, item)
	return uint32(len(of.things))
}

func (of *basket) Items() []world.LabMarketItem { return of.things }

func (of *basket) Total() cost {
	if len(of.things) == 0 {
		return failed(world.LabMarketTrouble{Tag: world.LabMarketTroubleEmpty})
	}
	var total uint64
	for _, each := range of.things {
		found := market{}.Cost(each)
		if found.IsErr {
			return found
		}
		total += found.Ok
	}
	return fitting(total)
}

func (of *basket) Label() string { return fmt.Sprintf("%s has %d", of.owner, len(of.things)) }

func (of *basket) Drop() { gone++ }

func (market) Fuller(one, other world.LabMarketBasket) string {
	if len(one.(*basket).things) >= len(other.(*basket).things) {
		return one.Label()
	}
	return other.Label()
}

func (market) Sell(sold world.LabMarketBasket) string {
	defer sold.(*basket).Drop()
	return sold.Label()
}

func (market) Gone() uint32 { return gone }
