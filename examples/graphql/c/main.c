/* GraphQL from C: its reference implementation in JavaScript, in a sandbox. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graphql.h"

static const char SCHEMA[] = "enum Episode { NEWHOPE, EMPIRE }\n"
                             "type Hero { name: String!, films: [Int!]! }\n"
                             "type Query { hero(episode: Episode!): Hero }\n";
static const char QUERY[] = "query ($episode: Episode!) { hero(episode: $episode) { name films } }";

static graphql_t *graphql;

/* Ends the program where a call went wrong, and says why. */
static void check(int error)
{
    if (error == GRAPHQL_OK)
        return;
    fprintf(stderr, "%s: %s\n", graphql_error_name(error), graphql_error_message(graphql));
    exit(1);
}

static void tell(const graphql_list_problem_t *problems)
{
    for (size_t at = 0; at < problems->length; at++) {
        const graphql_problem_t *problem = &problems->data[at];
        for (size_t each = 0; each < problem->locations.length; each++) {
            graphql_location_t place = problem->locations.data[each];
            printf("%s%" PRIu32 ":%" PRIu32, each == 0 ? "" : ", ", place.line, place.column);
        }
        printf(": %s\n", problem->message.data);
    }
}

/* The value of a field, as JSON: this is C, called by JavaScript. */
static int resolve(graphql_t *handle, void *context, const graphql_resolvers_call_t *call,
    graphql_result_string_resolvers_failure_t *result)
{
    const char *hero = context;
    if (strcmp(call->arguments.data, "{\"episode\":\"NEWHOPE\"}") == 0)
        hero = "R2-D2";
    size_t room = strlen(hero) + 64;
    char *answer = graphql_alloc(handle, room);
    if (answer == NULL)
        return graphql_fail(handle, "there is no memory for a hero");
    snprintf(answer, room, "{\"name\": \"%s\", \"films\": [4, 5, 6]}", hero);
    result->value.ok = graphql_string(answer);
    return 0;
}

static graphql_schema_t build(void)
{
    graphql_string_t resolved[] = {graphql_string("Query.hero")};
    graphql_list_string_t fields = {resolved, 1};
    graphql_result_schema_list_problem_t built;
    check(graphql_schema_build(graphql, graphql_string(SCHEMA), fields, &built));
    if (built.is_err) {
        tell(&built.value.err);
        exit(1);
    }
    return built.value.ok;
}

int main(void)
{
    graphql_imports_t imports = {.context = "Luke Skywalker", .resolve = resolve};
    graphql_options_t options = {.size = sizeof options, .timeout_ms = 10000, .imports = &imports};
    char message[256];
    if (graphql_open(&options, &graphql, message) != GRAPHQL_OK) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    graphql_schema_t schema = build();

    graphql_response_t response;
    check(graphql_schema_execute(graphql, schema, graphql_string(QUERY),
        graphql_string("{\"episode\": \"EMPIRE\"}"), &response));
    printf("%s\n", response.data.data);

    graphql_list_problem_t problems;
    check(graphql_schema_validate(
        graphql, schema, graphql_string("{ hero(episode: JEDI) { nam } }"), &problems));
    tell(&problems);

    graphql_result_string_problem_t parsed;
    check(graphql_parse(graphql, graphql_string("{ hero("), &parsed));
    printf("%s\n", parsed.is_err ? parsed.value.err.message.data : parsed.value.ok.data);

    graphql_string_t printed;
    check(graphql_schema_print(graphql, schema, &printed));
    printf("\n%s\n", printed.data);

    check(graphql_schema_drop(graphql, schema));
    return graphql_close(graphql);
}
