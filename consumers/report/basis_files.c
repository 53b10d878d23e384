/* Figures and milestones from files, in the order in which they became known. */
#include "consumers/reader/figure_files.h"
#include "consumers/report/basis.h"
#include "proto/base/clock.h"
#include "proto/base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { HEADS_BYTES = 32 };

struct reading {
    struct basis *basis;
    struct figure_files files;
    uint64_t row;                    /* of all files */
    crypto_generichash_state digest; /* of all files' bytes */
};

static void take_bytes(void *context, const void *bytes, size_t size)
{
    struct reading *reading = context;
    crypto_generichash_update(&reading->digest, bytes, size);
}

static enum err take(struct reading *reading, uint32_t region, uint64_t line,
                     const Songhua__V1__Event *event)
{
    struct basis *basis = reading->basis;
    char origin[512];
    const struct address address = {++reading->row, 0};
    if (address.sequence > basis->as_of.sequence)
        return ERR_OK;
    snprintf(origin, sizeof origin, "%s:%llu", reading->files.path, (unsigned long long)line);
    const char *kept = basis_keep(basis, origin);
    if (!kept)
        return ERR_NOMEM;
    basis->last = address.sequence;
    return basis_add(basis, region, kept, event, address, 0);
}

static enum err take_row(void *context, const struct observation_row *row)
{
    Songhua__V1__Event event = SONGHUA__V1__EVENT__INIT;
    event.body_case = SONGHUA__V1__EVENT__BODY_OBSERVATION;
    event.observation = (Songhua__V1__Observation *)(uintptr_t)row->observation;
    return take(context, row->region, row->line, &event);
}

static enum err take_milestone(void *context, const struct milestone_row *row)
{
    Songhua__V1__Event event = SONGHUA__V1__EVENT__INIT;
    event.body_case = SONGHUA__V1__EVENT__BODY_MILESTONE;
    event.milestone = (Songhua__V1__Milestone *)(uintptr_t)row->milestone;
    return take(context, row->region, row->line, &event);
}

static enum err read_all(struct reading *reading, const struct basis_settings *settings)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < settings->observations.count && !err; i++)
        err = figure_files_read(&reading->files, settings->observations.items[i]);
    return err ? err : figure_files_end(&reading->files);
}

enum err basis_read_files(const struct invocation *invocation,
                          const struct basis_settings *settings, struct basis *basis)
{
    struct framework *framework;
    struct reading reading = {.basis = basis};
    unsigned char digest[HEADS_BYTES];
    uint64_t now_ms = clock_realtime_ms();
    enum err err = figure_files_framework(invocation, settings->framework, &framework);
    if (!err)
        err = basis_add_framework(basis, framework, (struct address){0, 0});
    if (err)
        return err;
    crypto_generichash_init(&reading.digest, NULL, 0, sizeof digest);
    reading.files =
        (struct figure_files){.invocation = invocation,
                              .framework = framework,
                              .now_ms = basis->as_of.ms > now_ms ? basis->as_of.ms : now_ms,
                              .take_row = take_row,
                              .take_milestone = take_milestone,
                              .take_bytes = take_bytes,
                              .context = &reading};
    err = read_all(&reading, settings);
    if (err)
        return err;
    crypto_generichash_final(&reading.digest, digest, sizeof digest);
    text_from_bytes(digest, sizeof digest, basis->heads);
    if (basis->as_of.sequence > basis->last)
        basis->as_of.sequence = basis->last;
    return ERR_OK;
}
