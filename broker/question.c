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

enum err question_ask(struct question *question, Songhua__V1__Request *request,
                      Songhua__V1__Reply **out)
{
    enum err err =
        control_request(question->control, request, (uint32_t)question->settings->timeout_ms, out);
    const char *why = err ? control_error_text(question->control) : "";
    bool is_said = !*why || !strcmp(why, err_text(err)); /* command_fail() says that much */
    if (err)
        command_fail(question->invocation, err, "%s%s%s", question->settings->broker,
                     is_said ? "" : ": ", is_said ? "" : why);
    return err;
}
