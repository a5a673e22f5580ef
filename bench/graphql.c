/* GraphQL from C, for bench/graphql.py: lines of "NAME COUNT" in, seconds of one call out.

   Its arguments are the schema, the query, and the answer of Query.films. The resolver of every
   field is left out: it would measure a parser of JSON in C. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "graphql.h"

static graphql_t *graphql;

static void check(int error)
{
    if (error == GRAPHQL_OK)
        return;
    fprintf(stderr, "%s: %s\n", graphql_error_name(error), graphql_error_message(graphql));
    exit(1);
}

static int resolve(graphql_t *handle, void *context, const graphql_resolvers_call_t *call,
    graphql_result_string_resolvers_failure_t *result)
{
    (void)handle, (void)call;
    result->value.ok = graphql_string(context);
    return 0;
}

static void call(const char *name, graphql_schema_t schema, graphql_string_t query)
{
    if (strcmp(name, "parse") == 0) {
        graphql_result_string_problem_t found;
        check(graphql_parse(graphql, query, &found));
    } else if (strcmp(name, "validate") == 0) {
        graphql_list_problem_t found;
        check(graphql_schema_validate(graphql, schema, query, &found));
    } else {
        graphql_response_t found;
        check(graphql_schema_execute(
            graphql, schema, query, graphql_string("{\"first\": 20}"), &found));
        if (found.errors.length != 0)
            exit(2);
    }
}

int main(int count, char **given)
{
    char message[256], name[32];
    if (count != 4)
        return 2;
    graphql_imports_t imports = {.context = given[3], .resolve = resolve};
    graphql_options_t options = {.size = sizeof options, .imports = &imports};
    if (graphql_open(&options, &graphql, message) != GRAPHQL_OK) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    graphql_string_t films = graphql_string("Query.films");
    graphql_result_schema_list_problem_t built;
    check(graphql_schema_build(
        graphql, graphql_string(given[1]), (graphql_list_string_t){&films, 1}, &built));
    int rounds;
    while (scanf("%31s %d", name, &rounds) == 2) {
        struct timespec began, ended;
        clock_gettime(CLOCK_MONOTONIC, &began);
        for (int at = 0; at < rounds; at++)
            call(name, built.value.ok, graphql_string(given[2]));
        clock_gettime(CLOCK_MONOTONIC, &ended);
        double took = (double)(ended.tv_sec - began.tv_sec) + (ended.tv_nsec - began.tv_nsec) / 1e9;
        printf("%.9f\n", took / rounds);
        fflush(stdout);
    }
    return graphql_close(graphql);
}
