// Calls everything of the package `every`, and says what comes of it.
package main

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"example.com/every"
)

var sinks, answer int

type sink struct {
	name  string
	bytes uint32
}

func (s *sink) Write(data []byte) (uint32, error) {
	s.bytes += uint32(len(data))
	return s.bytes, nil
}

func kind(err error) string {
	for word, kind := range map[string]every.Kind{
		"Trap": every.ErrTrap, "Timeout": every.ErrTimeout, "Interrupted": every.ErrInterrupted,
		"Stack": every.ErrStack, "Invalid": every.ErrInvalid, "Exit": every.ErrExit,
		"Ended": every.ErrEnded, "Busy": every.ErrBusy, "Argument": every.ErrArgument,
	} {
		if errors.Is(err, kind) {
			return word
		}
	}
	if err == nil {
		return "nothing"
	}
	return err.Error()
}

func must[T any](got T, err error) T {
	if err != nil {
		panic(err)
	}
	return got
}

func fine(err error) {
	if err != nil {
		panic(err)
	}
}

func ref[T any](of T) *T { return &of }

func shape(shape every.ValuesShape) string {
	switch s := shape.(type) {
	case every.ValuesShapeCircle:
		return fmt.Sprintf("circle %g", s.Value)
	case every.ValuesShapeBox:
		a, b := s.Value.F0, s.Value.F1
		return fmt.Sprintf("box %d %d %d %d", a.X, a.Y, b.X, b.Y)
	case every.ValuesShapeLabel:
		return "label " + s.Value
	case every.ValuesShapeTint:
		return "tint " + s.Value.String()
	}
	return "empty"
}

func odd(odd every.ValuesOdd) string {
	switch o := odd.(type) {
	case every.ValuesOddA:
		return fmt.Sprintf("a %g", o.Value)
	case every.ValuesOddB:
		return fmt.Sprintf("b %d", o.Value)
	case every.ValuesOddC:
		return "c " + o.Value
	case every.ValuesOddD:
		return "d " + strings.Trim(fmt.Sprint(o.Value), "[]")
	}
	return "?"
}

