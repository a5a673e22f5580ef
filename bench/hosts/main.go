package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"example.com/border"
)

type point struct {
	X, Y float64
	N    uint32
}

var kept any

func must[T any](got T, err error) T {
	if err != nil {
		panic(err)
	}
	return got
}

func processor() time.Duration {
	var now syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &now)
	return time.Duration(now.Utime.Nano() + now.Stime.Nano())
}

func took(call func(), count int) time.Duration {
	begun := time.Now()
	for each := 0; each < count; each++ {
		call()
	}
	return time.Since(begun)
}

type way struct {
	name string
	call func()
}

func turns(work string, ways ...way) {
	often := make([]int, len(ways))
	for at, each := range ways {
		often[at] = 1
		for took(each.call, often[at]) < time.Millisecond {
			often[at] *= 2
		}
		often[at] *= 4
	}
	for round := 0; round < 7; round++ {
		for at, each := range ways {
			cpu := processor()
			wall := took(each.call, often[at]).Seconds() / float64(often[at])
			used := (processor() - cpu).Seconds() / float64(often[at])
			fmt.Printf("%s\t%s\t%.12f\t%.12f\n", work, each.name, wall, used)
		}
	}
}

//go:noinline
func nothing() {}

//go:noinline
func add(a, b uint32) uint32 { return a + b }

//go:noinline
func text(of string) string { return strings.Clone(of) }

//go:noinline
func copied(of []byte) []byte { return append([]byte(nil), of...) }

//go:noinline
func sum(of []float64) (sum float64) {
	for _, each := range of {
		sum += each
	}
	return sum
}

//go:noinline
func total[T any](of []T, n func(*T) uint32) (sum uint32) {
	for at := range of {
		sum += n(&of[at])
	}
	return sum
}

var twice = func(n uint32) uint32 { return 2 * n }

// serve answers lines of JSON, as another process.
func serve() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var name string
		var rest []json.RawMessage
		var asked []json.RawMessage
		_ = json.Unmarshal(line, &asked)
		_ = json.Unmarshal(asked[0], &name)
		_ = json.Unmarshal(asked[1], &rest)
		var answer any
		switch name {
		case "add":
			var a, b uint32
			_, _ = json.Unmarshal(rest[0], &a), json.Unmarshal(rest[1], &b)
			answer = add(a, b)
		case "text":
			var of string
			_ = json.Unmarshal(rest[0], &of)
			answer = of
		case "bytes":
			var of []byte
			_ = json.Unmarshal(rest[0], &of)
			answer = of
		case "sum":
			var of []float64
			_ = json.Unmarshal(rest[0], &of)
			answer = sum(of)
		case "points":
			var of []point
			_ = json.Unmarshal(rest[0], &of)
			answer = total(of, func(each *point) uint32 { return each.N })
		case "callback":
			var n uint32
			_ = json.Unmarshal(rest[0], &n)
			answer = twice(n)
		}
		os.Stdout.Write(append(must(json.Marshal(answer)), '\n'))
	}
}

func main() {
	if len(os.Args) > 1 {
		serve()
		return
	}
	lib := must(border.Open(
		border.Options{Timeout: time.Minute},
		border.Imports{Double: func(n uint32) (uint32, error) { return 2 * n, nil }}))
	defer lib.Close()
	server := exec.Command(must(os.Executable()), "serve")
	to, from := must(server.StdinPipe()), bufio.NewReaderSize(must(server.StdoutPipe()), 1<<20)
	if err := server.Start(); err != nil {
		panic(err)
	}
	defer func() { to.Close(); _ = server.Wait() }()
	ask := func(name string, back any, args ...any) func() {
		return func() {
			_ = must(to.Write(append(must(json.Marshal([]any{name, args})), '\n')))
			if err := json.Unmarshal(must(from.ReadBytes('\n')), back); err != nil {
				panic(err)
			}
		}
	}
	shorter, longer := strings.Repeat("x", 100), strings.Repeat("x", 100_000)
	bytes, floats := make([]byte, 1<<20), make([]float64, 100_000)
	points, others := make([]border.Point, 1000), make([]point, 1000)
	for at := range bytes {
		bytes[at] = byte(at)
	}
	for at := range floats {
		floats[at] = float64(at)
	}
	for at := range points {
		points[at] = border.Point{X: 1, Y: 2, N: uint32(at)}
		others[at] = point{1, 2, uint32(at)}
	}
	var (
		number uint32
		float  float64
		said   string
		data   []byte
	)
	turns("no arguments", way{"ours", func() { must(0, lib.Nothing()) }},
		way{"JSON", ask("nothing", &kept)}, way{"plain", nothing})
	turns("two integers", way{"ours", func() { number = must(lib.Add(1, 2)) }},
		way{"JSON", ask("add", &number, 1, 2)}, way{"plain", func() { number = add(1, 2) }})
	turns("text of 100 bytes", way{"ours", func() { said = must(lib.Text(shorter)) }},
		way{"JSON", ask("text", &said, shorter)}, way{"plain", func() { said = text(shorter) }})
	turns("text of 100 KB", way{"ours", func() { said = must(lib.Text(longer)) }},
		way{"JSON", ask("text", &said, longer)}, way{"plain", func() { said = text(longer) }})
	turns("1 MiB of bytes", way{"ours", func() { data = must(lib.Bytes(bytes)) }},
		way{"JSON", ask("bytes", &data, bytes)}, way{"plain", func() { data = copied(bytes) }})
	turns("100,000 floats", way{"ours", func() { float = must(lib.Sum(floats)) }},
		way{"JSON", ask("sum", &float, floats)}, way{"plain", func() { float = sum(floats) }})
	turns("1,000 records", way{"ours", func() { number = must(lib.Points(points)) }},
		way{"JSON", ask("points", &number, others)},
		way{"plain", func() { number = total(others, func(of *point) uint32 { return of.N }) }})
	turns("a callback", way{"ours", func() { number = must(lib.Callback(21)) }},
		way{"JSON", ask("callback", &number, 21)}, way{"plain", func() { number = twice(21) }})
	kept = []any{number, float, said, data}
}
