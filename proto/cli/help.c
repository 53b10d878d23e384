#include "proto/cli/options.h"
#include "proto/cli/terminal.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { COLUMN = 30, NAMES = 21, NARROWEST = 30, TEXT_BYTES = 1024 };

/* Each line of the text behind two spaces. */
static void print_lines(const char *text)
{
    while (text && *text) {
        size_t size = strcspn(text, "\n");
        printf("  %.*s\n", (int)size, text);
        text += size + (text[size] == '\n');
    }
}

/* From column `at` on, and there again in the lines that follow on a terminal. */
static void print_wrapped(const char *text, size_t at)
{
    size_t width = terminal_width(), room = width > at + NARROWEST ? width - at : SIZE_MAX;
    while (strlen(text) > room) {
        size_t size = room;
        while (size && text[size] != ' ')
            size--;
        if (!size) /* one long word */
            break;
        printf("%.*s\n%*s", (int)size, text, (int)at, "");
        text += size + 1;
    }
    puts(text);
}

static void print_option(const struct option *option)
{
    char left[64], text[TEXT_BYTES];
    int used = option->letter ? snprintf(left, sizeof left, "  -%c, ", option->letter)
                              : snprintf(left, sizeof left, "      ");
    snprintf(left + used, sizeof left - (size_t)used, "--%s%s%s", option->name,
             option->argument ? " " : "", option->argument ? option->argument : "");
    printf("%-*s", COLUMN, left);
    if (strlen(left) >= COLUMN)
        printf("\n%*s", COLUMN, "");
    bool has_initial = option->initial && *option->initial && option->kind != OPTION_FLAG;
    snprintf(text, sizeof text, has_initial ? "%s [%s]" : "%s", option->help, option->initial);
    print_wrapped(text, COLUMN);
}

static void print_common(void)
{
    printf("\nOptions of every command:\n"
           "  -h, --help                  this page\n"
           "      --version               versions of the program and its libraries\n"
           "      --config FILE           configuration: option names as keys of a flat YAML file\n"
           "      --show-config           print each value and where it comes from, and stop\n"
           "      --log-level LEVEL       error, warn, info or debug [info]\n"
           "      --no-color              no colour (also NO_COLOR)\n"
           "A value comes from the command line, else from the environment (SONGHUA_BROKER for\n"
           "--broker), else from the configuration file.\n");
}

void help_command(const struct program *program, const struct command *command)
{
    if (command->examples) {
        printf("Examples:\n");
        print_lines(command->examples);
        printf("\n");
    }
    printf("Usage: %s%s%s [OPTION…]%s%s\n\n%s\n", program->name, *command->name ? " " : "",
           command->name, command->operands ? " " : "", command->operands ? command->operands : "",
           command->summary);
    if (command->options && command->options->name)
        printf("\nOptions:\n");
    for (const struct option *option = command->options; option && option->name; option++)
        if (!option->is_hidden)
            print_option(option);
    print_common();
}

void help_program(const struct program *program)
{
    printf("Examples:\n");
    for (const struct command *command = program->commands; command->name; command++)
        if (command->examples)
            printf("  %.*s\n", (int)strcspn(command->examples, "\n"), command->examples);
    printf("\nUsage: %s COMMAND [OPTION…]\n\n%s\n\nCommands:\n", program->name, program->summary);
    for (const struct command *command = program->commands; command->name; command++) {
        printf("  %-18s ", command->name);
        print_wrapped(command->summary, NAMES);
    }
    printf("\n%s COMMAND --help has the options of a command.\n", program->name);
}
