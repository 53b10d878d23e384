#include "proto/event/schema_internal.h"

#include "proto/base/text.h"

#include <stdio.h>
#include <string.h>

enum { NESTING_MAX = 32 };

struct place schema_place(const yaml_node_t *node)
{
    return (struct place){node->start_mark.line + 1, node->start_mark.column + 1};
}

const char *schema_scalar_text(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

void schema_find(struct diag *diag, struct place place, enum finding finding, const char *field,
                 const char *value, const char *zh, const char *en)
{
    finding_add(diag, place.line, place.column, finding, field, value, zh, en);
}

void schema_find_at(struct schema_reader *reader, const yaml_node_t *node, enum finding finding,
                    const struct schema_field *field, const struct schema_detail *detail)
{
    schema_find(reader->diag, schema_place(node), finding, field->key, schema_scalar_text(node),
                detail->zh, detail->en);
}

void *schema_take(struct schema_reader *reader, size_t size)
{
    void *piece = arena_take(reader->arena, size > 0 ? size : 1);
    if (piece == NULL)
        reader->err = ERR_NOMEM;
    else
        memset(piece, 0, size);
    return piece;
}

/* --- structures --------------------------------------------------------------------------------- */

static void read_node(struct schema_reader *reader, const yaml_node_t *node,
                      const struct schema_field *field, void *of);
static void read_map(struct schema_reader *reader, const yaml_node_t *node,
                     const struct schema_field *field, const struct schema *schema, void *of);

/* Texts are never NULL: what is not given is "". */
static void make_empty(const struct schema *schema, void *of)
{
    for (const struct schema_field *field = schema->fields; field->key != NULL; field++) {
        char *at = (char *)of + field->offset;
        if (field->kind == SCHEMA_ID || field->kind == SCHEMA_TEXT)
            *(const char **)(void *)at = "";
        else if (field->kind == SCHEMA_MAP)
            make_empty(field->schema, at);
    }
    if (schema->set_defaults != NULL)
        schema->set_defaults(of);
}

static size_t entry_count(const yaml_node_t *node)
{
    return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

static bool check_length(struct schema_reader *reader, const yaml_node_t *node,
                         const struct schema_field *field)
{
    if ((double)entry_count(node) <= field->max)
        return true;
    struct schema_detail detail;
    snprintf(detail.zh, sizeof detail.zh, "最多 %.0f 项", field->max);
    snprintf(detail.en, sizeof detail.en, "at most %.0f entries", field->max);
    schema_find_at(reader, node, FINDING_LIST_LIMIT, field, &detail);
    return false;
}

static bool is_list(enum schema_kind kind)
{
    return kind == SCHEMA_LIST || kind == SCHEMA_REGIONS || kind == SCHEMA_TEXTS;
}

static size_t entry_size(const struct schema_field *field)
{
    return field->kind == SCHEMA_LIST      ? field->schema->size
           : field->kind == SCHEMA_REGIONS ? sizeof(uint32_t)
                                           : sizeof(const char *);
}

/* Entry by entry into an array of structs, of codes or of texts. */
static void read_list(struct schema_reader *reader, const yaml_node_t *node,
                      const struct schema_field *field, void *of)
{
    size_t count = entry_count(node);
    size_t each = entry_size(field);
    char *entries = check_length(reader, node, field) ? schema_take(reader, count * each) : NULL;
    if (entries == NULL)
        return;
    for (size_t i = 0; i < count && reader->err == ERR_OK; i++) {
        const yaml_node_t *entry =
            yaml_document_get_node(&reader->document, node->data.sequence.items.start[i]);
        if (field->kind == SCHEMA_LIST) {
            make_empty(field->schema, entries + i * each);
            read_map(reader, entry, field, field->schema, entries + i * each);
        } else {
            struct schema_field single = *field;
            single.kind = field->kind == SCHEMA_REGIONS ? SCHEMA_REGION : SCHEMA_TEXT;
            single.offset = i * each;
            single.set_offset = 0;
            if (single.kind == SCHEMA_TEXT)
                *(const char **)(void *)(entries + i * each) = "";
            read_node(reader, entry, &single, entries);
        }
    }
    *(void **)(void *)((char *)of + field->offset) = entries;
    *(size_t *)(void *)((char *)of + field->count_offset) = count;
}

static bool is_of_type(struct schema_reader *reader, const yaml_node_t *node,
                       const struct schema_field *field, yaml_node_type_t wanted)
{
    static const struct schema_detail texts[] = {
        [YAML_SCALAR_NODE] = {"应为单个值", "a single value is wanted"},
        [YAML_SEQUENCE_NODE] = {"应为列表", "a list is wanted"},
        [YAML_MAPPING_NODE] = {"应为映射（键: 值）", "a mapping (key: value) is wanted"},
    };
    if (node->type == wanted)
        return true;
    schema_find_at(reader, node, FINDING_NODE_KIND, field, &texts[wanted]);
    return false;
}

static void read_node(struct schema_reader *reader, const yaml_node_t *node,
                      const struct schema_field *field, void *of)
{
    if (++reader->visited > SCHEMA_MAX_NODES) {
        if (reader->visited == SCHEMA_MAX_NODES + 1)
            schema_find_at(
                reader, node, FINDING_LIST_LIMIT, field,
                &(struct schema_detail){"文件展开后超过 1000000 个节点",
                                        "the document unfolds to more than 1000000 nodes"});
        return;
    }
    void *to = (char *)of + field->offset;
    if (field->kind == SCHEMA_MAP)
        read_map(reader, node, field, field->schema, to);
    else if (is_list(field->kind)) {
        if (is_of_type(reader, node, field, YAML_SEQUENCE_NODE))
            read_list(reader, node, field, of);
    } else if (is_of_type(reader, node, field, YAML_SCALAR_NODE))
        schema_read_scalar(reader, node, field, to);
    if (field->set_offset != 0)
        *((bool *)of + field->set_offset) = true;
}

static const struct schema_field *field_of(const struct schema *schema, const char *key)
{
    for (const struct schema_field *field = schema->fields; field->key != NULL; field++)
        if (strcmp(field->key, key) == 0)
            return field;
    return NULL;
}

static const struct schema_field *nearest_field(const struct schema *schema, const char *key)
{
    const struct schema_field *nearest = NULL;
    size_t best = 3;
    for (const struct schema_field *field = schema->fields; field->key != NULL; field++) {
        size_t distance = text_distance(field->key, key);
        if (distance < best) {
            best = distance;
            nearest = field;
        }
    }
    return nearest;
}

static void find_unknown_key(struct schema_reader *reader, const yaml_node_t *node,
                             const struct schema *schema, const char *key)
{
    struct schema_detail detail;
    const struct schema_field *nearest = nearest_field(schema, key);
    if (nearest != NULL) {
        snprintf(detail.zh, sizeof detail.zh, "是否指 %s", nearest->key);
        snprintf(detail.en, sizeof detail.en, "did you mean %s", nearest->key);
    } else {
        const char *keys[40];
        size_t count = 0;
        for (const struct schema_field *field = schema->fields; field->key != NULL && count < 39;)
            keys[count++] = (field++)->key;
        keys[count] = NULL;
        char words[300];
        schema_list_words(keys, words, sizeof words);
        snprintf(detail.zh, sizeof detail.zh, "可用的键：%s", words);
        snprintf(detail.en, sizeof detail.en, "one of %s", words);
    }
    schema_find(reader->diag, schema_place(node), FINDING_KEY_UNKNOWN, key, NULL, detail.zh,
                detail.en);
}

static bool is_repeated(struct schema_reader *reader, const yaml_node_t *node,
                        const yaml_node_pair_t *pair, const char *key)
{
    for (const yaml_node_pair_t *earlier = node->data.mapping.pairs.start; earlier < pair;
         earlier++) {
        const char *text =
            schema_scalar_text(yaml_document_get_node(&reader->document, earlier->key));
        if (text != NULL && strcmp(text, key) == 0)
            return true;
    }
    return false;
}

static void read_pair(struct schema_reader *reader, const yaml_node_t *node,
                      const yaml_node_pair_t *pair, const struct schema *schema, void *of)
{
    const yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
    const yaml_node_t *value = yaml_document_get_node(&reader->document, pair->value);
    const char *text = schema_scalar_text(key);
    const struct schema_field *field = text != NULL ? field_of(schema, text) : NULL;
    if (field == NULL)
        find_unknown_key(reader, key, schema, text != NULL ? text : "");
    else if (is_repeated(reader, node, pair, text))
        schema_find(reader->diag, schema_place(key), FINDING_KEY_REPEATED, text, NULL, "", "");
    else
        read_node(reader, value, field, of);
}

static void find_missing_keys(struct schema_reader *reader, const yaml_node_t *node,
                              const struct schema *schema)
{
    for (const struct schema_field *field = schema->fields; field->key != NULL; field++) {
        bool is_there = !field->is_required;
        for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
             pair < node->data.mapping.pairs.top && !is_there; pair++) {
            const char *key =
                schema_scalar_text(yaml_document_get_node(&reader->document, pair->key));
            is_there = key != NULL && strcmp(key, field->key) == 0;
        }
        if (!is_there)
            schema_find(reader->diag, schema_place(node), FINDING_KEY_MISSING, field->key, NULL,
                        field->key, field->key);
    }
}

static void read_map(struct schema_reader *reader, const yaml_node_t *node,
                     const struct schema_field *field, const struct schema *schema, void *of)
{
    if (!is_of_type(reader, node, field, YAML_MAPPING_NODE))
        return;
    if (schema->has_place)
        *(struct place *)of = schema_place(node);
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top && reader->err == ERR_OK; pair++)
        read_pair(reader, node, pair, schema, of);
    find_missing_keys(reader, node, schema);
}

