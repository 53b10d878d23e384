/* Errors, as a table: what a function can answer, what a person reads, what a script gets.
 *
 * A function that can fail returns `enum err`, is MUST_CHECK, and sets its out-parameters only on
 * ERR_OK. Codes of libraries (errno, MDB_*, ZeroMQ …) become one of these in the file that meets
 * them. A function either logs a failure or is called by one that does; it never does both.
 */
#ifndef SONGHUA_BASE_ERR_H
#define SONGHUA_BASE_ERR_H

#include <stdbool.h>

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* X(name, number shown as SH-number, worth retrying, exit code, English, Chinese, what to do) */
#define ERR_TABLE(X)                                                                                \
    X(OK, 0, false, 0, "done", "完成", "")                                                          \
    X(NOMEM, 1001, false, 70, "out of memory", "内存不足", "Free memory or raise the limit.")       \
    X(INTERNAL, 1002, false, 70, "internal error", "内部错误",                                      \
      "Please report it with the log line that came with it.")                                      \
    X(STOPPED, 1003, false, 130, "stopped by request", "已按要求停止", "")                          \
    X(USAGE, 1004, false, 64, "wrong use of the command", "命令用法错误",                           \
      "See the program's --help.")                                                                  \
    X(LIMIT, 1005, false, 65, "larger than allowed", "超出允许的大小",                              \
      "Split the input; the message says which limit.")                                             \
    X(DIFFERENT, 1006, false, 1, "not the same", "不一致",                                          \
      "The message says where they differ first.")                                                  \
    X(IO, 1101, false, 74, "input/output error", "输入输出错误",                                    \
      "The disk failed a write or a flush. Check the disk before starting again.")                  \
    X(NOT_FOUND, 1102, false, 66, "not found", "未找到", "Check the name or path.")                 \
    X(EXISTS, 1103, false, 73, "exists already", "已存在", "Choose another name or remove it.")     \
    X(LOCKED, 1104, false, 73, "in use by another process", "正被另一进程使用",                     \
      "Stop the other process; only one may use it.")                                               \
    X(PERMISSION, 1105, false, 77, "permission refused by the system", "系统拒绝访问",              \
      "Check owner and mode of the file or directory.")                                             \
    X(INSECURE, 1106, false, 77, "open to others than its owner", "文件权限过宽或属于他人",         \
      "Make it the property of the user that runs the program; chmod 600 a secret (make a new key " \
      "if others may have read it), 700 a state directory, o-w a directory of certificates.")       \
    X(FULL, 1107, true, 74, "no room left", "空间已满",                                             \
      "Reading goes on. Prune old records or enlarge the journal.")                                 \
    X(CORRUPT, 1108, false, 74, "stored data is damaged", "存储的数据已损坏",                       \
      "Nothing damaged is served. Restore from a backup; run the check command.")                   \
    X(VERSION, 1109, false, 76, "format or protocol version not supported", "版本不受支持",         \
      "Use matching versions of the programs.")                                                     \
    X(CONFIG, 1201, false, 78, "configuration is wrong", "配置有误",                                \
      "Correct the named file, line and column.")                                                   \
    X(FRAMEWORK, 1202, false, 78, "framework is wrong", "指标体系文件有误",                         \
      "Correct the named file, line and column; songhua-scorer framework check lists all.")         \
    X(KEY, 1203, false, 77, "certificate or key is wrong", "证书或密钥有误",                        \
      "songhua-agent keygen makes one; songhua-broker authorize NAME.cert lets it in.")             \
    X(UNREACHABLE, 1301, true, 69, "broker not reachable", "无法连接服务器",                        \
      "Check address, port, broker.cert and that the broker runs. Nothing is lost meanwhile.")      \
    X(TIMEOUT, 1302, true, 75, "no answer in time", "等待超时", "Try again.")                       \
    X(MALFORMED, 1401, false, 76, "message does not follow the protocol", "消息不符合协议",         \
      "Use a client of a matching version.")                                                        \
    X(TOO_LARGE, 1402, false, 65, "message is larger than the broker takes", "消息过大",            \
      "Send smaller batches; the broker's Welcome names the limit.")                                \
    X(DENIED, 1403, false, 77, "not allowed for this key", "该密钥无此权限",                        \
      "The broker's operator decides what a key may do (role, regions).")                           \
    X(DIGEST, 1404, false, 76, "batch does not match its digest", "批次摘要不符",                   \
      "The batch was altered on its way or made wrongly; it was not stored.")                       \
    X(LINK, 1405, false, 76, "batch does not continue the producer's chain", "批次链不连续",        \
      "Two programs may share one producer name, or the outbox was put back from a copy.")          \
    X(CONFLICT, 1406, false, 76, "another batch was stored under this number", "批次编号冲突",      \
      "Two programs may share one producer name. Give each its own.")                               \
    X(GAP, 1407, true, 76, "batches are missing before this one", "批次不连续",                     \
      "The publisher resends from the expected number by itself.")                                  \
    X(FENCED, 1408, false, 76, "a newer instance of this producer has taken over",                  \
      "该上报端已被新的实例取代", "Stop the older instance.")                                       \
    X(THROTTLED, 1409, true, 75, "above the key's quota", "超出该密钥的配额", "It is retried.")     \
    X(UNAVAILABLE, 1410, true, 69, "broker is not ready", "服务器尚未就绪", "It is retried.")       \
    X(ROLLBACK, 1411, false, 76, "the broker no longer has what it acknowledged",                   \
      "服务器缺少其曾确认的记录",                                                                   \
      "Ask its operator: was an older copy put back? songhua-agent resend --dry-run says what is "  \
      "lost and what can be sent again.")                                                           \
    X(ROWS, 2101, false, 65, "rows were refused", "有数据行被拒绝",                                 \
      "Correct the listed rows and submit again; rows already sent are not sent twice.")

enum err {
#define X(name, ...) ERR_##name,
    ERR_TABLE(X)
#undef X
        ERR_COUNT
};

/* All take any value of enum err and answer with static text or number. */
const char *err_name(enum err err); /* "FULL" */
const char *err_text(enum err err); /* English, lower case, no full stop */
const char *err_text_zh(enum err err);
const char *err_remedy(enum err err); /* what to do, whole sentences; may be empty */
int err_number(enum err err);         /* 1107, shown as SH-1107 */
bool err_is_retriable(enum err err);
int err_exit_code(enum err err); /* sysexits-like, see err.c */

/* errno as one of ours: ENOENT, EACCES, ENOSPC, EDQUOT, ENOMEM and EMFILE, EEXIST …; any other is ERR_IO. */
enum err err_from_errno(int error);

#endif
