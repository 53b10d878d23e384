#include "consumers/reader/figure_files.h"

#include "proto/base/buffer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MAX_FINDINGS = 200, SLICE_BYTES = 64 * 1024, FILE_MAX_BYTES = 1 << 30 };

/* Show what a reading found; anything found is said, so the error is not said again. */
static void show_findings(struct diag *diag)
{
    if (diag->total)
        diag_print(diag, stderr);
    diag_fini(diag);
}

enum err figure_files_framework(const struct invocation *invocation, const char *path,
                                struct framework **out)
{
    struct diag diag;
    if (!path)
        return command_fail(invocation, ERR_USAGE, "--framework is wanted");
    enum err err = diag_init(&diag, path, MAX_FINDINGS);
    if (err)
        return command_fail(invocation, err, "%s", path);
    err = framework_load_file(path, &diag, out);
    show_findings(&diag);
    return err ? command_fail(invocation, err, "%s", path) : ERR_OK;
}

/* Figures, or reports of milestones: the header tells. */
static enum err read_rows(const struct figure_files *files, const struct buffer *bytes,
                          struct diag *diag)
{
    struct observation_csv_counts counts;
    if (milestone_csv_is(bytes->data, bytes->size))
        return milestone_csv_read(bytes->data, bytes->size, files->framework, files->now_ms, diag,
                                  files->take_milestone, files->context, &counts);
    return observation_csv_read(bytes->data, bytes->size, files->framework, diag, files->take_row,
                                files->context, &counts);
}

static enum err read_whole(FILE *file, struct buffer *out)
{
    void *room;
    size_t size = 0;
    do {
        enum err err = buffer_reserve(out, SLICE_BYTES, &room);
        if (err)
            return err;
        size = fread(room, 1, SLICE_BYTES, file);
        out->size += size;
    } while (size);
    return ferror(file) ? ERR_IO : ERR_OK;
}

static enum err read_open(const struct figure_files *files, FILE *file)
{
    struct diag diag;
    struct buffer bytes;
    enum err err = diag_init(&diag, files->path, MAX_FINDINGS);
    if (err)
        return err;
    buffer_init(&bytes, FILE_MAX_BYTES);
    err = read_whole(file, &bytes);
    if (!err && files->take_bytes)
        files->take_bytes(files->context, bytes.data, bytes.size);
    if (!err)
        err = read_rows(files, &bytes, &diag);
    buffer_fini(&bytes);
    show_findings(&diag);
    return err;
}

enum err figure_files_read(struct figure_files *files, const char *path)
{
    bool is_stdin = !strcmp(path, "-");
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    if (!file)
        return command_fail(files->invocation, err_from_errno(errno), "%s", path);
    files->path = is_stdin ? "stdin" : path;
    enum err err = read_open(files, file);
    if (!is_stdin)
        fclose(file);
    if (err == ERR_ROWS) {
        files->has_refused = true;
        return ERR_OK;
    }
    return err ? command_fail(files->invocation, err, "%s", path) : ERR_OK;
}

enum err figure_files_end(const struct figure_files *files)
{
    return files->has_refused ? command_fail(files->invocation, ERR_ROWS, "nothing was judged")
                              : ERR_OK;
}
