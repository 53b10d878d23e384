/* Tells what became of one input: of a file's rows, and of the events made from them. For people two
 * languages on stdout and, where something is wrong, stderr; as NDJSON one object on stdout.
 */
#ifndef SONGHUA_AGENT_ACCOUNT_H
#define SONGHUA_AGENT_ACCOUNT_H

#include "producers/agent/deposit.h"
#include "producers/agent/submission.h"
#include "proto/cli/command.h"

struct account {
    const char *name;                      /* of the file */
    const struct submission *submission;   /* NULL: the input has no rows */
    enum err refused;                      /* ERR_ROWS: nothing was enqueued because of findings */
    const struct deposit_outcome *outcome; /* NULL: nothing was enqueued */
    bool is_checked_only, is_dry;
    bool is_waited_for;   /* for the broker */
    enum err delivery;    /* of the waiting; ERR_OK: all is on the broker's disk */
    uint64_t last_record; /* then, of the last acknowledgement */
};

/* The doubts, the findings and what was done about these, on stderr; nothing without them. */
void account_findings(const struct account *account);

/* The result on stdout. */
void account_result(const struct account *account, bool is_json);

#endif
