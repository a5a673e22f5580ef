package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"example.com/site/build/bindings/world"
)

// serve has a handler of net/http answer the requests of the site. Other than a server of its own
// it is given a request whole, and its answer is sent when it has come back.
func serve(handler http.Handler) {
	world.WhereverHttpHandler = site{handler}
}

type site struct{ handler http.Handler }

type answering struct {
	header, sent http.Header
	status       int
	body         bytes.Buffer
}

func (one *answering) Header() http.Header { return one.header }

func (one *answering) WriteHeader(status int) {
	if one.status == 0 && status >= 200 {
		one.status, one.sent = status, one.header.Clone()
	}
}

func (one *answering) Write(data []byte) (int, error) {
	if one.status == 0 {
		if one.header.Get("Content-Type") == "" {
			one.header.Set("Content-Type", http.DetectContentType(data))
		}
		one.WriteHeader(http.StatusOK)
	}
	return one.body.Write(data)
}

func (one *answering) Flush() {}

func (site site) Handle(asked world.WhereverHttpHandlerRequest) world.WhereverHttpHandlerResponse {
	request, err := requestOf(asked)
	if err != nil {
		return plain(http.StatusBadRequest)
	}
	answer := &answering{header: http.Header{}}
	if !finishes(func() { site.handler.ServeHTTP(answer, request) }) {
		return plain(http.StatusInternalServerError)
	}
	answer.WriteHeader(http.StatusOK)
	return world.WhereverHttpHandlerResponse{
		Status:  uint16(answer.status),
		Headers: pairs(answer.sent),
		Body:    answer.body.Bytes(),
	}
}

func requestOf(asked world.WhereverHttpHandlerRequest) (*http.Request, error) {
	target := fromLetters(asked.Target)
	address, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, err
	}
	request := &http.Request{
		Method: asked.Method, URL: address, RequestURI: target, Host: asked.Authority,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, RemoteAddr: asked.Client,
		Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(asked.Body)),
		ContentLength: int64(len(asked.Body)),
	}
	for _, each := range asked.Headers {
		if each.F0 != "host" {
			request.Header.Add(each.F0, fromLetters(each.F1))
		}
	}
	for _, each := range asked.Params {
		request.SetPathValue(each.F0, each.F1)
	}
	return request, nil
}

// finishes says whether a handler came back; where it panics, that is written to the log.
func finishes(handle func()) (done bool) {
	defer func() {
		if reason := recover(); reason != nil {
			fmt.Fprintf(os.Stderr, "panic: %v\n%s", reason, debug.Stack())
			done = false
		}
	}()
	handle()
	return true
}

func pairs(header http.Header) (made []world.Tuple2[string, string]) {
	for name, values := range header {
		for _, value := range values {
			made = append(made, world.Tuple2[string, string]{F0: strings.ToLower(name), F1: toLetters(value)})
		}
	}
	slices.SortStableFunc(made, func(one, other world.Tuple2[string, string]) int {
		return strings.Compare(one.F0, other.F0)
	})
	return made
}

func plain(status int) world.WhereverHttpHandlerResponse {
	return world.WhereverHttpHandlerResponse{
		Status:  uint16(status),
		Headers: pairs(http.Header{"Content-Type": {"text/plain; charset=utf-8"}}),
		Body:    []byte(http.StatusText(status) + "\n"),
	}
}

// Each letter of a header or target stands for one byte, which in Go it is.
func fromLetters(text string) string {
	made := make([]byte, 0, len(text))
	for _, letter := range text {
		made = append(made, byte(letter))
	}
	return string(made)
}

func toLetters(text string) string {
	made := make([]rune, 0, len(text))
	for _, each := range []byte(text) {
		made = append(made, rune(each))
	}
	return string(made)
}
