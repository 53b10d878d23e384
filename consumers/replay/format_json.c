#include "consumers/reader/event_json.h"
#include "consumers/replay/format.h"

#include <stdio.h>
#include <stdlib.h>

struct state {
    struct buffer line;
    bool is_utc;
};

static enum err begin(const struct format_options *options, void **out)
{
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return ERR_NOMEM;
    buffer_init(&state->line, EVENT_JSON_MAX_BYTES);
    state->is_utc = options->is_utc;
    *out = state;
    return ERR_OK;
}

static enum err show(void *context, const struct entry *entry)
{
    struct state *state = context;
    buffer_clear(&state->line);
    enum err err = event_json(entry, state->is_utc, &state->line);
    return err ? err : buffer_write(&state->line, stdout);
}

static enum err flush(void *context)
{
    (void)context;
    return fflush(stdout) ? ERR_IO : ERR_OK;
}

static void end(void *context)
{
    struct state *state = context;
    if (state)
        buffer_fini(&state->line);
    free(state);
}

const struct format format_json = {"json", begin, show, flush, end};
