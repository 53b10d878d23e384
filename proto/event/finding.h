/* What can be wrong with a figure, a file of figures or a framework: one table, so that every finding
 * carries a stable code that `explain CODE` can look up.
 *
 * SH-21xx: observations and the files they come in. SH-22xx: frameworks. (SH-2101 is ERR_ROWS, the
 * error of a command that refused rows.) Numbers are never used again.
 */
#ifndef SONGHUA_EVENT_FINDING_H
#define SONGHUA_EVENT_FINDING_H

#include "proto/base/diag.h"

/* X(name, code, English, Chinese, English: what would be right, Chinese: what would be right) */
#define FINDING_TABLE(X)                                                                               \
    X(CSV_QUOTES, "SH-2102", "quotation marks do not follow RFC 4180", "引号不符合 RFC 4180",          \
      "Put the whole field in quotes and double each quote inside it.",                                \
      "整个字段加引号，字段内的引号写两次。")                                                          \
    X(CSV_HEADER, "SH-2103", "the header row is wrong", "表头有误",                                    \
      "The first row names the columns; indicator, region, period and value (指标, 地区, 时期, " \
      "数值) must be there, each once.",                                                               \
      "第一行为列名；必须有 指标、地区、时期、数值（indicator, region, period, value），各一次。")     \
    X(CSV_COLUMN, "SH-2104", "unknown column", "未知的列",                                             \
      "Columns: indicator, region, period, value, unit, obs_status, definition, source, note.",        \
      "可用的列：指标、地区、时期、数值、单位、状态、定义、来源、备注。")                              \
    X(CSV_WIDTH, "SH-2105", "row has another number of fields than the header",                        \
      "该行字段数与表头不符", "Check for a missing or an unquoted comma.",                             \
      "检查是否缺少逗号，或字段内的逗号未加引号。")                                                    \
    X(CSV_ENCODING, "SH-2106", "text is neither UTF-8 nor GB18030", "文本既非 UTF-8 也非 GB18030",     \
      "Save the file as UTF-8 (or GB18030) throughout.",                                               \
      "请将整个文件另存为 UTF-8（或 GB18030）。")                                                      \
    X(CSV_NUL, "SH-2107", "the file holds a NUL byte", "文件含有空字节",                               \
      "This is not a text file, or it was cut off; export it again as CSV.",                           \
      "这不是文本文件或文件已损坏；请重新导出为 CSV。")                                                \
    X(CSV_UTF16, "SH-2148", "the file is UTF-16 (saved as “Unicode text”)",                            \
      "文件为 UTF-16 编码（即另存时选了“Unicode 文本”）",                                              \
      "Open it in the spreadsheet program and save it as “CSV UTF-8 (comma delimited)”.",              \
      "请在表格软件中打开，另存为“CSV UTF-8（逗号分隔）”。")                                           \
    X(CSV_LIMIT, "SH-2108", "larger than allowed", "超出允许的大小",                                   \
      "The message names the limit; split the file or shorten the field.",                             \
      "信息中写明了上限；请拆分文件或缩短字段。")                                                      \
    X(CSV_EMPTY, "SH-2109", "there are no rows", "没有数据行", "Add at least one row of figures.",     \
      "请至少填写一行数据。")                                                                          \
    X(NUMBER_EMPTY, "SH-2110", "the value is missing", "缺少数值",                                     \
      "Give a figure, or obs_status M, L, O, Q or H when there is none.",                              \
      "请填写数值；确无数值时状态填 M、L、O、Q 或 H。")                                                \
    X(NUMBER_FORM, "SH-2111", "not a plain decimal number", "不是普通的十进制数",                      \
      "Digits with at most one point and an optional minus: 1.30, -0.5, 141.4.",                       \
      "只用数字、一个小数点和可选的负号：1.30、-0.5、141.4。")                                         \
    X(NUMBER_SEPARATOR, "SH-2112", "thousands separators are not accepted", "不接受千位分隔符",        \
      "Write 1234.5, not 1,234.5: a comma may also be meant as a decimal point.",                      \
      "请写 1234.5，不要写 1,234.5；逗号也可能被当作小数点。")                                         \
    X(NUMBER_WIDE, "SH-2113", "full-width digits and points are not accepted",                         \
      "不接受全角数字和标点", "Write 1.30, not １．３０ or 1，30.",                                    \
      "请写半角 1.30，不要写全角 １．３０ 或 1，30。")                                                 \
    X(NUMBER_RANGE, "SH-2114", "the number has too many digits", "数字位数过多",                       \
      "At most 18 decimals, and within ±9223372036854775807 without the point.",                       \
      "小数最多 18 位，去掉小数点后须在 ±9223372036854775807 之内。")                                  \
    X(NUMBER_BOUND, "SH-2115", "a bound or an approximation is not a figure",                          \
      "上下限或约数不是统计数值",                                                                      \
      "Report the exact figure; leave out rows such as >200 or 近2500.",                               \
      "请填报确切数值；>200、近2500 之类的行不要填报。")                                               \
    X(NUMBER_UNIT, "SH-2116", "the value carries its unit", "数值中带有单位",                          \
      "Write the number alone and put %, 万, 亿元 … into the unit column.",                            \
      "数值列只写数字，%、万、亿元 等写入单位列。")                                                    \
    X(PERIOD_FORM, "SH-2120", "not a reference period", "不是有效的时期",                              \
      "2024, 2024-Q3 or 2024-06 (also 2024年, 2024Q3, 2024年3季度, 202406).",                          \
      "2024、2024-Q3 或 2024-06（也可写 2024年、2024Q3、2024年3季度、202406）。")                      \
    X(PERIOD_RANGE, "SH-2121", "period is out of range", "时期超出范围",                               \
      "Years 1949 to 2100, quarters 1 to 4, months 01 to 12.",                                         \
      "年份 1949–2100，季度 1–4，月份 01–12。")                                                        \
    X(PERIOD_CADENCE, "SH-2122", "the indicator is not reported at this cadence",                      \
      "该指标不按此频率填报", "Report it for the kind of period that the framework names.",            \
      "请按指标体系规定的频率填报。")                                                                  \
    X(REGION_UNKNOWN, "SH-2130", "unknown region", "未知的地区",                                       \
      "A GB/T 2260 code (220100) or the full name (长春市).",                                          \
      "填写 GB/T 2260 代码（220100）或全称（长春市）。")                                               \
    X(REGION_NOT_LISTED, "SH-2131", "the region does not report this indicator",                       \
      "该地区不填报此指标", "The framework lists the regions that report the indicator.",              \
      "填报地区以指标体系所列为准。")                                                                  \
    X(INDICATOR_UNKNOWN, "SH-2140", "unknown indicator", "未知的指标",                                 \
      "Use the indicator's id as in the framework.", "请使用指标体系中的指标代码。")                   \
    X(UNIT_UNKNOWN, "SH-2141", "the unit does not fit the indicator", "单位与指标不符",                \
      "Use the framework's unit; 万 and 亿 of the same unit are converted exactly.",                   \
      "请用指标体系规定的单位；同一单位的 万、亿 会精确换算。")                                        \
    X(STATUS_UNKNOWN, "SH-2142", "unknown observation status", "未知的数据状态",                       \
      "One SDMX letter: A normal, P provisional, E estimated, B break, M missing …",                   \
      "一个 SDMX 字母：A 正常、P 初步、E 估计、B 口径中断、M 缺失……")                                  \
    X(STATUS_VALUE, "SH-2143", "the status says that there is no figure, but a value is given",        \
      "状态表示无数据，却填了数值", "Leave the value empty, or use another status.",                   \
      "请清空数值，或改用其他状态。")                                                                  \
    X(DEFINITION_UNKNOWN, "SH-2144", "unknown definition", "未知的统计口径",                           \
      "Use one of the definition ids that the framework gives for the indicator, or leave it empty.",  \
      "请使用指标体系中该指标的口径代码，或留空。")                                                    \
    X(VALUE_IMPLAUSIBLE, "SH-2145", "value is outside the plausible range", "数值超出合理范围",        \
      "Check unit and decimal point; if it is right, the framework's range must change.",              \
      "请核对单位和小数点；确认无误则需修改指标体系中的范围。")                                        \
    X(VALUE_KIND, "SH-2149", "the figure may be reported, but will be doubted",                        \
      "数值可以上报，但会被存疑",                                                                      \
      "Its indicator's kind does not have such figures: check the unit, the sign and the decimal "     \
      "point; if it is right, report it by put with --confirm and --note.",                            \
      "该类指标不会有这样的数值：请核对单位、正负号和小数点；"              \
      "确认无误可用 put --confirm --note 上报。")                                                      \
    X(TEXT_FORM, "SH-2146", "text is too long or holds control characters",                            \
      "文字过长或含控制字符",                                                                          \
      "Ids at most 64 bytes, source and note at most 2,000, on one line of plain text.",               \
      "代码最多 64 字节，来源、备注最多 2000 字节，且为普通文本。")                                    \
    X(FIELD_MISSING, "SH-2147", "a required field is empty", "必填字段为空",                           \
      "indicator, region, period and value are required.", "指标、地区、时期、数值必填。")             \
    X(YAML_SYNTAX, "SH-2201", "not well-formed YAML", "YAML 格式错误",                                 \
      "Check indentation, quotes and colons at the place named.",                                      \
      "请检查该处的缩进、引号和冒号。")                                                                \
    X(KEY_UNKNOWN, "SH-2202", "unknown key", "未知的键",                                               \
      "Use one of the keys that the message names.", "请使用信息中列出的键。")                         \
    X(KEY_MISSING, "SH-2203", "a required key is missing", "缺少必需的键",                             \
      "Add the key that the message names.", "请补上信息中列出的键。")                                 \
    X(KEY_REPEATED, "SH-2204", "key given twice", "键重复", "Keep one of them.", "请只保留一个。")     \
    X(NODE_KIND, "SH-2205", "another kind of value is expected here", "此处值的类型不对",              \
      "The message says whether a text, a list or a mapping is wanted.",                               \
      "信息中写明了应为文本、列表还是映射。")                                                          \
    X(WORD_UNKNOWN, "SH-2206", "not one of the words allowed here", "不是此处允许的取值",              \
      "Use one of the words that the message names.", "请使用信息中列出的取值。")                      \
    X(NUMBER_OUT, "SH-2207", "number is out of range", "数值超出范围",                                 \
      "The message names the range.", "信息中写明了范围。")                                            \
    X(LIST_LIMIT, "SH-2208", "larger than allowed", "超出允许的大小",                                  \
      "The message names the limit.", "信息中写明了上限。")                                            \
    X(ID_FORM, "SH-2209", "not a valid id", "代码格式不对",                                            \
      "1 to 64 of a-z 0-9 . _ -, the first a letter or digit.",                                        \
      "1 至 64 个 a-z 0-9 . _ -，首字符为字母或数字。")                                                \
    X(ID_REPEATED, "SH-2210", "id is used twice", "代码重复", "Ids are unique within their list.",     \
      "同一列表中代码不得重复。")                                                                      \
    X(REFERENCE_UNKNOWN, "SH-2211", "refers to something that is not there", "引用的对象不存在",       \
      "Use the id of an existing entry.", "请使用已有条目的代码。")                                    \
    X(GROUP_CYCLE, "SH-2212", "groups form a circle", "分组形成循环",                                  \
      "Each chain of parents must end at a group without one.",                                        \
      "每条上级链都必须到达没有上级的分组。")                                                          \
    X(TARGET_INCOMPLETE, "SH-2213", "target is incomplete", "目标不完整",                              \
      "A target has a comparator and a value, or is marked quantified: false.",                        \
      "目标须有比较符和数值，或标明 quantified: false（无量化目标）。")                                \
    X(TARGET_BEHIND, "SH-2214", "target lies behind the baseline", "目标落后于基期值",                 \
      "Check direction, target value and baseline.", "请核对方向、目标值和基期值。")                   \
    X(DEADLINE_MISSING, "SH-2215", "target has no deadline", "目标没有期限",                           \
      "Give it, or say undated: true when the text has none; then only meeting it is judged.",         \
      "请补上期限；原文确无期限的写 undated: true，此时只判断是否已达到。")                            \
    X(DEADLINE_ORDER, "SH-2216", "deadline is not later than the baseline", "期限不晚于基期",          \
      "The deadline must be a later period than the baseline.", "期限须晚于基期。")                    \
    X(WEIGHT_MISSING, "SH-2217", "weight is missing beside siblings that have one",                    \
      "同级有权重而此处缺权重", "Give all siblings a weight, or none (then they count equally).",      \
      "同级要么都有权重，要么都没有（即等权）。")                                                      \
    X(WEIGHT_SUM, "SH-2218", "weights of one level do not add up to 1", "同级权重之和不为 1",          \
      "Scale them so that they add up to 1.", "请调整使其和为 1。")                                    \
    X(BASELINE_MISSING, "SH-2219", "target has no baseline", "目标没有基期",                           \
      "Give the baseline's period, and its value unless the record's own is meant.",                   \
      "请给出基期；若不取记录中的数值，还须给出基期值。")                                              \
    X(SOURCE_MISSING, "SH-2220", "number without a source", "数值没有出处",                            \
      "A target of the policy has clause and quote; a number of ours has author and reason.",          \
      "政策目标须有条款和原文；自定数值须有作者和理由。")                                              \
    X(UNIT_UNUSED, "SH-2221", "unit is missing", "缺少单位", "Quantities need a unit.",                \
      "数量须有单位。")                                                                                \
    X(METHOD_MISFIT, "SH-2222", "method does not fit", "方法不适用",                                   \
      "The message says what the method needs.", "信息中写明了该方法的要求。")                         \
    X(MILESTONE_COLUMN, "SH-2230", "the columns are not those of milestones", "不是进展填报的列",      \
      "Columns: indicator, region, part, state, date, source, note; all but part, source and note "    \
      "must be there.",                                                                                \
      "可用的列：指标、地区、分项、进展、日期、来源、备注；除分项、来源、备注外必填。")                \
    X(DATE_FORM, "SH-2224", "not a day of the calendar", "不是有效的日期",                             \
      "Write it as 2025-12-31; a due date may also be a period, 2025 or 2025-06.",                     \
      "请写成 2025-12-31；到期日也可写时期，如 2025 或 2025-06。")                                     \
    X(PART_MISFIT, "SH-2225", "the part does not fit the item", "分项与事项不符",                      \
      "The message names the parts that the framework has.", "信息中写明了指标体系中的分项。")         \
    X(STATE_UNKNOWN, "SH-2226", "unknown state of a milestone", "未知的进展状态",                      \
      "planned, started, done, cancelled or exempt.",                                                  \
      "填写 计划、已启动、已完成、已取消 或 容错免责。")                                               \
    X(DUE_MISSING, "SH-2227", "the part has no date", "分项没有日期",                                  \
      "Give the part a due date, or its target a deadline, or mark the target quantified: false.",     \
      "请给分项写 due，或给目标写 deadline，或写 quantified: false。")                                 \
    X(QUOTE_MISSING, "SH-2228", "the item has no quote", "事项没有引用原文",                           \
      "An item of the policy has clause and quote; one of ours has author and reason.",                \
      "政策事项须有条款和原文；自定事项须有作者和理由。")                                              \
    X(IDENTITY_INCOMPLETE, "SH-2229", "the identity is incomplete", "恒等关系不完整",                  \
      "The message names what this kind of identity needs.", "信息中写明了该类关系的要求。")           \
    X(DATE_FUTURE, "SH-2231", "the day has not come yet", "该日期尚未到来",                            \
      "Report a state once it is reached, with its day; only planned may lie ahead.",                  \
      "请在达到该进展之后填报其日期；只有 计划 可写将来的日期。")                                      \
    X(TEXT_MISSING, "SH-2223", "text is empty", "文字为空", "Write the text in both languages.",       \
      "请用中英文写明。")

enum finding {
    FINDING_NONE,
#define X(name, ...) FINDING_##name,
    FINDING_TABLE(X)
#undef X
        FINDING_COUNT
};

/* All take any value of enum finding and answer with static text. */
const char *finding_code(enum finding finding); /* "SH-2111" */
const char *finding_text(enum finding finding); /* English, no full stop */
const char *finding_text_zh(enum finding finding);
const char *finding_remedy(enum finding finding); /* what would be right, whole sentences */
const char *finding_remedy_zh(enum finding finding);

/* What is wrong and what would be right, as users are told: the finding's text, then zh and en, or its own
 * remedy where they are "". */
struct finding_words {
    char zh[640], en[640];
};
void finding_say(enum finding finding, const char *zh, const char *en, struct finding_words *out);
/* The same into diag; line and column from 1, 0: not known; field and value may be NULL. */
void finding_add(struct diag *diag, uint64_t line, uint64_t column, enum finding finding,
                 const char *field, const char *value, const char *zh, const char *en);

/* The finding of a code as people type it: SH-2111, sh2111, 2111. FINDING_NONE when there is none. */
enum finding finding_from_code(const char *code);

#endif