func main() {
	var library *every.Library
	var printed strings.Builder
	imports := every.Imports{
		SinkNew: func(name string) (every.HostSink, error) { return &sink{name: name}, nil },
		Log: func(level byte, text string) (uint32, error) {
			switch answer {
			case 1:
				return 0, errors.New("no disk")
			case 2:
				if _, err := library.Values().Add(1, 2); err != nil {
					panic(err)
				}
			}
			if len(text) > 3 {
				return 0, &every.Failure[string]{Value: fmt.Sprintf("%d are too many", len(text))}
			}
			return 7, nil
		},
		Pick: func(from []string) (*string, error) {
			if len(from) == 0 {
				return nil, nil
			}
			return &from[len(from)-1], nil
		},
	}
	options := every.Options{MemoryLimit: 64 << 20, Output: func(_ int, text []byte) {
		printed.Write(text)
	}}
	library = must(every.Open(options, imports))
	v, h := library.Values(), library.Hostile()

	fmt.Printf("string: %s\n", must(v.EchoString("grüß dich 🌍")))
	fmt.Printf("no letters:%s\n", must(v.EchoString("")))
	big := make([]byte, 1<<20)
	for at := range big {
		big[at] = byte(at * 7)
	}
	bytes := must(v.EchoBytes(big))
	fmt.Printf("bytes: %d, %d\n", len(bytes), bytes[len(bytes)-1])
	m := must(v.EchoMixed(every.ValuesMixed{Flag: true, Small: 200, Wide: math.MaxUint64,
		Ratio: 1.5, Exact: -0.25, Letter: '\U0001f60d', Name: "name",
		Where: every.ValuesPoint{X: -3, Y: math.MinInt32}}))
	fmt.Println("mixed:", m.Flag, m.Small, m.Wide, m.Ratio, m.Exact, m.Letter, m.Name, m.Where.X, m.Where.Y)
	fmt.Println("colour:", must(v.EchoColour(every.ValuesColourBlue)))
	rights := must(v.EchoRights(every.ValuesRightsRead | every.ValuesRightsRun))
	fmt.Print("rights:")
	for at, word := range []string{"read", "write", "run"} {
		if rights&(1<<at) != 0 {
			fmt.Print(" ", word)
		}
	}
	var shapes, odds []string
	a, b := every.ValuesPoint{X: 1, Y: 2}, every.ValuesPoint{X: 3, Y: 4}
	for _, each := range []every.ValuesShape{every.ValuesShapeEmpty{}, every.ValuesShapeCircle{Value: 2.5},
		every.ValuesShapeBox{Value: every.Tuple2[every.ValuesPoint, every.ValuesPoint]{F0: a, F1: b}},
		every.ValuesShapeLabel{Value: "here"}, every.ValuesShapeTint{Value: every.ValuesColourGreen}} {
		shapes = append(shapes, shape(must(v.EchoShape(each))))
	}
	fmt.Printf("\nshapes: %s\n", strings.Join(shapes, ", "))
	for _, each := range []every.ValuesOdd{every.ValuesOddA{Value: -0.25}, every.ValuesOddB{Value: 1 << 63},
		every.ValuesOddC{Value: "odd"}, every.ValuesOddD{Value: []uint16{1, 2, 65535}}} {
		odds = append(odds, odd(must(v.EchoOdd(each))))
	}
	fmt.Printf("odd: %s\n", strings.Join(odds, ", "))
	floats := must(v.EchoFloats([]float64{0.5, math.NaN(), math.Inf(-1)}))
	fmt.Printf("floats: %d, %g, %s\n", len(floats), floats[0], strings.ToLower(fmt.Sprint(floats[1])))
	p := must(v.EchoPoints([]every.ValuesPoint{{X: 1, Y: -1}, {X: 2, Y: -2}}))
	fmt.Printf("points: %d %d, %d %d\n", p[0].X, p[0].Y, p[1].X, p[1].Y)
	fmt.Printf("names: %s\n", strings.Join(must(v.EchoNames([]string{"a", "", "ccc"})), ","))
	nested := must(v.EchoNested([][]*string{{ref("in"), nil}, {}}))
	if nested[0][1] != nil || len(nested[1]) != 0 {
		panic("nested")
	}
	fmt.Printf("nested: [%s none] []\n", *nested[0][0])
	some := must(v.EchoOption(ref(ref(uint32(9)))))
	inner := must(v.EchoOption(ref[*uint32](nil)))
	none := must(v.EchoOption(nil))
	if inner == nil || *inner != nil || none != nil {
		panic("option")
	}
	fmt.Printf("option: some %d, some none, none\n", **some)
	fmt.Println("divide:", must(v.Divide(math.MinInt64, 2)))
	_, err := v.Divide(1, 0)
	fmt.Println("divide by zero:", err)
	fine(v.Check(true))
	var failure *every.Failure[every.ValuesColour]
	if errors.As(v.Check(false), &failure) {
		fmt.Println("check:", failure.Value)
	}
	fmt.Println("many:", must(v.Many(1, -2, 3, -4, 5, -6, 7, -8, 0.5, 0.25, true, 'l', "m", "nn", 15)))
	fine(v.Nothing())
	fine(v.Say("hello"))
	fmt.Print("printed: ", printed.String())
	fmt.Println("ask:", must(v.Ask("one")))
	fmt.Println("ask too much:", must(v.Ask("three")))
	chosen := must(v.Choose([]string{"a", "b"}))
	if must(v.Choose(nil)) == nil {
		fmt.Printf("choose: %s, none\n", *chosen)
	}
	fmt.Println("store:", must(v.Store("file", []byte("abc"))))
	mine := every.HostSink(&sink{name: "mine"})
	fmt.Println("feed:", must(v.Feed(mine, []byte("abcd"))))
	mine = must(v.GiveBack(mine))
	fmt.Println("given back:", mine.(*sink).name)
	fmt.Println("sinks left:", sinks)
	answer = 1
	_, err = v.Ask("x")
	fmt.Println("callback:", err)
	_, err = v.Ask("x")
	fmt.Println("ended:", kind(err))
	fine(library.Reset())
	answer = 2
	func() {
		defer func() { fmt.Println("callback again:", kind(recover().(error))) }()
		v.Ask("x")
	}()
	fine(library.Reset())
	answer = 0

	one := must(every.NewValuesCounter(library, 5))
	other := must(every.NewValuesCounter(library, 10))
	fmt.Print("counters: ", must(one.Up(2)), " ", must(one.Peek(other)), " ")
	both := must(every.ValuesCounterMerge(library, one, other))
	fmt.Println(must(both.Up(0)))
	_, err = one.Up(1)
	fmt.Println("given away:", kind(err))
	fmt.Print("alive: ", must(v.Live()))
	fine(both.Close())
	fmt.Println("", must(v.Live()))
	old := must(every.NewValuesCounter(library, 1))
	fine(library.Reset())
	fresh := must(every.NewValuesCounter(library, 1))
	_, err = old.Up(1)
	fmt.Println("before a reset:", kind(err))
	fine(fresh.Close())

	ends := func(what string, call func() error) {
		fmt.Printf("%s: %s\n", what, kind(call()))
		fine(library.Reset())
	}
	ends("trap", h.Trap)
	ends("zero", func() error { _, err := h.Zero(1); return err })
	fine(library.SetTimeout(50 * time.Millisecond))
	ends("spin", func() error { _, err := h.Spin(); return err })
	fine(library.SetTimeout(0))
	ends("interrupted", func() error {
		time.AfterFunc(100*time.Millisecond, library.Interrupt)
		_, err := h.Spin()
		return err
	})
	ends("recurse", func() error { _, err := h.Recurse(1 << 30); return err })
	if must(h.Hoard()) < 64<<20 {
		fmt.Println("hoard: limited")
	}
	fine(library.Reset())
	ends("far string", func() error { _, err := h.FarString(); return err })
	ends("long string", func() error { _, err := h.LongString(); return err })
	ends("bad string", func() error { _, err := h.BadString(); return err })
	ends("many strings", func() error { _, err := h.ManyStrings(); return err })
	ends("bad case", func() error { _, err := h.BadCase(); return err })
	ends("bad char", func() error { _, err := h.BadChar(); return err })
	ends("bad handle", func() error { _, err := h.BadHandle(); return err })
	ends("leave", func() error { return h.Leave(3) })
	ends("wild", func() error { return h.WildWrite(0x7fffffff) })
	counter := must(every.NewValuesCounter(library, 0))
	var all sync.WaitGroup
	for range [4]int{} {
		all.Add(1)
		go func() {
			defer all.Done()
			for range [2000]int{} {
				must(counter.Up(1))
			}
		}()
	}
	all.Wait()
	fmt.Println("threads:", must(counter.Up(0)))
	fine(library.Close())
	if _, err := v.Live(); !errors.Is(err, every.ErrClosed) {
		panic("it is not closed")
	}
}
