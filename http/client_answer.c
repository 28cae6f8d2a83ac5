/* The answer of a request: its life and its headers. */
#include "common/banned.h"
#include "http/client.h"

#include <string.h>
#include <strings.h>

void http_client_answer_release(struct http_client_answer *answer)
{
    free(answer->body);
    free(answer->headers);
    *answer = (struct http_client_answer)HTTP_CLIENT_ANSWER_INIT;
}

static char *trimmed_copy(const char *start, const char *end)
{
    while (start < end && (*start == ' ' || *start == '\t'))
        start++;
    while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return strndup(start, (size_t)(end - start));
}

char *http_client_answer_header(const struct http_client_answer *answer, const char *name)
{
    size_t name_length = strlen(name);
    const char *line = answer->headers;

    while (line && *line) {
        const char *end = strchrnul(line, '\r');
        if ((size_t)(end - line) > name_length && line[name_length] == ':' && strncasecmp(line, name, name_length) == 0)
            return trimmed_copy(line + name_length + 1, end);
        line = end[0] == '\r' && end[1] == '\n' ? end + 2 : end + strlen(end);
    }
    return NULL;
}
