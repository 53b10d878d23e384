/* Backups: a folder with a copy of the journal's data file and, in backup.txt, what it must be:
 *
 *     songhua backup 1
 *     format 3
 *     bytes 1048576
 *     blake2b 64 hex digits, of data.mdb
 *     verdict the line that the backup ended with
 *
 * Written under another name, verified, and renamed: a folder without ".new" at its end is whole.
 */
#ifndef SONGHUA_BROKER_BACKUP_H
#define SONGHUA_BROKER_BACKUP_H

#include "broker/inspection.h"
#include "broker/journal/care.h"

struct backup {
    uint64_t format;
    struct journal_copied copied;
    char verdict[INSPECTION_LINE_BYTES];
};

/* Errors  ERR_NOT_FOUND, ERR_MALFORMED, ERR_VERSION (of backup.txt), ERR_PERMISSION, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err backup_read(const char *folder, struct backup *out);
MUST_CHECK enum err backup_write(const char *folder, const struct backup *backup);

#endif
