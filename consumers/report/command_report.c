#include "consumers/report/commands.h"
#include "consumers/report/report_document.h"
#include "proto/base/clock.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BEIJING_SECONDS = 8 * 3600 };

const struct option report_options[] = {
    BASIS_OPTIONS(struct report_settings),
    {"years", 'y', OPTION_TEXT, offsetof(struct report_settings, years), "YEAR[-YEAR]",
     "2024 for annual monitoring, 2022-2024 for the evaluation of three years; last, last3: the one "
     "or three years before this one"},
    {"format", 0, OPTION_TEXT, offsetof(struct report_settings, format), "FORMAT",
     "html, xlsx, csv (UTF-8 with BOM) or json; default: as --output ends, else html"},
    {"output", 0, OPTION_TEXT, offsetof(struct report_settings, output), "FILE",
     "where to write; default: stdout (xlsx needs a file). DIR/ is report-YEARS.FORMAT in it, never "
     "over one that is there"},
    {"weights", 0, OPTION_TEXT, offsetof(struct report_settings, weights), "L,P,D,Q",
     "of level, progress, duties and quality; default: equal, marked as 演示权重"},
    {"restates", 0, OPTION_TEXT, offsetof(struct report_settings, restates), "FILE",
     "a report published as JSON: what is not the same any more is listed beside it"},
    {0}};

/* `last` and `last3` count back from the year of the moment, in Beijing. */
static bool count_back(const char *text, uint64_t as_of_ms, struct review_options *options)
{
    struct tm tm;
    time_t seconds = (time_t)(as_of_ms / 1000) + BEIJING_SECONDS;
    if (strcmp(text, "last") && strcmp(text, "last3"))
        return false;
    gmtime_r(&seconds, &tm);
    options->last_year = (unsigned)tm.tm_year + 1899;
    options->first_year = options->last_year - (strcmp(text, "last") ? 2 : 0);
    return true;
}

static bool parse_years(const char *text, struct review_options *options)
{
    char end;
    int count = sscanf(text, "%4u-%4u%c", &options->first_year, &options->last_year, &end);
    if (count == 1 && strlen(text) == 4)
        options->last_year = options->first_year;
    else if (count != 2)
        return false;
    return options->first_year >= PERIOD_FIRST_YEAR && options->last_year < PERIOD_LAST_YEAR &&
           options->first_year <= options->last_year &&
           options->last_year - options->first_year < REVIEW_MAX_YEARS;
}

static bool parse_weights(const char *text, double weights[PART_COUNT])
{
    double sum = 0;
    for (int i = 0; i < PART_COUNT; i++) {
        char *end;
        weights[i] = strtod(text, &end);
        if (end == text || !(weights[i] >= 0) || weights[i] > 1e6 ||
            *end != (i + 1 < PART_COUNT ? ',' : '\0'))
            return false;
        sum += weights[i];
        text = end + 1;
    }
    return sum > 0;
}

static enum err read_options(const struct invocation *invocation, struct review_options *out)
{
    const struct report_settings *settings = invocation->settings;
    for (int i = 0; i < PART_COUNT; i++)
        out->weights[i] = 1;
    if (!settings->years)
        return command_fail(invocation, ERR_USAGE, "--years is wanted, as 2024 or 2022-2024");
    uint64_t as_of_ms = settings->basis.as_of_ms ? settings->basis.as_of_ms : clock_realtime_ms();
    if (!count_back(settings->years, as_of_ms, out) && !parse_years(settings->years, out))
        return command_fail(
            invocation, ERR_USAGE,
            "--years '%s' is not YEAR, YEAR-YEAR of at most %d years, last or last3",
            settings->years, REVIEW_MAX_YEARS);
    if (settings->weights && !parse_weights(settings->weights, out->weights))
        return command_fail(invocation, ERR_USAGE,
                            "--weights '%s' is not four numbers, not negative, as 3,4,2,1",
                            settings->weights);
    return ERR_OK;
}

