/* What a call writes to stdout and stderr, and what it answers. Both go to memory, never to a terminal.
 *
 *     struct capture said = capture_call(call, context);
 *     … said.code, said.out, said.err …
 *     capture_free(&said);
 */
#ifndef SONGHUA_TESTS_CAPTURE_H
#define SONGHUA_TESTS_CAPTURE_H

struct capture {
    int code; /* as the call returned it */
    char *out, *err;
};

struct capture capture_call(int (*call)(void *context), void *context);
void capture_free(struct capture *capture);

/* What the call, in a process of its own, writes to a terminal of so many cells, which is both its stdout and
 * its stderr; to be freed. It must answer 0. */
char *capture_on_terminal(const char *cells, int (*call)(void *context), void *context);

#endif
