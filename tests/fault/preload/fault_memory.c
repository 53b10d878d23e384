/* A process in which one allocation fails: loaded before libc by LD_PRELOAD.
 *
 *   FAULT_MEMORY       NTH: the NTH allocation is answered with NULL; NTH+: that and all after it
 *   FAULT_MEMORY_MET   file that is made when it has been
 *
 * Counted are the calls of the program itself and of the libraries that answer for a failure: those in
 * `answering`. ZeroMQ ends the process by design when it has no memory, and so is left alone. A library has
 * no main() to make its state in, hence the variables.
 */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

enum { RANGES_MAX = 16 };

static const char *const answering[] = {"liblmdb", "libyaml",       "libprotobuf-c", "libcsv",
                                        "libzstd", "libmicrohttpd", "libsmartcols"};

static struct {
    unsigned long nth;
    bool is_lasting;
    const char *met;
    struct {
        uintptr_t begin, end;
    } ranges[RANGES_MAX];
    size_t range_count;
} plan;
static atomic_ulong count;

static bool is_counted(const char *name)
{
    if (!*name) /* the program */
        return true;
    for (size_t i = 0; i < sizeof answering / sizeof *answering; i++)
        if (strstr(name, answering[i]))
            return true;
    return false;
}

static int note_object(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    (void)context;
    for (size_t i = 0; i < info->dlpi_phnum && is_counted(info->dlpi_name); i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X) || plan.range_count == RANGES_MAX)
            continue;
        plan.ranges[plan.range_count].begin = info->dlpi_addr + part->p_vaddr;
        plan.ranges[plan.range_count++].end = info->dlpi_addr + part->p_vaddr + part->p_memsz;
    }
    return 0;
}

__attribute__((constructor)) static void read_plan(void)
{
    char *end;
    const char *text = getenv("FAULT_MEMORY");
    if (!text)
        return;
    dl_iterate_phdr(note_object, NULL);
    plan.met = getenv("FAULT_MEMORY_MET");
    plan.nth = strtoul(text, &end, 10);
    plan.is_lasting = *end == '+';
}

static bool fails(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    bool is_ours = false;
    for (size_t i = 0; i < plan.range_count && !is_ours; i++)
        is_ours = at >= plan.ranges[i].begin && at < plan.ranges[i].end;
    if (!is_ours || !plan.nth)
        return false;
    unsigned long number = atomic_fetch_add(&count, 1) + 1;
    if (number < plan.nth || (number > plan.nth && !plan.is_lasting))
        return false;
    if (number == plan.nth && plan.met)
        close(open(plan.met, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(memory, size);
}
