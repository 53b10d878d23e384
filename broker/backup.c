#include "broker/backup.h"

#include "proto/base/file.h"
#include "proto/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BACKUP_FILE "backup.txt"
#define BACKUP_HEAD "songhua backup 1\n"

enum { TEXT_MAX_BYTES = 64 * 1024 };

/* What stands behind `name ` on its line; false when there is no such line, or it is too long. */
static bool find_line(const char *text, const char *name, char *out, size_t out_size)
{
    size_t name_size = strlen(name);
    for (const char *line = text; line && *line;) {
        const char *end = strchr(line, '\n');
        size_t size = end ? (size_t)(end - line) : strlen(line);
        if (size > name_size && line[name_size] == ' ' && !strncmp(line, name, name_size)) {
            int written =
                snprintf(out, out_size, "%.*s", (int)(size - name_size - 1), line + name_size + 1);
            return written >= 0 && (size_t)written < out_size;
        }
        line = end ? end + 1 : NULL;
    }
    return false;
}

static enum err parse(const char *text, struct backup *out)
{
    char format[32], bytes[32], digest[2 * DIGEST_BYTES + 1];
    if (strncmp(text, "songhua backup ", 15) != 0)
        return ERR_MALFORMED;
    if (strncmp(text, BACKUP_HEAD, sizeof BACKUP_HEAD - 1) != 0)
        return ERR_VERSION;
    bool is_there = find_line(text, "format", format, sizeof format) &&
                    find_line(text, "bytes", bytes, sizeof bytes) &&
                    find_line(text, "blake2b", digest, sizeof digest) &&
                    find_line(text, "verdict", out->verdict, sizeof out->verdict);
    if (!is_there || text_parse_u64(format, &out->format) ||
        text_parse_u64(bytes, &out->copied.bytes) ||
        text_to_bytes(digest, out->copied.digest, DIGEST_BYTES))
        return ERR_MALFORMED;
    return ERR_OK;
}

enum err backup_read(const char *folder, struct backup *out)
{
    char path[CARE_PATH_BYTES];
    struct buffer text;
    if (snprintf(path, sizeof path, "%s/" BACKUP_FILE, folder) >= (int)sizeof path)
        return ERR_LIMIT;
    buffer_init(&text, TEXT_MAX_BYTES);
    enum err err = file_read(path, &text);
    if (!err)
        err = parse(buffer_text(&text), out);
    buffer_fini(&text);
    return err;
}

enum err backup_write(const char *folder, const struct backup *backup)
{
    char path[CARE_PATH_BYTES], digest[2 * DIGEST_BYTES + 1];
    char text[INSPECTION_LINE_BYTES + 512];
    text_from_bytes(backup->copied.digest, DIGEST_BYTES, digest);
    int size =
        snprintf(text, sizeof text,
                 BACKUP_HEAD "format %" PRIu64 "\nbytes %" PRIu64 "\nblake2b %s\nverdict %s\n",
                 backup->format, backup->copied.bytes, digest, backup->verdict);
    if (snprintf(path, sizeof path, "%s/" BACKUP_FILE, folder) >= (int)sizeof path)
        return ERR_LIMIT;
    return file_write(path, text, (size_t)size, 0600);
}