/* --- the document ------------------------------------------------------------------------------- */

static void find_syntax(struct diag *diag, const yaml_parser_t *parser)
{
    struct place place = {parser->problem_mark.line + 1, parser->problem_mark.column + 1};
    const char *problem = parser->problem != NULL ? parser->problem : "cannot be read";
    schema_find(diag, place, FINDING_YAML_SYNTAX, NULL, NULL, problem, problem);
}

static void read_document(struct schema_reader *reader, const struct schema *schema, void *out)
{
    const struct schema_field whole = {.key = "document"};
    const yaml_node_t *root = yaml_document_get_root_node(&reader->document);
    if (root == NULL)
        schema_find(reader->diag, (struct place){1, 1}, FINDING_YAML_SYNTAX, NULL, NULL, "文件为空",
                    "the document is empty");
    else
        read_map(reader, root, &whole, schema, out);
}

/* What follows "---" would otherwise be left out without a word. */
static void refuse_second_document(yaml_parser_t *parser, struct diag *diag)
{
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second)) {
        find_syntax(diag, parser);
        return;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&second);
    if (root != NULL)
        schema_find(diag, schema_place(root), FINDING_YAML_SYNTAX, NULL, NULL, "只应有一个文档",
                    "there must be one document only");
    yaml_document_delete(&second);
}

