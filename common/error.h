/* One error: a sentence that the reader can act on.
 *
 * A function that can fail returns 0, or a negative number with the sentence filled in; on success it leaves the error
 * untouched. The caller adds context on the way up. Libraries never log: the program logs once, at the top. */
#ifndef COMMON_ERROR_H
#define COMMON_ERROR_H

struct error {
    char *message; /* owned; NULL while there is no error */
};

/* Frees the sentence. */
void error_release(struct error *error);

#define cleanup_error __attribute__((cleanup(error_release)))

/* Sets the sentence, replacing an earlier one. Returns -1, so that failing is one line. error may be NULL. */
int error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As error_set, with ": " and the system's words for that errno behind the sentence. Returns -1. error may be NULL. */
int error_set_errno(struct error *error, int number, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "<context>: " before the sentence. Returns -1. error may be NULL. */
int error_wrap(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The sentence, or "unknown error" when there is none. */
const char *error_message(const struct error *error);

#endif
