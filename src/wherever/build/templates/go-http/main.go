// Answers HTTP requests: a page, an echo, and nothing else.
package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
)

func init() {
	routes := http.NewServeMux()
	routes.HandleFunc("/{$}", page)
	routes.HandleFunc("POST /echo", echo)
	routes.HandleFunc("/", missing)
	serve(routes) // in the place of http.ListenAndServe
}

func main() {}

func page(answer http.ResponseWriter, request *http.Request) {
	name := request.URL.Query().Get("name")
	if name == "" {
		name = "World"
	}
	answer.Header().Set("Content-Type", "text/html; charset=utf-8")
	// What a visitor has sent is escaped wherever it stands in HTML.
	fmt.Fprintf(answer, "<!doctype html>\n<title>Hello</title>\n<h1>Hello, %s!</h1>\n<p>%s %s</p>\n",
		html.EscapeString(name), html.EscapeString(request.Method), html.EscapeString(request.URL.Path))
}

func echo(answer http.ResponseWriter, request *http.Request) {
	answer.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.Copy(answer, request.Body)
}

func missing(answer http.ResponseWriter, request *http.Request) {
	answer.Header().Set("Content-Type", "text/plain; charset=utf-8")
	answer.WriteHeader(http.StatusNotFound)
	io.WriteString(answer, "Not found\n")
}
