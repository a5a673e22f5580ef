// Greets whoever is named, or the whole world.
package main

import (
	"fmt"
	"os"
	"strings"
)

func main() {
	names := strings.Join(os.Args[1:], " and ")
	if names == "" {
		names = "world"
	}
	fmt.Printf("Hello, %s, from Go!\n", names)
}
