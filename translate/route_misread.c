#include "common/cleanup.h"
#include "translate/route_operand.h"

#include <string.h>

/* The operator in a name such as a+b, 1-2 or -a, or NULL: a-b and a-1 are good names. */
static const char *find_operator(const struct route_token *name)
{
    const char *found = NULL;
    bool digits_only = true;

    for (size_t i = 0; i < name->length; i++) {
        unsigned char c = (unsigned char)name->text[i];
        bool is_operand = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                          c == '.' || c == '$' || c == '\'' || c >= 0x80;

        if (!is_operand && !strchr("+*%|&-", c))
            return NULL;
        if (is_operand)
            digits_only = digits_only && ((c >= '0' && c <= '9') || c == '.');
        else if (!found || *found == '-')
            found = name->text + i;
    }
    if (!found || name->length == 1 || (*found == '-' && !digits_only && name->text[0] != '-'))
        return NULL;
    return found;
}

bool route_check_misread(struct route_parser *p, const struct route_token *name)
{
    static const char *const literals[] = {"true", "false", "null", "undefined"};
    const char *operation = find_operator(name);

    if (name->text[0] == '\'')
        return route_parser_fail(p, name,
                                 "the device reads this as the name of a property, not as text: put blanks around "
                                 "operators, and write a quote within text as \\'");
    if (name->text[name->length - 1] == '!' && name->text[name->length] == '=')
        return route_parser_fail(p, name,
                                 "the device reads the property %.*s and then =: put blanks around != so that it "
                                 "compares %.*s",
                                 (int)name->length, name->text, (int)name->length - 1, name->text);
    for (size_t i = 0; i < array_length(literals); i++) {
        if (route_token_is(name, literals[i]))
            return route_parser_fail(p, name, "the device reads this as the name of a property: write %s", literals[i]);
    }
    /* Undefined, and refused behind a minus that stands apart: whoever writes it means what the device reads. */
    if (name->length == strlen("-undefined") && strncmp(name->text, "-undefined", name->length) == 0) {
        route_parser_warn(p, "-undefined is the name of a property");
        return true;
    }
    if (!operation)
        return true;
    return route_parser_fail(p, name, "the device reads this as one name: put blanks around %.*s",
                             operation[0] == operation[1] ? 2 : 1, operation);
}
