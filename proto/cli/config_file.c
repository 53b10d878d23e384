#include "proto/cli/options.h"

#include "proto/base/file.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { CONFIG_MAX_BYTES = 1 << 20 };

/* A flat mapping, read event by event: key, then a value or a list of values. */
struct reader {
    struct options *options;
    const char *path;
    const struct option *option; /* whose value is next; NULL: a key is next */
    bool is_skipped;             /* it is another command's */
    bool is_in_mapping, is_in_list;
    bool is_seen[OPTIONS_MAX]; /* by place in the table */
    char *why;
};

static enum err wrong(const struct reader *reader, yaml_mark_t mark, const char *what)
{
    snprintf(reader->why, WHY_BYTES, "%s:%zu:%zu: %s", reader->path, mark.line + 1, mark.column + 1,
             what);
    return ERR_CONFIG;
}

/* A key that stands twice says two things; none of them is taken. */
static enum err mark_seen(struct reader *reader, const yaml_event_t *event)
{
    char what[WHY_BYTES];
    bool *is_seen = &reader->is_seen[reader->option - reader->options->table];
    if (*is_seen) {
        snprintf(what, sizeof what, "key \"%s\" stands here for the second time",
                 reader->option->name);
        return wrong(reader, event->start_mark, what);
    }
    *is_seen = true;
    return ERR_OK;
}

/* One file serves all commands of a program, so a key may be another command's. */
static const struct option *find_in_program(const struct program *program, const char *name)
{
    const struct option *found = NULL;
    for (const struct command *command = program->commands; command->name && !found; command++)
        found = options_find(command->options, name);
    return found;
}

static enum err take_key(struct reader *reader, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.scalar.value;
    char what[WHY_BYTES];
    reader->option = options_find(reader->options->table, name);
    reader->is_skipped = !reader->option;
    if (reader->option)
        return mark_seen(reader, event);
    reader->option = find_in_program(reader->options->program, name);
    if (reader->option)
        return ERR_OK;
    const char *nearest = options_nearest(reader->options->table, name);
    if (nearest)
        snprintf(what, sizeof what, "unknown key \"%.60s\"; is %s meant?", name, nearest);
    else
        snprintf(what, sizeof what, "unknown key \"%.60s\"", name);
    return wrong(reader, event->start_mark, what);
}

/* The parser's text ends with its event, settings point at a copy. */
static enum err set_value(struct reader *reader, const yaml_event_t *event)
{
    char what[WHY_BYTES];
    const char *value = (const char *)event->data.scalar.value;
    if (strlen(value) != event->data.scalar.length)
        return wrong(reader, event->start_mark, "a value ends at a NUL");
    char *kept = arena_text(&reader->options->texts, value);
    if (!kept)
        return ERR_NOMEM;
    enum err err = options_set(reader->options, reader->option, kept, ORIGIN_FILE, what);
    return err ? wrong(reader, event->start_mark, what) : ERR_OK;
}

static enum err take_value(struct reader *reader, const yaml_event_t *event)
{
    enum err err = reader->is_skipped ? ERR_OK : set_value(reader, event);
    if (!reader->is_in_list)
        reader->option = NULL;
    return err;
}

static enum err take_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_MAPPING_START_EVENT:
        if (reader->is_in_mapping)
            return wrong(reader, event->start_mark, "a value or a list of values is wanted here");
        reader->is_in_mapping = true;
        return ERR_OK;
    case YAML_SEQUENCE_START_EVENT:
        if (!reader->option || reader->option->kind != OPTION_LIST || reader->is_in_list)
            return wrong(reader, event->start_mark, "no list is wanted here");
        reader->is_in_list = true;
        if (!reader->is_skipped)
            options_begin_list(reader->options, reader->option, ORIGIN_FILE);
        return ERR_OK;
    case YAML_SEQUENCE_END_EVENT:
        reader->is_in_list = false;
        reader->option = NULL;
        return ERR_OK;
    case YAML_SCALAR_EVENT:
        if (!reader->is_in_mapping)
            return wrong(reader, event->start_mark, "lines of `key: value` are wanted");
        return reader->option ? take_value(reader, event) : take_key(reader, event);
    case YAML_ALIAS_EVENT:
        return wrong(reader, event->start_mark, "aliases are not taken");
    default:
        return ERR_OK;
    }
}

/* Where the parser stopped. For bytes that are no text it gives their offset alone. */
static yaml_mark_t problem_mark(const yaml_parser_t *parser, const struct buffer *text)
{
    yaml_mark_t mark = {0};
    if (parser->error != YAML_READER_ERROR)
        return parser->problem_mark;
    for (size_t i = 0; i < parser->problem_offset && i < text->size; i++) {
        bool is_line_end = text->data[i] == '\n';
        mark.line += is_line_end;
        mark.column = is_line_end ? 0 : mark.column + ((text->data[i] & 0xc0) != 0x80);
    }
    return mark;
}

static enum err read_events(struct reader *reader, yaml_parser_t *parser, const struct buffer *text)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return parser->error == YAML_MEMORY_ERROR
                       ? ERR_NOMEM
                       : wrong(reader, problem_mark(parser, text), parser->problem);
        bool is_end = event.type == YAML_STREAM_END_EVENT;
        enum err err = take_event(reader, &event);
        yaml_event_delete(&event);
        if (err || is_end)
            return err;
    }
}

enum err options_from_file(struct options *options, const char *path, char why[WHY_BYTES])
{
    struct buffer text;
    yaml_parser_t parser;
    struct reader reader = {.options = options, .path = path, .why = why};
    buffer_init(&text, CONFIG_MAX_BYTES);
    enum err err = file_read(path, &text);
    if (!err && !yaml_parser_initialize(&parser))
        err = ERR_NOMEM;
    if (!err) {
        yaml_parser_set_input_string(&parser, (const unsigned char *)buffer_text(&text), text.size);
        err = read_events(&reader, &parser, &text);
        yaml_parser_delete(&parser);
    }
    if (err && err != ERR_CONFIG)
        snprintf(why, WHY_BYTES, "%s: %s", path, err_text(err));
    buffer_fini(&text);
    return err;
}
