/* songhua-replay: gives the record back, from any place, always the same bytes. */
#include "consumers/reader/reader.h"
#include "consumers/replay/commands.h"

int main(int argc, char **argv)
{
    const struct command commands[] = {
        {"events", "填报的数据 / what was reported: figures, retractions, frameworks", NULL,
         replay_events_command, replay_options, replay_settings_bytes,
         "songhua-replay events --region 220000 --indicator rd_intensity\n"
         "songhua-replay events --since 2024Q3 --until 2024Q4 --json | jq -r .data.value\n"
         "songhua-replay events --follow --json --cursor-file /var/lib/export/cursor"},
        {"scores", "评价结果 / how each target was judged", NULL, replay_scores_command,
         replay_options, replay_settings_bytes,
         "songhua-replay scores --latest\n"
         "songhua-replay scores --region 220000 --csv > scores.csv"},
        {"alerts", "预警记录 / when targets fell behind and when they recovered", NULL,
         replay_alerts_command, replay_options, replay_settings_bytes,
         "songhua-replay alerts --since -30d"},
        {"audit",
         "审计记录 / what the broker did: who was denied, let in, shut out; starts, settings", NULL,
         replay_audit_command, replay_options, replay_settings_bytes,
         "songhua-replay audit --since today --identity /etc/songhua/operator.cert"},
        {"verify", "核验记录 / is the record whole, and as its producers signed it", NULL,
         replay_verify_command, replay_verify_options, replay_verify_settings_bytes,
         "songhua-replay verify --keys /etc/songhua/access"},
        {0}};
    const struct program program = {
        .name = "songhua-replay",
        .summary = "回放：从任意位置重读全部记录 / gives the record back, from any place",
        .config_file = READER_CONFIG_FILE,
        .commands = commands};
    return program_main(&program, argc, argv);
}
