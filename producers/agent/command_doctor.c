#include "producers/agent/checkup.h"
#include "producers/agent/commands.h"
#include "proto/base/json.h"

#include <stdio.h>

enum { LINE_MAX_BYTES = 8192 };

static const char *const words[] = {
    [VERDICT_OK] = "ok", [VERDICT_WARN] = "warn", [VERDICT_FAIL] = "fail"};
static const char *const marks[] = {[VERDICT_OK] = "✓", [VERDICT_WARN] = "!", [VERDICT_FAIL] = "✗"};

static void print_people(const struct checkup *checkup, const struct checkup_item *item)
{
    printf("%s %-4s %s: %s\n", marks[checkup->verdict], words[checkup->verdict], item->title,
           checkup->what);
    if (checkup->verdict != VERDICT_OK && *checkup->remedy)
        printf("       → %s\n", checkup->remedy);
}

static enum err print_json(const struct checkup *checkup, const struct checkup_item *item)
{
    struct buffer line;
    buffer_init(&line, LINE_MAX_BYTES);
    struct json json = json_start(&line);
    json_open(&json, NULL, '{');
    json_text(&json, "check", item->name);
    json_text(&json, "verdict", words[checkup->verdict]);
    json_text(&json, "what", checkup->what);
    if (checkup->verdict != VERDICT_OK)
        json_text(&json, "remedy", checkup->remedy);
    json_close(&json, '}');
    enum err err = json_print(&json, stdout);
    buffer_fini(&line);
    return err;
}

/* Every check is made; the first that failed gives the answer. */
static enum err run(const struct invocation *invocation)
{
    const struct agent_view_settings *settings = invocation->settings;
    struct checkup checkup = {.settings = &settings->agent};
    enum err err = ERR_OK;
    for (const struct checkup_item *item = checkup_items; item->name; item++) {
        item->look(&checkup);
        enum err said = ERR_OK;
        if (settings->is_json)
            said = print_json(&checkup, item);
        else
            print_people(&checkup, item);
        fflush(stdout);
        if (!err)
            err = checkup.verdict == VERDICT_FAIL ? checkup.err : said;
    }
    identity_clear(&checkup.identity);
    return err;
}

struct command agent_doctor_command(void)
{
    return (struct command){.name = "doctor",
                            .summary = "自检 / look for what is wrong and say what mends it",
                            .run = run,
                            .options = agent_view_options,
                            .settings_bytes = sizeof(struct agent_view_settings),
                            .examples =
                                "songhua-agent doctor --config /etc/songhua/220100-changchun.yaml"};
}
