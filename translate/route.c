/* From the grammar of edgeHub's route parser (Route.g4 of IoT Edge). */
#include "translate/route.h"

#include "common/cleanup.h"
#include "translate/nearest.h"
#include "translate/route_ends.h"
#include "translate/route_parser.h"
#include "translate/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SINKS    "$upstream or BrokeredEndpoint(\"/modules/<module>/inputs/<input>\")"
#define ENDPOINT "BrokeredEndpoint"
#define UPSTREAM "$upstream"
#define MAX_LINE 200

void route_release(struct route *route)
{
    free(route->source);
    free(route->module);
    free(route->input);
    *route = (struct route)ROUTE_INIT;
}

static bool fail_source_item(struct route_parser *p)
{
    switch (p->token.kind) {
    case ROUTE_SLASH:
        return route_parser_fail(p, &p->token, "a part of the source is empty");
    case ROUTE_INTO:
    case ROUTE_WHERE:
        if (p->lexer.at[strspn(p->lexer.at, " \t\r\n")] != '/')
            return route_parser_fail(p, &p->token, "a source does not end in /; write /* for all below it");
        break;
    case ROUTE_END:
        return route_parser_fail(p, &p->token, "a source does not end in /; write /* for all below it");
    case ROUTE_NUMBER:
        return route_parser_fail(p, &p->token,
                                 "the device reads this as a number, so that no source can name it; write "
                                 "/messages/*");
    case ROUTE_UNKNOWN:
    case ROUTE_STRING:
        return route_parser_fail(p, &p->token, "a source has no quotes and none of @ , ; : \\ ? [ ]");
    default:
        break;
    }
    return route_parser_fail(p, &p->token,
                             "the device reads this as a word of the language of routes, so that no source can name "
                             "it; write /messages/*");
}

static bool parse_source(struct route_parser *p, struct strbuf *source)
{
    if (p->token.kind != ROUTE_SLASH)
        return route_parser_fail(p, &p->token,
                                 "a source is expected, such as /* or /messages/modules/<module>/outputs/<output>");
    while (p->token.kind == ROUTE_SLASH) {
        const char *slash = p->token.text;

        route_parser_take(p);
        if (p->token.kind != ROUTE_STAR && p->token.kind != ROUTE_NAME)
            return fail_source_item(p);
        if (p->token.text == slash + 1) {
            strbuf_add(source, slash, 1 + p->token.length);
        } else {
            strbuf_add_char(source, '/');
            strbuf_add(source, p->token.text, p->token.length);
        }
        route_parser_take(p);
    }
    return true;
}

static bool ends_with_word(const char *end, const char *start, const char *word)
{
    size_t length = strlen(word);

    return (size_t)(end - start) > length && strncasecmp(end - length, word, length) == 0;
}

/* Why what follows the source or the condition is not INTO. */
static bool fail_no_into(struct route_parser *p, bool has_condition)
{
    const struct route_token *token = &p->token;

    if (token->kind == ROUTE_UNKNOWN)
        return route_parser_fail(p, token,
                                 has_condition ? "this means nothing in a condition; only \\\" \\' \\\\ and "
                                                 "\\uXXXX are escapes in text"
                                               : "INTO is expected behind the source and its condition");
    if (!has_condition && token->kind == ROUTE_SYSTEM && ends_with_word(p->previous_end, p->text, "into"))
        return route_parser_fail(p, token, "a blank is missing before INTO");
    if (token->kind == ROUTE_NAME && strncasecmp(token->text, "into", strlen("into")) == 0)
        return route_parser_fail(p, token, "a blank is missing behind INTO");
    if (route_token_is(token, "like") || route_token_is(token, "in") || route_token_is(token, "between"))
        return route_parser_fail(p, token, "conditions of routes have no %.*s; use =, starts_with, contains and OR",
                                 (int)token->length, token->text);
    if (route_token_is(token, "&&"))
        return route_parser_fail(p, token, "write AND");
    if (has_condition && (token->kind == ROUTE_NAME || token->kind == ROUTE_NUMBER) && strchr("+-*%|", *token->text))
        return route_parser_fail(p, token, "the device reads this as one word: put a blank behind %c", *token->text);
    if (has_condition && token->kind != ROUTE_END)
        return route_parser_fail(p, token, "an operator or INTO is expected; operators and words stand between blanks");
    return route_parser_fail(p, token, "INTO is expected behind the source and its condition");
}

