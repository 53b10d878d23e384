#include "consumers/report/commands.h"
#include "consumers/scorer/commands.h"

static const struct command commands[] = {
    {"run", "常驻运行，随数据评价 / judge every target as figures come in, until stopped", NULL,
     scorer_run, scorer_run_options, sizeof(struct scorer_run_settings),
     "songhua-scorer run\n"
     "songhua-scorer run --config /etc/songhua/scorer.yaml --http 127.0.0.1:7305"},
    {"evaluate", "用文件中的数据评价，无需服务器 / judge figures from files, without a broker",
     "[CSV…]", evaluate_command, evaluate_options, sizeof(struct evaluate_settings),
     "songhua-scorer evaluate --framework jilin-2021.yaml --observations 220100.csv\n"
     "songhua-scorer evaluate -f jilin-2021.yaml -o 220100.csv --as-of 2023-12-31 --json"},
    {"explain",
     "逐步说明一项判断或得分 / how a judgement or score comes about, step by step, down to the figures",
     "INDICATOR|GROUP REGION", explain_command, explain_options, sizeof(struct explain_settings),
     "songhua-scorer explain rd_intensity 220000\n"
     "songhua-scorer explain rd_intensity 220000 -f jilin-2021.yaml -o 220000.csv --lang en"},
    {"diff",
     "比较两个时刻、两套体系，或假设的数据 / what differs between two moments or frameworks, or with another figure, and why",
     NULL, diff_command, diff_options, sizeof(struct diff_settings),
     "songhua-scorer diff --since 2025-01-01\n"
     "songhua-scorer diff --set rd_intensity,220000,2024=1.80"},
    {"report",
     "年度监测与考评报告 / annual monitoring and evaluation over years, as HTML, XLSX, CSV or JSON",
     NULL, report_command, report_options, sizeof(struct report_settings),
     "songhua-scorer report --years 2022-2024 --output report.html\n"
     "songhua-scorer report --years 2024 --format xlsx --output 2024.xlsx"},
    {"framework check", "检查指标体系 / is a framework right, and what was forgotten", "FILE…",
     framework_check_command, framework_check_options, sizeof(struct framework_check_settings),
     "songhua-scorer framework check jilin-2021.yaml"},
    {"verify", "复核评价结果 / do the stored scores follow from the stored events, byte for byte",
     NULL, scorer_verify, scorer_verify_options, sizeof(struct scorer_verify_settings),
     "songhua-scorer verify --identity auditor.cert\n"
     "songhua-scorer verify --json"},
    {0},
};

int main(int argc, char **argv)
{
    static const struct program program = {
        "songhua-scorer",
        "评价：由记录算出判断和得分，每次相同 / computes judgements and scores from the record, the same ones every time",
        "/etc/songhua/scorer.yaml", commands};
    return program_main(&program, argc, argv);
}
