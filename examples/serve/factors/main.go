// Takes whole numbers to pieces.
package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

func init() {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /{number}", factors)
	serve(routes)
}

func main() {}

func factors(answer http.ResponseWriter, request *http.Request) {
	number, err := strconv.ParseUint(request.PathValue("number"), 10, 64)
	if err != nil || number == 0 {
		http.Error(answer, "write a whole number from 1 on: /360360", http.StatusBadRequest)
		return
	}
	answer.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(answer, "%d = %s\n", number, strings.Join(found(number), " × "))
}

// found divides by all that there is, without cleverness: a large prime takes minutes, and the limits
// of the server are what ends it.
func found(number uint64) (parts []string) {
	for by := uint64(2); by <= number/by; by++ {
		times := 0
		for ; number%by == 0; number /= by {
			times++
		}
		parts = append(parts, power(by, times)...)
	}
	if number > 1 || len(parts) == 0 {
		parts = append(parts, power(number, 1)...)
	}
	return parts
}

func power(base uint64, times int) []string {
	switch times {
	case 0:
		return nil
	case 1:
		return []string{strconv.FormatUint(base, 10)}
	}
	return []string{fmt.Sprintf("%d^%d", base, times)}
}
