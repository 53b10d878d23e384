#include "broker/question.h"

#include "proto/cli/keys.h"
#include "proto/client/control.h"

#include <stdlib.h>
#include <string.h>

struct question {
    const struct invocation *invocation;
    const struct ask_settings *settings;
    struct identity identity;
    struct control *control;
};

enum err question_open(const struct invocation *invocation, const struct ask_settings *settings,
                       struct question **out)
{
    char server_key[CURVE_TEXT_BYTES];
    *out = NULL;
    struct question *question = calloc(1, sizeof *question);
    if (!question)
        return command_fail(invocation, ERR_NOMEM, "%s", settings->broker);
    question->invocation = invocation;
    question->settings = settings;
    enum err err = keys_own(invocation, settings->identity, &question->identity);
    if (!err)
        err = keys_server(invocation, settings->server_cert, server_key);
    if (!err) {
        err = control_open(settings->broker, server_key, &question->identity, &question->control);
        if (err)
            command_fail(invocation, err, "%s", settings->broker);
    }
    if (err)
        question_close(&question);
    else
        *out = question;
    return err;
}

void question_close(struct question **question)
{
    if (!*question)
        return;
    control_close(&(*question)->control);
    identity_clear(&(*question)->identity);
    free(*question);
    *question = NULL;
}

static enum err said(const struct question *question, enum err err)
{
    const char *why = err ? control_error_text(question->control) : "";
    bool is_known = !*why || !strcmp(why, err_text(err)); /* command_fail() says that much */
    return err ? command_fail(question->invocation, err, "%s%s%s", question->settings->broker,
                              is_known ? "" : ": ", is_known ? "" : why)
               : ERR_OK;
}

enum err question_ask(struct question *question, Songhua__V1__Request__BodyCase what,
                      Songhua__V1__Reply **out)
{
    return said(question, control_ask(question->control, what,
                                      (uint32_t)question->settings->timeout_ms, out));
}

enum err question_delete(struct question *question, const Songhua__V1__Position *position)
{
    enum err err = control_save_position(question->control, position->stream, position->consumer,
                                         position->position, 0,
                                         (uint32_t)question->settings->timeout_ms, NULL);
    return err == ERR_CONFLICT ? err : said(question, err);
}
