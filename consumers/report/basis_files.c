/* Figures from files: the CSV of agents, in the order in which they became known. */
#include "consumers/report/basis.h"
#include "proto/base/text.h"
#include "proto/event/observation_csv.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { MAX_FINDINGS = 200, READ_BYTES = 64 * 1024, HEADS_BYTES = 32 };

struct reading {
    const struct invocation *invocation;
    struct basis *basis;
    const char *path;
    uint64_t row; /* of all files */
    bool has_refused;
    crypto_generichash_state digest; /* of all files' bytes */
};

static enum err load_framework(const struct invocation *invocation, const char *path,
                               struct basis *basis)
{
    struct diag diag;
    struct framework *framework;
    if (!path)
        return command_fail(invocation, ERR_USAGE,
                            "--framework is wanted where figures come from files");
    enum err err = diag_init(&diag, path, MAX_FINDINGS);
    if (err)
        return err;
    err = framework_load_file(path, &diag, &framework);
    if (diag.total)
        diag_print(&diag, stderr);
    diag_fini(&diag);
    if (err)
        return command_fail(invocation, err, "%s", path);
    return basis_add_framework(basis, framework, (struct address){0, 0});
}

static enum err take_row(void *context, const struct observation_row *row)
{
    struct reading *reading = context;
    struct basis *basis = reading->basis;
    char origin[512];
    Songhua__V1__Event event = SONGHUA__V1__EVENT__INIT;
    const struct address address = {++reading->row, 0};
    if (address.sequence > basis->as_of.sequence)
        return ERR_OK;
    snprintf(origin, sizeof origin, "%s:%llu", reading->path, (unsigned long long)row->line);
    const char *kept = basis_keep(basis, origin);
    if (!kept)
        return ERR_NOMEM;
    event.body_case = SONGHUA__V1__EVENT__BODY_OBSERVATION;
    event.observation = (Songhua__V1__Observation *)(uintptr_t)row->observation;
    basis->last = address.sequence;
    return basis_add(basis, row->region, kept, &event, address, 0);
}

static enum err feed(struct reading *reading, FILE *file, struct observation_csv *csv)
{
    unsigned char bytes[READ_BYTES];
    for (;;) {
        size_t size = fread(bytes, 1, sizeof bytes, file);
        if (!size)
            return ferror(file) ? ERR_IO : observation_csv_finish(csv);
        crypto_generichash_update(&reading->digest, bytes, size);
        enum err err = observation_csv_feed(csv, bytes, size);
        if (err)
            return err;
    }
}

static enum err read_figures(struct reading *reading, FILE *file)
{
    const struct observation_csv_options options = {.framework =
                                                        reading->basis->frameworks[0].framework};
    struct observation_csv *csv;
    struct diag diag;
    enum err err = diag_init(&diag, reading->path, MAX_FINDINGS);
    if (err)
        return err;
    err = observation_csv_new(&options, &diag, take_row, reading, &csv);
    if (!err) {
        err = feed(reading, file, csv);
        observation_csv_free(csv);
    }
    if (diag.total)
        diag_print(&diag, stderr);
    diag_fini(&diag);
    return err;
}

/* A file with bad rows does not keep the others from being read: all that is wrong is said at once. */
static enum err read_file(struct reading *reading, const char *path)
{
    bool is_stdin = !strcmp(path, "-");
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    if (!file)
        return command_fail(reading->invocation, err_from_errno(errno), "%s", path);
    reading->path = is_stdin ? "stdin" : path;
    enum err err = read_figures(reading, file);
    if (!is_stdin)
        fclose(file);
    if (err == ERR_ROWS) {
        reading->has_refused = true;
        return ERR_OK;
    }
    return err ? command_fail(reading->invocation, err, "%s", path) : ERR_OK;
}

enum err basis_read_files(const struct invocation *invocation,
                          const struct basis_settings *settings, struct basis *basis)
{
    struct reading reading = {.invocation = invocation, .basis = basis};
    unsigned char digest[HEADS_BYTES];
    crypto_generichash_init(&reading.digest, NULL, 0, sizeof digest);
    enum err err = load_framework(invocation, settings->framework, basis);
    for (size_t i = 0; i < settings->observations.count && !err; i++)
        err = read_file(&reading, settings->observations.items[i]);
    if (!err && reading.has_refused)
        err = command_fail(invocation, ERR_ROWS, "nothing was judged");
    if (err)
        return err;
    crypto_generichash_final(&reading.digest, digest, sizeof digest);
    text_from_bytes(digest, sizeof digest, basis->heads);
    if (basis->as_of.sequence > basis->last)
        basis->as_of.sequence = basis->last;
    return ERR_OK;
}
