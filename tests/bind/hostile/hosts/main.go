// How each attack ends in Go.
package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"example.com/hostile"
)

type given struct{}

func (given) Write(text string) (uint32, error) { return uint32(len(text)), nil }

func must[T any](got T, err error) T {
	if err != nil {
		panic(err)
	}
	return got
}

func opened() *hostile.Library {
	return must(hostile.Open(
		hostile.Options{Timeout: time.Second, MemoryLimit: 16 << 20},
		hostile.Imports{
			Note: func(text string) (uint32, error) { return uint32(len(text)), nil },
			Name: func() (string, error) { return "a host", nil },
		}))
}

func how(err error) string {
	var found *hostile.Error
	switch {
	case err == nil:
		return "not refused"
	case errors.Is(err, hostile.ErrTimeout):
		return "out of time"
	case errors.As(err, &found):
		return "an error"
	}
	return err.Error()
}

func ended(library *hostile.Library) string {
	text, err := library.Well("fine")
	if errors.Is(err, hostile.ErrEnded) {
		return "ended"
	}
	return fmt.Sprint("goes on: ", text, err)
}

type attack struct {
	label string
	call  func(*hostile.Library) error
}

const plain = `trap zero spin recurse grow wild-read wild-write wild-call far-string long-string
	torn-string surrogate far-list wrapping-list odd-list far-result odd-result inner-string bomb
	bad-enum bad-option bad-case bad-variant bad-char half-char forged given-twice dropped-twice
	not-there late-call tell-far tell-torn tell-nobody`

func attacks() (all []attack) {
	for _, label := range strings.Fields(plain) {
		name := ""
		for _, word := range strings.Split(label, "-") {
			name += strings.ToUpper(word[:1]) + word[1:]
		}
		all = append(all, attack{label, func(library *hostile.Library) error {
			out := reflect.ValueOf(library).MethodByName(name).Call(nil)
			err, _ := out[len(out)-1].Interface().(error)
			return err
		}})
	}
	add := func(label string, call func(*hostile.Library) error) {
		all = append(all, attack{label, call})
	}
	add("confused", func(l *hostile.Library) error { _, err := l.Confused(given{}); return err })
	add("kept borrow", func(l *hostile.Library) error { return l.KeptBorrow(given{}) })
	add("late borrow", func(l *hostile.Library) error {
		if err := l.Lent(given{}); err != nil {
			panic(err)
		}
		_, err := l.LateBorrow()
		return err
	})
	add("owned twice", func(l *hostile.Library) error { _, err := l.OwnedTwice(given{}); return err })
	for at, way := range []string{"far", "odd", "endless", "trapping", "calling"} {
		number := uint32(at + 1)
		add(way+" room", func(l *hostile.Library) error {
			if err := l.Sly(number); err != nil {
				panic(err)
			}
			_, err := l.Take([]uint32{1, 2, 3})
			return err
		})
		if way == "odd" {
			continue // which no string can be
		}
		add(way+" room for the host", func(l *hostile.Library) error {
			if err := l.Sly(number); err != nil {
				panic(err)
			}
			_, err := l.Ask()
			return err
		})
	}
	destroy := func(of uint32) func(*hostile.Library) error {
		return func(l *hostile.Library) error { return must(hostile.NewThing(l, of)).Close() }
	}
	add("trapping destructor", destroy(13))
	add("endless destructor", destroy(14))
	return all
}

func main() {
	first := opened()
	for _, each := range attacks() {
		library := opened()
		end := how(each.call(library)) + ", "
		if strings.HasSuffix(each.label, "destructor") {
			end = "" // no language's can tell how they ended
		}
		after := ended(library)
		library.Close()
		other := opened()
		fmt.Printf("%s: %s%s, then %s\n", each.label, end, after, must(other.Well("fine")))
		other.Close()
	}
	fmt.Printf("the first: %s\n", must(first.Well("fine")))
	first.Close()
}
