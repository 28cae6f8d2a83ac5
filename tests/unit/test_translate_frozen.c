/* Contents that a release has frozen: tests/unit/cases/README.md says what for. Run from the project's root. With the
 * argument --add those that are not frozen yet are added to the list; nothing changes a line of it. */
#include "common/file.h"
#include "common/strbuf.h"
#include "tests/unit/translate_objects.h"

#include <dirent.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>

#define CASES     "tests/unit/cases"
#define CORPUS    "tests/unit/corpus"
#define LIST      "tests/unit/frozen.txt"
#define CHANGELOG "CHANGELOG.md"
#define LIMIT     (16 * 1024 * 1024)
#define HASH_SIZE 17

static bool add_new;

struct frozen {
    cJSON *now;  /* name: hash, of what the tree holds */
    cJSON *then; /* the same of the list */
};

static char *read_text(const char *path)
{
    cleanup_error struct error error = {NULL};
    char *text = NULL;
    size_t length;

    if (file_read(path, LIMIT, &text, &length, &error) < 0)
        fail_msg("%s", error_message(&error));
    return text;
}

static void add(cJSON *list, const char *name, const char *hash)
{
    if (json_get(list, name))
        fail_msg("%s stands twice", name);
    cJSON_AddStringToObject(list, name, hash);
}

static void add_content(cJSON *list, const char *name, const char *content, size_t length)
{
    unsigned char digest[32];
    char hash[HASH_SIZE];

    assert_int_equal(gnutls_hash_fast(GNUTLS_DIG_SHA256, content, length, digest), 0);
    for (size_t i = 0; i < HASH_SIZE / 2; i++)
        (void)snprintf(hash + 2 * i, 3, "%02x", digest[i]);
    add(list, name, hash);
}

/* Lines of a name, a tab and the content. */
static void add_contents(cJSON *list, const char *path, const char *topic)
{
    cleanup_free char *text = read_text(path);
    char *rest = text;

    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        char *tab = strchr(line, '\t');
        char name[512];

        if (!*line)
            continue;
        assert_non_null(tab);
        (void)snprintf(name, sizeof(name), "%s/%.*s", topic, (int)(tab - line), line);
        add_content(list, name, tab + 1, strlen(tab + 1));
    }
}

static void add_file(cJSON *list, const char *path, const char *topic)
{
    cleanup_free char *text = read_text(path);
    char name[512];

    (void)snprintf(name, sizeof(name), "corpus/%s", topic);
    add_content(list, name, text, strlen(text));
}

/* All files of the folder with that ending. */
static void add_folder(cJSON *list, const char *folder, const char *ending,
                       void (*add_one)(cJSON *list, const char *path, const char *topic))
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);

    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        const char *dot = strrchr(entries[i]->d_name, '.');
        char path[1024], topic[512];

        (void)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        (void)snprintf(topic, sizeof(topic), "%.*s", (int)(dot - entries[i]->d_name), entries[i]->d_name);
        if (strcmp(dot, ending) == 0)
            add_one(list, path, topic);
        free(entries[i]);
    }
    free(entries);
}

/* Lines of a hash, a blank and the name. */
static void add_list(cJSON *list)
{
    cleanup_free char *text = read_text(LIST);
    char *rest = text;

    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        if (!*line)
            continue;
        assert_true(strlen(line) > HASH_SIZE && line[HASH_SIZE - 1] == ' ');
        line[HASH_SIZE - 1] = '\0';
        add(list, line + HASH_SIZE, line);
    }
}

/* What the changelog says of the version that is being made, which is its first section. */
static char *news(void)
{
    char *text = read_text(CHANGELOG);
    char *first = strstr(text, "\n## ");
    char *second = first ? strstr(first + 1, "\n## ") : NULL;

    assert_non_null(first);
    if (second)
        *second = '\0';
    return text;
}

static void write_list(struct frozen *frozen)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    const cJSON *item;

    cJSON_ArrayForEach(item, frozen->now)
    {
        if (!json_get(frozen->then, item->string))
            add(frozen->then, item->string, item->valuestring);
    }
    cJSON_ArrayForEach(item, frozen->then) strbuf_add_format(&text, "%s %s\n", item->valuestring, item->string);
    assert_int_equal(file_write(LIST, strbuf_string(&text), text.length, 0644, NULL), 0);
}

/* A change is listed by its name and what it has become, so that a second one is listed as well. */
static size_t count_changes(const struct frozen *frozen, const char *told)
{
    size_t count = 0;
    const cJSON *item;

    cJSON_ArrayForEach(item, frozen->then)
    {
        const char *now = json_string_or(frozen->now, item->string, "gone");
        char line[1024];

        if (strcmp(now, item->valuestring) == 0)
            continue;
        (void)snprintf(line, sizeof(line), "`%s` is now `%s`", item->string, now);
        if (strstr(told, line))
            continue;
        print_error("a frozen content changed, and devices would restart modules. If that must be, %s says so with a "
                    "line that has\n    %s\n",
                    CHANGELOG, line);
        count++;
    }
    return count;
}

static size_t count_new(const struct frozen *frozen)
{
    size_t count = 0;
    const cJSON *item;

    cJSON_ArrayForEach(item, frozen->now)
    {
        if (json_get(frozen->then, item->string))
            continue;
        print_error("%s is not frozen yet: test_translate_frozen --add\n", item->string);
        count++;
    }
    return count;
}

static void test_frozen_contents(void **state)
{
    struct frozen frozen = {cJSON_CreateObject(), cJSON_CreateObject()};
    cleanup_free char *told = news();

    (void)state;
    add_folder(frozen.now, CASES, ".contents", add_contents);
    add_folder(frozen.now, CORPUS, ".json", add_file);
    add_list(frozen.then);
    if (add_new)
        write_list(&frozen);
    assert_true(cJSON_GetArraySize(frozen.now) > 200);
    assert_int_equal(count_changes(&frozen, told) + count_new(&frozen), 0);
    cJSON_Delete(frozen.now);
    cJSON_Delete(frozen.then);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_frozen_contents)};

    add_new = argc > 1 && strcmp(argv[1], "--add") == 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
