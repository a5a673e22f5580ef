// What a market tells a program in Go.
package main

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"example.com/market"
)

func must[T any](got T, err error) T {
	if err != nil {
		panic(err)
	}
	return got
}

func ref[T any](of T) *T { return &of }

func line(label string, text string) {
	fmt.Println(strings.TrimRight(label+": "+text, " "))
}

func item(name string, count uint32) market.Item { return market.Item{Name: name, Count: count} }

func shown(item market.Item) string {
	words := []string{fmt.Sprintf("%d %s", item.Count, item.Name), "no size"}
	if item.Size != nil {
		words[1] = item.Size.String()
	}
	if item.Service&market.ServiceGiftWrapped != 0 {
		words = append(words, "gift-wrapped")
	}
	if item.Service&market.ServiceByPost != 0 {
		words = append(words, "by-post")
	}
	return strings.Join(words, ", ")
}

func all(items []market.Item) string {
	var words []string
	for _, each := range items {
		words = append(words, shown(each))
	}
	return strings.Join(words, "; ")
}

func shape(shape market.Shape) string {
	switch s := shape.(type) {
	case market.ShapeSquare:
		return fmt.Sprintf("square %g", s.Value)
	case market.ShapeBox:
		return fmt.Sprintf("box %g by %g", s.Value.F0, s.Value.F1)
	}
	return "dot"
}

func cost(got uint64, err error) string {
	if err == nil {
		return fmt.Sprint(got)
	}
	var failure *market.Failure[market.Trouble]
	if errors.As(err, &failure) {
		switch trouble := failure.Value.(type) {
		case market.TroublePriceless:
			return "priceless " + trouble.Value.Name + ": " + trouble.Value.Reason
		case market.TroubleEmpty:
			return "empty"
		}
		return "too-much"
	}
	return err.Error()
}

func refused(got string, err error) string {
	if errors.Is(err, market.ErrArgument) {
		return "refused"
	}
	return "not refused: " + got
}

func is(there bool) string {
	if there {
		return "some"
	}
	return "none"
}

func main() {
	prices := map[string]uint64{"tea": 250, "gold": 900000000001}
	imports := market.Imports{Price: func(name string) (uint64, error) {
		if price, is := prices[name]; is {
			return price, nil
		}
		return 0, &market.Failure[string]{Value: "we have no " + name}
	}}
	lib := must(market.Open(market.Options{Timeout: 30 * time.Second}, imports))
	line("greet someone", must(lib.Greet(ref("Zażółć 🙂"))))
	line("greet nobody", must(lib.Greet(nil)))
	line("greet no letters", must(lib.Greet(ref(""))))
	var words []string
	for _, each := range must(lib.Words("one  żółć 🙂 ")) {
		words = append(words, "["+each+"]")
	}
	line("words", strings.Join(words, " "))
	line("find", fmt.Sprint(*must(lib.Find([]string{"a", "", "żółć", "żółć"}, "żółć"))))
	line("find nothing", is(must(lib.Find(nil, "")) != nil))
	line("reverse", fmt.Sprintf("%x", must(lib.Reverse([]byte{255, 2, 1, 0, 128, 254}))))
	line("reverse nothing", fmt.Sprintf("%x", must(lib.Reverse(nil))))
	much := make([]byte, 100_000)
	for at := range much {
		much[at] = byte(at % 251)
	}
	much = must(lib.Reverse(much))
	line("reverse much", fmt.Sprintf("%d bytes, %d at 10", len(much), much[10]))
	line("sum", fmt.Sprint(must(lib.Sum([]int64{1 << 62, -3, 4}))))
	line("sum of the least", fmt.Sprint(must(lib.Sum([]int64{math.MinInt64}))))
	line("sum of nothing", fmt.Sprint(must(lib.Sum(nil))))
	line("mean", fmt.Sprint(*must(lib.Mean([]float64{1.5, 2.25, 3}))))
	line("mean of nothing", is(must(lib.Mean(nil)) != nil))
	line("number", fmt.Sprint(must(lib.Number("123456789"))))
	_, err := lib.Number("12x")
	line("no number", err.Error())
	tea := item("tea", 2)
	tea.Service = market.ServiceGiftWrapped
	once := must(lib.Change(tea))
	line("change", shown(once))
	line("change again", shown(must(lib.Change(once))))
	large := item("żółć", 0)
	large.Size = ref(market.SizeVeryLarge)
	line("change back", shown(must(lib.Change(large))))
	third := item("c", 3)
	third.Size = ref(market.SizeSmall)
	line("sorted", all(must(lib.Sorted([]market.Item{item("a", 2), item("b", 3), third}))))
	line("sorted nothing", all(must(lib.Sorted(nil))))
	box := func(width, height float64) market.Shape {
		return market.ShapeBox{Value: market.Tuple2[float64, float64]{F0: width, F1: height}}
	}
	line("area", fmt.Sprintf("%g, %g, %g", must(lib.Area(market.ShapeDot{})),
		must(lib.Area(market.ShapeSquare{Value: 2.5})), must(lib.Area(box(1.5, 2)))))
	line("stretch", strings.Join([]string{shape(must(lib.Stretch(market.ShapeDot{}, 1.5))),
		shape(must(lib.Stretch(market.ShapeSquare{Value: 2}, 1.5))),
		shape(must(lib.Stretch(box(4, 0.25), 2.5)))}, ", "))
	line("cost", cost(lib.Cost(item("tea", 2))))
	line("cost beyond 32 bits", cost(lib.Cost(item("gold", 1))))
	line("cost of what is not there", cost(lib.Cost(item("silk", 1))))
	line("cost of too much", cost(lib.Cost(item("gold", 2))))
	ann := must(market.NewBasket(lib, "Ann"))
	line("empty basket", cost(ann.Total()))
	tea = market.Item{Name: "tea", Count: 2, Size: ref(market.SizeVeryLarge),
		Service: market.ServiceByPost}
	line("put", fmt.Sprintf("%d, %d", must(ann.Put(tea)), must(ann.Put(item("gold", 1)))))
	line("items", all(must(ann.Items())))
	line("total", cost(ann.Total()))
	bob := must(market.NewBasket(lib, "Bob"))
	must(bob.Put(item("silk", 1)))
	line("other total", cost(bob.Total()))
	line("fuller", must(lib.Fuller(bob, ann)))
	both := must(market.BasketMerge(lib, ann, bob))
	line("merged", must(both.Label()))
	for _, each := range []*market.Basket{both, bob} {
		if err := each.Close(); err != nil {
			panic(err)
		}
	}
	line("closed", refused(bob.Label()))
	line("gone", fmt.Sprint(must(lib.Gone())))
	line("sold", must(lib.Sell(ann)))
	line("given away", refused(ann.Label()))
	line("gone when sold", fmt.Sprint(must(lib.Gone())))
	if err := lib.Close(); err != nil {
		panic(err)
	}
}
