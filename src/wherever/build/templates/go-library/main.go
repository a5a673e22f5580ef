// Makes addresses of titles, and counts what is in a text.
package main

import (
	"fmt"
	"strings"
	"unicode"

	"example.com/text/build/bindings/world"
)

func init() {
	world.MyText = text{}
	world.WasiCliRun = show{}
}

func main() {}

type text struct{}

func (text) Slug(title string) string {
	words := strings.FieldsFunc(title, func(letter rune) bool {
		return letter < 0x80 && !unicode.IsLetter(letter) && !unicode.IsDigit(letter)
	})
	return strings.ToLower(strings.Join(words, "-"))
}

func (text) Count(text string) world.MyTextCounts {
	var counts world.MyTextCounts
	for _, word := range strings.Fields(text) {
		counts.Words++
		counts.Letters += uint32(len(word))
	}
	return counts
}

// What `wherever run .` shows, and `wherever test` compares.
type show struct{}

func (show) Run() world.Result[struct{}, struct{}] {
	title := "Hello, Go library!"
	counts := text{}.Count(title)
	fmt.Println(text{}.Slug(title))
	fmt.Printf("%d words, %d letters\n", counts.Words, counts.Letters)
	return world.Result[struct{}, struct{}]{}
}
