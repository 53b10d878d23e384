/* What a program started from here loads before libc. */
#ifndef SONGHUA_TESTS_PRELOAD_H
#define SONGHUA_TESTS_PRELOAD_H

#include <stdbool.h>

/* LD_PRELOAD for programs started from now on; false, errno says why, when the library is not there. A
 * sanitizer's runtime wants to be the first of all and is told not to mind. */
bool preload_set(const char *library);
void preload_unset(void);

#endif
