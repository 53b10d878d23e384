#include "proto/cli/line.h"

#include "proto/base/log.h"
#include "proto/base/text.h"

#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 128 };

/* --- saying what is wrong --------------------------------------------------------------------- */

enum err line_fail(const struct line *line, enum err err, const char *what)
{
    const char *command = line->command ? line->command->name : "";
    const char *space = *command ? " " : "";
    fprintf(stderr, "%s%s%s: %s (SH-%d)\n", line->program->name, space, command, what,
            err_number(err));
    fprintf(stderr, "See %s%s%s --help.\n", line->program->name, space, command);
    return err;
}

/* --- options of every command ----------------------------------------------------------------- */

/* The value of an option: behind '=', or the next argument. */
static const char *take_value(struct line *line, const char *attached)
{
    if (attached)
        return attached;
    if (!line->count)
        return NULL;
    line->count--;
    return *line->arguments++;
}

static enum err set_log_level(struct line *line, const char *level)
{
    static const struct {
        const char *name;
        enum log_level level;
    } levels[] = {{"error", LOG_LEVEL_ERROR},
                  {"warn", LOG_LEVEL_WARN},
                  {"info", LOG_LEVEL_INFO},
                  {"debug", LOG_LEVEL_DEBUG}};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (level && !strcmp(levels[i].name, level)) {
            log_init(line->program->name, levels[i].level);
            return ERR_OK;
        }
    return line_fail(line, ERR_USAGE, "log-level is error, warn, info or debug");
}

static const struct option common[] = {{"help"},      {"version"},  {"config"}, {"show-config"},
                                       {"log-level"}, {"no-color"}, {NULL}};

static bool *find_wish(struct line *line, const char *name)
{
    const struct {
        const char *name;
        bool *wish;
    } wishes[] = {{"help", &line->wants_help},
                  {"version", &line->wants_version},
                  {"show-config", &line->wants_config_shown},
                  {"no-color", &line->wants_no_color}};
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++)
        if (!strcmp(wishes[i].name, name))
            return wishes[i].wish;
    return NULL;
}

static enum err set_wish(struct line *line, bool *wish, const char *name, const char *attached)
{
    char what[WHY_BYTES];
    *wish = true;
    if (!attached)
        return ERR_OK;
    snprintf(what, sizeof what, "%s: no value is taken", name);
    return line_fail(line, ERR_USAGE, what);
}

/* False: it is none of them. */
static bool take_common(struct line *line, const char *name, const char *attached, enum err *err)
{
    bool *wish = find_wish(line, name);
    *err = ERR_OK;
    if (wish)
        *err = set_wish(line, wish, name, attached);
    else if (!strcmp(name, "log-level"))
        *err = set_log_level(line, take_value(line, attached));
    else if (strcmp(name, "config"))
        return false;
    else if (!(line->config = take_value(line, attached)))
        *err = line_fail(line, ERR_USAGE, "config: a file is wanted");
    return true;
}

/* --- options of the command ------------------------------------------------------------------- */

static enum err fail_unknown_option(const struct line *line, const char *name)
{
    char what[WHY_BYTES];
    const char *nearest = options_nearest(line->options.table, name);
    if (!nearest)
        nearest = options_nearest(common, name);
    if (nearest)
        snprintf(what, sizeof what, "unknown option --%.60s; is --%s meant?", name, nearest);
    else
        snprintf(what, sizeof what, "unknown option --%.60s", name);
    return line_fail(line, ERR_USAGE, what);
}

static enum err fail_unknown_letter(const struct line *line, char letter)
{
    char what[WHY_BYTES];
    snprintf(what, sizeof what, "unknown option -%c", letter);
    return line_fail(line, ERR_USAGE, what);
}

static enum err set_option(struct line *line, const struct option *option, const char *attached)
{
    char what[WHY_BYTES];
    const char *value = attached;
    if (option->kind == OPTION_FLAG)
        value = attached ? attached : "yes";
    else
        value = take_value(line, attached);
    if (!value) {
        snprintf(what, sizeof what, "%s: %s is wanted", option->name, option->argument);
        return line_fail(line, ERR_USAGE, what);
    }
    enum err err = options_set(&line->options, option, value, ORIGIN_LINE, what);
    return err ? line_fail(line, err, what) : ERR_OK;
}

/* --name, --name value, --name=value */
static enum err take_long(struct line *line, const char *text)
{
    char name[NAME_BYTES];
    const char *equals = strchr(text, '=');
    enum err err;
    snprintf(name, sizeof name, "%.*s", (int)(equals ? equals - text : (long)strlen(text)), text);
    if (take_common(line, name, equals ? equals + 1 : NULL, &err))
        return err;
    const struct option *option = options_find(line->options.table, name);
    return option ? set_option(line, option, equals ? equals + 1 : NULL)
                  : fail_unknown_option(line, name);
}

/* -f, -n 5, -n5, -fn5 */
static enum err take_short(struct line *line, const char *letters)
{
    for (; *letters; letters++) {
        const struct option *option = line->options.table;
        while (option && option->name && option->letter != *letters)
            option++;
        if (*letters == 'h' && (!option || !option->name)) {
            line->wants_help = true;
            continue;
        }
        if (!option || !option->name)
            return fail_unknown_letter(line, *letters);
        if (option->kind == OPTION_FLAG) {
            enum err err = set_option(line, option, NULL);
            if (err)
                return err;
            continue;
        }
        return set_option(line, option, letters[1] ? letters + 1 : NULL);
    }
    return ERR_OK;
}

/* --- all of them ------------------------------------------------------------------------------ */

enum err line_read(struct line *line)
{
    bool is_over = false;
    while (line->count) {
        const char *argument = *line->arguments++;
        enum err err = ERR_OK;
        line->count--;
        if (is_over || argument[0] != '-' || !argument[1])
            line->operands[line->operand_count++] = text_unconst(argument);
        else if (!strcmp(argument, "--"))
            is_over = true;
        else if (argument[1] == '-')
            err = take_long(line, argument + 2);
        else
            err = take_short(line, argument + 1);
        if (err)
            return err;
    }
    return ERR_OK;
}