static bool fail_sink(struct route_parser *p, const struct route_token *token)
{
    static const char *const sinks[] = {UPSTREAM, "upstream", ENDPOINT, NULL};
    const char *nearest = token->kind == ROUTE_NAME || token->kind == ROUTE_SYSTEM
                              ? nearest_name(token->text, token->length, sinks)
                              : NULL;

    if (nearest && !route_token_is(token, ENDPOINT))
        return route_parser_fail(p, token, "a sink is expected: " SINKS "; %s was probably meant",
                                 strcmp(nearest, "upstream") == 0 ? UPSTREAM : nearest);
    return route_parser_fail(p, token, "a sink is expected: " SINKS);
}

static bool parse_sink(struct route_parser *p, struct route *route)
{
    const struct route_token name = p->token;
    struct route_token argument;
    bool usual_words = true;

    if (name.kind == ROUTE_SYSTEM && route_token_is(&name, UPSTREAM)) {
        route_parser_take(p);
        return true;
    }
    if (name.kind != ROUTE_NAME || !route_token_is(&name, ENDPOINT))
        return fail_sink(p, &name);
    route_parser_take(p);
    if (!route_parser_accept(p, ROUTE_OPEN))
        return fail_sink(p, &p->token);
    argument = p->token;
    if (argument.kind != ROUTE_STRING)
        return route_parser_fail(p, &argument, ENDPOINT " takes one string: " SINKS);
    if (memchr(argument.text, '\\', argument.length))
        return route_parser_fail(p, &argument, "the device knows no escapes here, and reads each \\ as it stands");
    if (!route_ends_read_input(&argument, route, &usual_words))
        return route_parser_fail(p, &argument, "must be \"/modules/<module>/inputs/<input>\"");
    if (!usual_words)
        route_parser_warn(p, "the sink is read as /modules/%.40s/inputs/%.40s: write it so",
                          route->module ? route->module : "", route->input ? route->input : "");
    route_parser_take(p);
    if (!route_parser_accept(p, ROUTE_CLOSE))
        return route_parser_fail(p, &p->token, "the closing parenthesis of " ENDPOINT " is expected");
    return true;
}

static bool parse_start(struct route_parser *p)
{
    if (route_parser_accept(p, ROUTE_SELECT) && !route_parser_accept(p, ROUTE_STAR))
        return route_parser_fail(p, &p->token, "only SELECT * can be written");
    return route_parser_accept(p, ROUTE_FROM) ||
           route_parser_fail(p, &p->token, "FROM is expected, as in FROM /messages/* INTO " UPSTREAM);
}

static bool parse_route(struct route_parser *p, struct route *route)
{
    cleanup_strbuf struct strbuf source = STRBUF_INIT;
    bool has_condition;

    if (!route_parser_check_comments(p))
        return false;
    p->token = route_lexer_next(&p->lexer);
    if (!parse_start(p) || !parse_source(p, &source))
        return false;
    route->source = strbuf_steal(&source);
    has_condition = route_parser_accept(p, ROUTE_WHERE);
    if (has_condition && !route_condition_parse(p))
        return false;
    if (!route_parser_accept(p, ROUTE_INTO))
        return fail_no_into(p, has_condition);
    if (!parse_sink(p, route))
        return false;
    if (p->token.kind != ROUTE_END)
        return route_parser_fail(p, &p->token,
                                 "the device ignores what stands behind the sink; a WHERE stands before INTO");
    route_ends_warn(p, route, has_condition);
    return true;
}

int route_read(const char *text, const char *name, struct route *ret_route, struct route_position *ret_position,
               struct findings *warnings, struct error *error)
{
    cleanup_route struct route route = ROUTE_INIT;
    struct route_parser parser = {
        .text = text,
        .name = name,
        .lexer = route_lexer_new(text),
        .previous_end = text,
        .warnings = warnings,
        .error = error,
    };

    if (!parse_route(&parser, &route)) {
        if (ret_position)
            *ret_position = route_parser_position(text, parser.failed_at);
        return -1;
    }
    if (ret_route) {
        *ret_route = route;
        route = (struct route)ROUTE_INIT;
    }
    return 0;
}

int route_check(const char *text, struct error *error)
{
    return route_read(text, "", NULL, NULL, NULL, error);
}

void route_add_caret(struct strbuf *out, const char *text, const struct route_position *position)
{
    const char *at = text + position->offset;
    const char *start = at;

    while (start > text && start[-1] != '\n' && at - start < MAX_LINE)
        start--;
    while (start < at && !text_character_length(start))
        start++;
    for (const char *c = start; *c && *c != '\n' && c - start < 2 * MAX_LINE; c++)
        strbuf_add_char(out, *c == '\t' || *c == '\r' ? ' ' : *c);
    strbuf_add_char(out, '\n');
    for (const char *c = start; c < at; c++) {
        if (((unsigned char)*c & 0xc0) != 0x80)
            strbuf_add_char(out, ' ');
    }
    strbuf_add_string(out, "^\n");
}