/* No schema is as deep, and libyaml takes time with the square of the depth. */
static bool is_too_deep(const void *bytes, size_t size, struct place *place)
{
    yaml_parser_t parser;
    yaml_event_t event;
    size_t depth = 0;
    bool has_more = yaml_parser_initialize(&parser);
    if (!has_more)
        return false;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, bytes, size);
    while (has_more && depth <= NESTING_MAX && yaml_parser_parse(&parser, &event)) {
        depth += event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT;
        depth -= event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        has_more = event.type != YAML_STREAM_END_EVENT;
        *place = (struct place){event.start_mark.line + 1, event.start_mark.column + 1};
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return depth > NESTING_MAX;
}

enum err schema_read(const void *bytes, size_t size, const struct schema *schema,
                     struct arena *arena, struct diag *diag, void *out)
{
    struct schema_reader reader = {.arena = arena, .diag = diag, .err = ERR_OK};
    size_t before = diag->total;
    struct place place = {1, 1};
    yaml_parser_t parser;
    memset(out, 0, schema->size);
    make_empty(schema, out);
    if (is_too_deep(bytes, size, &place)) {
        schema_find(diag, place, FINDING_YAML_SYNTAX, NULL, NULL, "嵌套过深", "nested too deep");
        return ERR_FRAMEWORK;
    }
    if (!yaml_parser_initialize(&parser))
        return ERR_NOMEM;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, bytes, size);
    if (yaml_parser_load(&parser, &reader.document)) {
        read_document(&reader, schema, out);
        yaml_document_delete(&reader.document);
        refuse_second_document(&parser, diag);
    } else if (parser.error == YAML_MEMORY_ERROR) {
        reader.err = ERR_NOMEM;
    } else {
        find_syntax(diag, &parser);
    }
    yaml_parser_delete(&parser);
    if (reader.err != ERR_OK)
        return reader.err;
    return diag->total == before ? ERR_OK : ERR_FRAMEWORK;
}
