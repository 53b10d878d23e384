#include "consumers/alerter/commands.h"

static const struct command commands[] = {
    {"run",
     "常驻运行，目标滞后即预警 / raise an alert when a target falls behind its required path, until stopped",
     NULL, alerter_run, alerter_run_options, sizeof(struct alerter_run_settings),
     "songhua-alerter run\n"
     "songhua-alerter run --config /etc/songhua/alerter.yaml --http 127.0.0.1:7306"},
    {0},
};

int main(int argc, char **argv)
{
    static const struct program program = {
        "songhua-alerter",
        "预警：目标滞后时发出，恢复后解除 / raises alerts for targets that lag, and takes them back when they do not",
        "/etc/songhua/alerter.yaml", commands};
    return program_main(&program, argc, argv);
}
