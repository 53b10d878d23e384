/* songhua-agent: brings a prefecture's figures to the broker, exactly once. */
#include "producers/agent/commands.h"

int main(int argc, char **argv)
{
    const struct command commands[] = {agent_run_command(),
                                       agent_submit_command(),
                                       agent_check_command(),
                                       agent_put_command(),
                                       agent_framework_command(),
                                       agent_template_command(),
                                       agent_status_command(),
                                       agent_resend_command(),
                                       agent_receipts_command(),
                                       agent_keygen_command(),
                                       agent_doctor_command(),
                                       agent_explain_command(),
                                       {0}};
    const struct program program = {
        .name = "songhua-agent",
        .summary = "上报端：校验统计数据并可靠上报 / checks figures and reports them, exactly once",
        .config_file = "/etc/songhua/agent.yaml",
        .commands = commands};
    return program_main(&program, argc, argv);
}
