/* The commands of songhua-replay; main.c is the table. */
#ifndef SONGHUA_REPLAY_COMMANDS_H
#define SONGHUA_REPLAY_COMMANDS_H

#include "proto/cli/command.h"

extern const struct option replay_options[];
extern const size_t replay_settings_bytes;
extern const struct option replay_verify_options[];
extern const size_t replay_verify_settings_bytes;
command_run replay_events_command, replay_scores_command, replay_alerts_command,
    replay_audit_command;
command_run replay_verify_command;

#endif
