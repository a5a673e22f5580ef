// GraphQL from Go: its reference implementation in JavaScript, in a sandbox.
package main

import (
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"example.com/graphql"
)

const schemaText = `
	enum Episode { NEWHOPE, EMPIRE }
	type Hero { name: String!, films: [Int!]! }
	type Query { hero(episode: Episode!): Hero }
`
const query = "query ($episode: Episode!) { hero(episode: $episode) { name films } }"

// resolve gives the value of a field, as JSON: this is Go, called by JavaScript.
func resolve(call graphql.ResolversCall) (string, error) {
	name := "R2-D2"
	if strings.Contains(call.Arguments, "EMPIRE") {
		name = "Luke Skywalker"
	}
	return fmt.Sprintf(`{"name": %q, "films": [4, 5, 6]}`, name), nil
}

func main() {
	options := graphql.Options{Timeout: 20 * time.Second}
	library, err := graphql.Open(options, graphql.Imports{Resolve: resolve})
	if err != nil {
		log.Fatal(err)
	}
	defer library.Close()
	schema, err := graphql.SchemaBuild(library, schemaText, []string{"Query.hero"})
	if err != nil {
		log.Fatal(err)
	}
	response, err := schema.Execute(query, `{"episode": "EMPIRE"}`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Data)

	problems, err := schema.Validate("{ hero(episode: JEDI) { nam } }")
	if err != nil {
		log.Fatal(err)
	}
	for _, problem := range problems {
		var places []string
		for _, each := range problem.Locations {
			places = append(places, fmt.Sprintf("%d:%d", each.Line, each.Column))
		}
		fmt.Printf("%s: %s\n", strings.Join(places, ", "), problem.Message)
	}
	_, err = library.Parse("{ hero(")
	var failure *graphql.Failure[graphql.Problem]
	if errors.As(err, &failure) {
		fmt.Println(failure.Value.Message)
	}
}
