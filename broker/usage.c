#include "broker/usage.h"

#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The file is text, one fact a line:
 *     songhua-usage 1 | journal ID | stream NAME SEQUENCE | client NAME BYTES */
#define FILE_MAGIC "songhua-usage 1"
enum { FILE_MAX_BYTES = 64 << 20, LINE_BYTES = 256, COUNT_ANEW_MAX_GIB = 16 };

/* --- counting from the journal ---------------------------------------------------------------- */

struct counting {
    struct usage *usage;
    enum err err;
};

static void count(struct counting *counting, const char *producer, uint64_t bytes,
                  uint64_t producers)
{
    char owner[IDENTITY_NAME_BYTES];
    access_owner(counting->usage->access, producer, owner);
    counting->err = quota_add_use(counting->usage->quota, owner, bytes, producers);
}

static bool count_producer(void *context, const char *stream, const char *producer,
                           const struct producer_state *state)
{
    (void)stream;
    (void)state;
    count(context, producer, 0, 1);
    return !((struct counting *)context)->err;
}

static bool count_record(void *context, const struct record *record, const void *bytes, size_t size)
{
    struct batch batch;
    (void)bytes;
    (void)size;
    if (!batch_parse(record->frame, record->frame_size, &batch))
        count(context, batch.producer, record->frame_size, 0);
    return !((struct counting *)context)->err;
}

static enum err count_stream(struct usage *usage, const char *stream, uint64_t from)
{
    struct counting counting = {.usage = usage};
    enum err err = ERR_OK;
    uint64_t next = from, before;
    do {
        before = next;
        err = journal_read(usage->journal, stream, next, count_record, &counting, &next);
        if (err == ERR_CORRUPT)
            next++; /* it is not served either */
    } while (err == ERR_CORRUPT && next > before);
    if (!err)
        err = counting.err;
    return err ? err : quota_add_stream(usage->quota, stream, next - 1);
}

/* --- the file --------------------------------------------------------------------------------- */

struct kept {
    struct usage *usage;
    uint64_t counted[JOURNAL_MAX_STREAMS]; /* up to this record */
    bool is_sound;
};

static void format_id(const struct usage *usage, char out[2 * JOURNAL_ID_BYTES + 1])
{
    text_from_bytes(journal_id(usage->journal), JOURNAL_ID_BYTES, out);
}

static void read_stream(struct kept *kept, const char *name, uint64_t sequence)
{
    for (size_t i = 0; kept->usage->streams[i]; i++) {
        struct stream_bounds bounds;
        if (strcmp(kept->usage->streams[i], name))
            continue;
        kept->counted[i] = sequence;
        if (journal_bounds(kept->usage->journal, name, &bounds) || sequence > bounds.last)
            kept->is_sound = false;
    }
}

/* The clients' lines come last: nothing is charged before the file is known to be of this journal. */
static enum err read_line(struct kept *kept, const char *line)
{
    char name[LINE_BYTES], id[2 * JOURNAL_ID_BYTES + 1];
    uint64_t number;
    format_id(kept->usage, id);
    if (sscanf(line, "journal %255s", name) == 1)
        kept->is_sound = !strcmp(name, id);
    else if (sscanf(line, "stream %255s %" SCNu64, name, &number) == 2)
        read_stream(kept, name, number);
    else if (sscanf(line, "client %255s %" SCNu64, name, &number) == 2 && kept->is_sound &&
             batch_name_is_valid(name))
        return quota_add_use(kept->usage->quota, name, number, 0);
    return ERR_OK;
}

static enum err read_file(struct kept *kept)
{
    char *place = NULL;
    struct buffer text;
    buffer_init(&text, FILE_MAX_BYTES);
    enum err err = file_read(kept->usage->path, &text);
    if (!err) {
        char *bytes = text_unconst(buffer_text(&text));
        char *line = strtok_r(bytes, "\n", &place);
        bool is_ours = line && !strcmp(line, FILE_MAGIC);
        while (is_ours && !err && (line = strtok_r(NULL, "\n", &place)))
            err = read_line(kept, line);
    }
    buffer_fini(&text);
    return err == ERR_NOMEM ? err : ERR_OK;
}

/* Count from the first record, or, where reading the whole record would keep everyone waiting, from now. */
static enum err begin_anew(struct usage *usage, uint64_t counted[JOURNAL_MAX_STREAMS])
{
    uint64_t bytes = 0;
    for (size_t i = 0; usage->streams[i]; i++) {
        struct stream_bounds bounds;
        enum err err = journal_bounds(usage->journal, usage->streams[i], &bounds);
        if (err)
            return err;
        counted[i] = bounds.last;
        bytes += bounds.bytes;
    }
    if (bytes >> 30 < COUNT_ANEW_MAX_GIB)
        memset(counted, 0, JOURNAL_MAX_STREAMS * sizeof *counted);
    else
        log_warn("usage.begins_anew", "file=%s stored bytes of each key count from now on",
                 usage->path);
    return ERR_OK;
}

enum err usage_load(struct usage *usage)
{
    struct kept kept = {.usage = usage};
    struct counting producers = {.usage = usage};
    enum err err = read_file(&kept);
    if (!err)
        err = journal_producers(usage->journal, count_producer, &producers);
    if (!err)
        err = producers.err;
    if (!err && !kept.is_sound)
        err = begin_anew(usage, kept.counted);
    for (size_t i = 0; usage->streams[i] && !err; i++)
        err = count_stream(usage, usage->streams[i], kept.counted[i] + 1);
    usage->saved_version = UINT64_MAX; /* the first save is never left out */
    return err;
}

/* --- saving ----------------------------------------------------------------------------------- */

enum err usage_save(struct usage *usage)
{
    char id[2 * JOURNAL_ID_BYTES + 1];
    struct buffer text;
    uint64_t version = usage->saved_version;
    buffer_init(&text, FILE_MAX_BYTES);
    format_id(usage, id);
    enum err err = buffer_append_format(&text, FILE_MAGIC "\njournal %s\n", id);
    if (!err)
        err = quota_format(usage->quota, &text, &version);
    if (!err && version != usage->saved_version)
        err = file_write(usage->path, text.data, text.size, 0600);
    if (!err)
        usage->saved_version = version;
    buffer_fini(&text);
    return err;
}
