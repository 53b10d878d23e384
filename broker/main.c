#include "broker/commands.h"

#define RUN        broker_run_options, sizeof(struct run_settings)
#define ASK        broker_ask_options, sizeof(struct ask_settings)
#define AUTHORIZE  broker_authorize_options, sizeof(struct authorize_settings)
#define REVOKE     broker_revoke_options, sizeof(struct authorize_settings)
#define CARE(name) broker_##name##_options, sizeof(struct care_settings)

static const struct command commands[] = {
    {"run", "常驻运行，保存并提供记录 / keep the record and serve it, until stopped", NULL,
     broker_run, RUN,
     "songhua-broker run\n"
     "songhua-broker run --state /srv/songhua --publish 'tcp://*:7301' --journal-size 64GiB"},
    {"authorize",
     "准许客户接入 / let clients in: copy their public certificates into the access directory",
     "FILE.cert…", broker_authorize, AUTHORIZE, "songhua-broker authorize agent-220200.cert"},
    {"limit", "设定客户的限额 / set what clients may use, anew and at once", "NAME…", broker_limit,
     AUTHORIZE, "songhua-broker limit agent-220200 --events-per-second 1000 --stored-bytes 2GiB"},
    {"revoke", "撤销客户 / shut clients out, from their next message on", "NAME…", broker_revoke,
     REVOKE, "songhua-broker revoke agent-220200"},
    {"producers", "谁上报过 / who has published, how much and when last", NULL, broker_producers,
     ASK, "songhua-broker producers --json"},
    {"positions", "各使用方读到何处 / how far each consumer has come, and what it is behind",
     "[CONSUMER…]", broker_positions, broker_positions_options, sizeof(struct positions_settings),
     "songhua-broker positions\nsonghua-broker positions --until-caught-up 30s scorer alerter\n"
     "songhua-broker positions --delete a-reader-that-is-gone"},
    {"streams", "各数据流的首末记录 / first and last record, events and bytes of each stream", NULL,
     broker_streams, ASK, "songhua-broker streams"},
    {"status", "版本与空间 / version, room in the journal, readers", NULL, broker_status, ASK,
     "songhua-broker status --json"},
    {"retention", "按保留规则可清理什么 / what the rules would let go, and what holds it back",
     NULL, broker_retention, broker_retention_options, sizeof(struct retention_settings),
     "songhua-broker retention --dry-run --retention 'events age=3650d size=50GiB'"},
    {"backup",
     "备份 / copy the journal, while the broker runs or not; verified, or not there at all", "DIR",
     broker_backup, CARE(backup),
     "songhua-broker backup /srv/backup/2026-07-01 --rate 20MiB\n"
     "songhua-broker backup --verify /srv/backup/2026-07-01"},
    {"restore", "恢复备份 / make a backup the journal of a broker that has none", "DIR",
     broker_restore, CARE(restore),
     "songhua-broker restore /srv/backup/2026-07-01 --state /srv/songhua"},
    {"check", "核验全部记录 / read every record, and say whether the journal is whole", NULL,
     broker_check, CARE(check), "songhua-broker check"},
    {"compact", "压缩 / write the journal anew without free pages, while the broker is stopped",
     NULL, broker_compact, CARE(compact), "songhua-broker compact --journal-size 2GiB"},
    {"upgrade", "升级旧版日志 / bring a journal of an older program up to date", NULL,
     broker_upgrade, CARE(upgrade), "songhua-broker upgrade --state /srv/songhua"},
    {0},
};

int main(int argc, char **argv)
{
    static const struct program program = {
        "songhua-broker",
        "服务器：永久保存每次上报，供有权者读取 / keeps every report for good and serves it to whoever may read it",
        "/etc/songhua/broker.yaml", commands};
    return program_main(&program, argc, argv);
}
