#include "proto/base/err.h"

#include <errno.h>

static const struct {
    const char *name, *text, *text_zh, *remedy;
    int number, exit_code;
    bool is_retriable;
} table[ERR_COUNT] = {
#define X(name, number, retriable, exit_code, text, zh, remedy)                                    \
    [ERR_##name] = {#name, text, zh, remedy, number, exit_code, retriable},
    ERR_TABLE(X)
#undef X
};

static enum err known(enum err err)
{
    return (unsigned)err < ERR_COUNT ? err : ERR_INTERNAL;
}

const char *err_name(enum err err)
{
    return table[known(err)].name;
}

const char *err_text(enum err err)
{
    return table[known(err)].text;
}

const char *err_text_zh(enum err err)
{
    return table[known(err)].text_zh;
}

const char *err_remedy(enum err err)
{
    return table[known(err)].remedy;
}

int err_number(enum err err)
{
    return table[known(err)].number;
}

bool err_is_retriable(enum err err)
{
    return table[known(err)].is_retriable;
}

int err_exit_code(enum err err)
{
    return table[known(err)].exit_code;
}

enum err err_from_errno(int error)
{
    switch (error) {
    case 0:
        return ERR_OK;
    case ENOMEM:
    case EMFILE: /* no descriptor left: wanting for now, as memory is, and no fault of the disk */
    case ENFILE:
        return ERR_NOMEM;
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
        return ERR_NOT_FOUND;
    case EEXIST:
        return ERR_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_PERMISSION;
    case ENOSPC:
    case EDQUOT:
        return ERR_FULL;
    default:
        return ERR_IO;
    }
}