/* Where to write; "": stdout. A published report is never written over by the name it was given. */
static enum err find_place(const struct invocation *invocation, const struct review *review,
                           const struct document_format *format, char path[PATH_MAX])
{
    const struct report_settings *settings = invocation->settings;
    const char *output = settings->output ? settings->output : "";
    size_t size = strlen(output);
    char years[24];
    unsigned first = review->options.first_year, last = review->options.last_year;
    if (first == last)
        snprintf(years, sizeof years, "%u", last);
    else
        snprintf(years, sizeof years, "%u-%u", first, last);
    bool is_directory = size && output[size - 1] == '/';
    int length = is_directory
                     ? snprintf(path, PATH_MAX, "%sreport-%s.%s", output, years, format->name)
                     : snprintf(path, PATH_MAX, "%s", output);
    if (length >= PATH_MAX)
        return command_fail(invocation, ERR_USAGE, "--output is too long a path");
    if (is_directory && !access(path, F_OK))
        return command_fail(invocation, ERR_EXISTS,
                            "%s: a published report stays; give another file to write to", path);
    return ERR_OK;
}

static enum err load_frozen(const struct invocation *invocation, struct frozen **out)
{
    const char *path = ((const struct report_settings *)invocation->settings)->restates;
    char why[FROZEN_WHY_BYTES] = "";
    enum err err = path ? frozen_load(path, out, why) : ERR_OK;
    return err ? command_fail(invocation, err, "%s: %s", path, why) : ERR_OK;
}

static enum err write_report(const struct invocation *invocation, const struct review *review,
                             const struct document_format *format)
{
    const struct report_settings *settings = invocation->settings;
    struct document *document;
    struct frozen *frozen = NULL;
    char path[PATH_MAX];
    enum err err = load_frozen(invocation, &frozen);
    if (err)
        return err;
    err = report_document(review, settings->weights != NULL, frozen, &document);
    frozen_free(frozen);
    if (err)
        return command_fail(invocation, err, "making the report");
    err = find_place(invocation, review, format, path);
    if (!err) {
        err = document_write(document, format, *path ? path : NULL);
        if (err == ERR_USAGE)
            command_fail(invocation, err, "--format %s needs --output FILE", format->name);
        else if (err)
            command_fail(invocation, err, "%s", *path ? path : "stdout");
        else if (*path)
            fprintf(stderr, "%s: 已写入 / written\n", path);
    }
    document_free(document);
    return err;
}

static enum err run(const struct invocation *invocation, const struct review_options *options,
                    const struct document_format *format, struct basis *basis)
{
    const struct report_settings *settings = invocation->settings;
    struct review *review;
    enum err err = basis_read(invocation, &settings->basis, basis);
    if (err)
        return err;
    err = review_new(basis, options, &review);
    if (err)
        return command_fail(invocation, err,
                            err == ERR_NOT_FOUND ? "no framework is in force as of then"
                                                 : "looking back");
    err = write_report(invocation, review, format);
    review_free(review);
    return err;
}

/* The one that is named; else the one that the file's name ends in, so that r.json is JSON and r.pdf is
 * not a page of HTML under another name. */
static const char *format_name(const struct report_settings *settings)
{
    const char *output = settings->output ? settings->output : "";
    const char *slash = strrchr(output, '/');
    const char *dot = strrchr(slash ? slash : output, '.');
    if (settings->format)
        return settings->format;
    return dot && dot[1] ? dot + 1 : "html";
}

enum err report_command(const struct invocation *invocation)
{
    const struct report_settings *settings = invocation->settings;
    const struct document_format *format = document_format_find(format_name(settings));
    struct review_options options = {0};
    struct basis *basis;
    if (!format)
        return command_fail(invocation, ERR_USAGE, "--format is html, xlsx, csv or json, not '%s'",
                            format_name(settings));
    enum err err = read_options(invocation, &options);
    if (!err)
        err = basis_new(&basis);
    if (err)
        return err;
    err = run(invocation, &options, format, basis);
    basis_free(basis);
    return err;
}
