/* The agent's commands, each in its own file; main.c is the table. */
#ifndef SONGHUA_AGENT_COMMANDS_H
#define SONGHUA_AGENT_COMMANDS_H

#include "proto/cli/command.h"

struct command agent_run_command(void);
struct command agent_submit_command(void);
struct command agent_check_command(void);
struct command agent_put_command(void);
struct command agent_framework_command(void);
struct command agent_template_command(void);
struct command agent_status_command(void);
struct command agent_resend_command(void);
struct command agent_receipts_command(void);
struct command agent_keygen_command(void);
struct command agent_doctor_command(void);
struct command agent_explain_command(void);

#endif
