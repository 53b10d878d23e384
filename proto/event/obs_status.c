#include "proto/event/obs_status.h"

#include <ctype.h>
#include <string.h>

enum property {
    MISSING = 1,     /* no figure */
    UNUSABLE = 2,    /* a figure that no judgement may rest on */
    PROVISIONAL = 4, /* may change */
};

/* In the order of the enum. Source  SDMX CL_OBS_STATUS. */
static const struct {
    char letter;
    unsigned properties;
    const char *zh;
} statuses[] = {
    {'A', 0, "正常"},
    {'B', 0, "口径中断"},
    {'D', 0, "口径不同"},
    {'E', PROVISIONAL, "估计"},
    {'F', UNUSABLE, "预测"},
    {'G', 0, "试验"},
    {'H', MISSING, "缺失（节假日）"},
    {'I', UNUSABLE, "插补"},
    {'J', 0, "豁免"},
    {'K', UNUSABLE, "并入他项"},
    {'L', MISSING, "未收集"},
    {'M', MISSING, "不存在"},
    {'N', 0, "不显著"},
    {'O', MISSING, "缺失"},
    {'P', PROVISIONAL, "初步"},
    {'Q', MISSING, "不公布"},
    {'S', 0, "特殊事件"},
    {'U', PROVISIONAL, "可靠性低"},
    {'V', PROVISIONAL, "未核实"},
    {'W', 0, "含他项"},
};

enum { STATUS_COUNT = sizeof statuses / sizeof *statuses };

enum err obs_status_parse(const char *text, obs_status *out)
{
    if (*text == '\0') {
        *out = SONGHUA__V1__OBS_STATUS__OBS_STATUS_A_NORMAL;
        return ERR_OK;
    }
    for (int i = 0; i < STATUS_COUNT; i++) {
        bool is_letter = text[1] == '\0' && toupper((unsigned char)text[0]) == statuses[i].letter;
        if (is_letter || strcmp(text, statuses[i].zh) == 0) {
            *out = (obs_status)i;
            return ERR_OK;
        }
    }
    return ERR_USAGE;
}

bool obs_status_is_known(obs_status status)
{
    return (int)status >= 0 && (int)status < STATUS_COUNT;
}

static bool has_property(obs_status status, unsigned properties)
{
    return obs_status_is_known(status) && (statuses[status].properties & properties) != 0;
}

char obs_status_letter(obs_status status)
{
    return obs_status_is_known(status) ? statuses[status].letter : '?';
}

bool obs_status_is_missing(obs_status status)
{
    return has_property(status, MISSING);
}

bool obs_status_is_usable(obs_status status)
{
    return obs_status_is_known(status) && !has_property(status, MISSING | UNUSABLE);
}

bool obs_status_is_provisional(obs_status status)
{
    return has_property(status, PROVISIONAL);
}
