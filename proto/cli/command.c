#include "proto/cli/command.h"

#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/text.h"
#include "proto/cli/line.h"
#include "proto/cli/terminal.h"
#include "proto/net/socket.h"

#include <poll.h>
#include <protobuf-c/protobuf-c.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_BYTES = 128, SAID_BYTES = 8192 };

/* --- saying what is wrong --------------------------------------------------------------------- */

/* What was said may end in the error's own words already: they are said once. */
static void say_v(const char *program, const char *command, enum err err, const char *format,
                  va_list arguments)
{
    char what[SAID_BYTES];
    const char *text = err_text(err);
    vsnprintf(what, sizeof what, format, arguments);
    size_t size = strlen(what), words = strlen(text);
    if (size > words + 2 && !strcmp(what + size - words, text) &&
        !strncmp(what + size - words - 2, ": ", 2))
        what[size - words - 2] = '\0';
    fprintf(stderr, "%s%s%s: %s: %s / %s (SH-%d)\n", program, command && *command ? " " : "",
            command ? command : "", what, text, err_text_zh(err), err_number(err));
}

enum err command_fail(const struct invocation *invocation, enum err err, const char *format, ...)
{
    va_list arguments;
    fflush(stdout);
    va_start(arguments, format);
    say_v(invocation->program, invocation->command, err, format, arguments);
    va_end(arguments);
    if (*err_remedy(err))
        fprintf(stderr, "  %s\n", err_remedy(err));
    return err;
}

/* --- which command ---------------------------------------------------------------------------- */

/* How many words the command's name has at the start of the arguments; 0: it is another. */
static int match(const struct command *command, int count, char **arguments)
{
    char words[WORDS_BYTES];
    int matched = 0;
    snprintf(words, sizeof words, "%s", command->name);
    char *rest = words;
    for (char *word; (word = strsep(&rest, " "));) {
        if (matched == count || strcmp(word, arguments[matched]))
            return 0;
        matched++;
    }
    return matched;
}

static const struct command *find_command(struct line *line)
{
    const struct command *commands = line->program->commands;
    if (commands->name && !*commands->name)
        return commands;
    for (const struct command *command = commands; command->name; command++) {
        int words = match(command, line->count, line->arguments);
        line->arguments += words;
        line->count -= words;
        if (words)
            return command;
    }
    return NULL;
}

static enum err fail_unknown_command(const struct line *line)
{
    char what[WHY_BYTES];
    const char *nearest = NULL, *given = line->count ? line->arguments[0] : "";
    size_t best = 3, size = strlen(given);
    for (const struct command *command = line->program->commands; command->name; command++) {
        bool is_begun = !strncmp(command->name, given, size) && command->name[size] == ' ';
        size_t distance = is_begun ? 0 : text_distance(command->name, given);
        if (distance >= best)
            continue;
        best = distance;
        nearest = command->name;
    }
    if (!*given)
        snprintf(what, sizeof what, "a command is wanted");
    else if (*given == '-')
        snprintf(what, sizeof what, "a command is wanted before %.60s", given);
    else if (nearest)
        snprintf(what, sizeof what, "unknown command \"%.60s\"; is %s meant?", given, nearest);
    else
        snprintf(what, sizeof what, "unknown command \"%.60s\"", given);
    return line_fail(line, ERR_USAGE, what);
}

/* --- running ---------------------------------------------------------------------------------- */

/* A file that was named must be there; the program's own may be missing. */
static enum err take_file(struct line *line)
{
    const char *path = line->config ? line->config : getenv("SONGHUA_CONFIG");
    if (path && !line->config && !*path)
        path = NULL;
    if (!path && line->program->config_file && file_exists(line->program->config_file))
        path = line->program->config_file;
    if (!path)
        return ERR_OK;
    enum err err = options_from_file(&line->options, path, line->why);
    return err ? line_fail(line, err == ERR_NOT_FOUND ? ERR_NOT_FOUND : ERR_CONFIG, line->why)
               : ERR_OK;
}

static void print_version(const struct program *program)
{
    printf("%s %s\n%s, protobuf-c %s\n", program->name, SONGHUA_VERSION, net_library_version(),
           protobuf_c_version());
}

static enum err run(struct line *line)
{
    const struct invocation invocation = {.program = line->program->name,
                                          .command = line->command->name,
                                          .settings = line->options.settings,
                                          .operands = line->operands,
                                          .operand_count = line->operand_count};
    if (line->operand_count && !line->command->operands) {
        snprintf(line->why, sizeof line->why, "no argument is taken, but \"%.60s\" given",
                 line->operands[0]);
        return line_fail(line, ERR_USAGE, line->why);
    }
    return line->command->run(&invocation);
}

static enum err interpret(struct line *line)
{
    enum err err = line_read(line);
    if (err)
        return err;
    if (line->wants_help || line->wants_version) {
        if (line->wants_help)
            help_command(line->program, line->command);
        else
            print_version(line->program);
        return ERR_OK;
    }
    if (line->wants_no_color)
        terminal_no_color();
    err = take_file(line);
    if (err)
        return err;
    err = options_from_environment(&line->options, line->why);
    if (err)
        return line_fail(line, err, line->why);
    if (!line->wants_config_shown)
        return run(line);
    options_show(&line->options);
    return ERR_OK;
}

/* Without a command: help, version, or what is missing. */
static enum err without_command(struct line *line)
{
    const char *first = line->count ? line->arguments[0] : "";
    if (!strcmp(first, "--version")) {
        print_version(line->program);
        return ERR_OK;
    }
    if (!strcmp(first, "--help") || !strcmp(first, "-h") || !strcmp(first, "help")) {
        help_program(line->program);
        return ERR_OK;
    }
    return fail_unknown_command(line);
}

/* Whoever read stdout has gone, as head does: no failure that anybody needs to be told. */
static bool is_reader_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

/* What was written must have arrived. A failed flush drops what it held, and a later one finds nothing
 * left to fail on, so the stream's mark counts too. */
static enum err end_output(const struct line *line, enum err err)
{
    const struct invocation invocation = {.program = line->program->name,
                                          .command = line->command ? line->command->name : NULL};
    bool is_lost = fflush(stdout) != 0;
    is_lost = ferror(stdout) || is_lost;
    if (!is_lost || err)
        return err;
    return is_reader_gone() ? ERR_IO : command_fail(&invocation, ERR_IO, "standard output");
}

static enum err with_command(struct line *line)
{
    enum err err = ERR_NOMEM;
    void *settings = calloc(1, line->command->settings_bytes + 1);
    line->operands = calloc((size_t)line->count + 1, sizeof *line->operands);
    if (settings && line->operands)
        err = options_init(&line->options, line->program, line->command->options, settings);
    if (!err)
        err = interpret(line);
    options_fini(&line->options);
    free(line->operands);
    free(settings);
    return err;
}

int program_main(const struct program *program, int argc, char **argv)
{
    struct line line = {
        .program = program, .arguments = argv + 1, .count = argc > 0 ? argc - 1 : 0};
    log_init(program->name, LOG_LEVEL_INFO);
    line.command = find_command(&line);
    enum err err = line.command ? with_command(&line) : without_command(&line);
    return err_exit_code(end_output(&line, err));
}
