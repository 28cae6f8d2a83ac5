#include "translate/route_parser.h"

#include "common/cleanup.h"
#include "translate/text.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#define MAX_SHOWN 60
#define MAX_LEFT  120

struct route_position route_parser_position(const char *text, size_t offset)
{
    struct route_position position = {.offset = offset, .line = 1, .column = 1};

    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            position.line++;
            position.column = 1;
        } else {
            position.column += ((unsigned char)text[i] & 0xc0) != 0x80;
        }
    }
    return position;
}

void route_parser_take(struct route_parser *parser)
{
    parser->previous_end = parser->token.text + parser->token.length;
    parser->token = route_lexer_next(&parser->lexer);
}

bool route_parser_accept(struct route_parser *parser, enum route_token_kind kind)
{
    if (parser->token.kind != kind)
        return false;
    route_parser_take(parser);
    return true;
}

static void add_place(struct strbuf *out, const struct route_parser *parser, const struct route_token *at)
{
    const struct route_position position = route_parser_position(parser->text, (size_t)(at->text - parser->text));
    cleanup_strbuf struct strbuf token = STRBUF_INIT;

    if (at->kind == ROUTE_END) {
        strbuf_add_string(out, "ends too early: ");
        return;
    }
    /* A stray quote is shown with what follows it. */
    strbuf_add(&token, at->text, at->kind == ROUTE_UNKNOWN ? strlen(at->text) : at->length);
    strbuf_add_char(out, '"');
    text_add_excerpt(out, strbuf_string(&token), MAX_SHOWN);
    strbuf_add_string(out, "\" at ");
    if (strchr(parser->text, '\n'))
        strbuf_add_format(out, "line %zu, ", position.line);
    strbuf_add_format(out, "character %zu: ", position.column);
}

bool route_parser_fail(struct route_parser *parser, const struct route_token *at, const char *advice, ...)
{
    cleanup_strbuf struct strbuf sentence = STRBUF_INIT;
    va_list arguments;

    parser->failed_at = (size_t)(at->text - parser->text);
    add_place(&sentence, parser, at);
    va_start(arguments, advice);
    strbuf_add_vformat(&sentence, advice, arguments);
    va_end(arguments);
    error_set(parser->error, "%s", strbuf_string(&sentence));
    return false;
}

void route_parser_warn(const struct route_parser *parser, const char *format, ...)
{
    cleanup_strbuf struct strbuf sentence = STRBUF_INIT;
    va_list arguments;

    if (!parser->warnings || parser->warnings->warning_count >= FINDINGS_MAX_WARNINGS)
        return;
    va_start(arguments, format);
    strbuf_add_vformat(&sentence, format, arguments);
    va_end(arguments);
    findings_add_warning(parser->warnings, "%s: %s", parser->name, strbuf_string(&sentence));
}

/* --- comments --- */

static bool has_keyword(const char *at, const char *end)
{
    static const char *const keywords[] = {"from", "where", "into"};

    for (; at < end; at++) {
        for (size_t i = 0; i < array_length(keywords); i++) {
            size_t length = strlen(keywords[i]);

            if (!route_is_name_character(at[-1]) && strncasecmp(at, keywords[i], length) == 0 &&
                !route_is_name_character(at[length]))
                return true;
        }
    }
    return false;
}

/* One that was meant: it stands apart, and no word of the route is in it. */
static bool is_plain_comment(const struct route_parser *p)
{
    const char *start = p->lexer.comment;

    return (start == p->text || !route_is_name_character(start[-1])) && !has_keyword(start + 2, p->lexer.comment_end);
}

static bool fail_comment(struct route_parser *p)
{
    const struct route_token comment = {ROUTE_STRING, p->lexer.comment,
                                        (size_t)(p->lexer.comment_end - p->lexer.comment)};
    struct route_lexer lexer = route_lexer_new(p->text);
    cleanup_strbuf struct strbuf left = STRBUF_INIT;
    cleanup_strbuf struct strbuf shown = STRBUF_INIT;

    for (const char *end = p->text;;) {
        const struct route_token token = route_lexer_next(&lexer);

        if (token.kind == ROUTE_END)
            break;
        if (left.length && token.text > end)
            strbuf_add_char(&left, ' ');
        strbuf_add(&left, token.text, token.length);
        end = token.text + token.length;
        if (token.kind == ROUTE_UNKNOWN)
            break;
    }
    text_add_excerpt(&shown, strbuf_string(&left), MAX_LEFT);
    return route_parser_fail(p, &comment,
                             "the device takes this for a comment, since a */ follows a /*, and reads only %s; a * "
                             "can only end a source",
                             strbuf_string(&shown));
}

/* Nothing behind an unknown character is read. */
bool route_parser_check_comments(struct route_parser *p)
{
    const struct route_lexer start = p->lexer;
    struct route_token token;

    if (!p->lexer.last_close)
        return true;
    do {
        const char *last = p->lexer.comment;

        token = route_lexer_next(&p->lexer);
        if (p->lexer.comment != last && !is_plain_comment(p))
            return fail_comment(p);
    } while (token.kind != ROUTE_END && token.kind != ROUTE_UNKNOWN);
    p->lexer = start;
    return true;
}
