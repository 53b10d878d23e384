/* What a process or a folder takes, at moments of a soak: first, last, and how fast it grows. */
#ifndef SONGHUA_TESTS_GAUGE_H
#define SONGHUA_TESTS_GAUGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* With AddressSanitizer malloc is the sanitizer's: it keeps what was freed, and cannot be replaced. */
#if defined(__SANITIZE_ADDRESS__)
enum { GAUGE_HAS_SANITIZER = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { GAUGE_HAS_SANITIZER = 1 };
#else
enum { GAUGE_HAS_SANITIZER = 0 };
#endif
#else
enum { GAUGE_HAS_SANITIZER = 0 };
#endif

struct gauge {
    const char *name, *unit;
    double allowed; /* growth from first to last that still counts as flat */
    double first, last, most;
    double sum_t, sum_v, sum_tt, sum_tv; /* for the slope */
    size_t count;
};

/* The memory of a process that no file backs, in KiB, and its open descriptors; 0: it is gone. */
double gauge_memory_kib(pid_t pid);
double gauge_descriptors(pid_t pid);
/* What a file, or the files of a folder, take on disk, in KiB. */
double gauge_file_kib(const char *path);
double gauge_folder_kib(const char *path);

void gauge_add(struct gauge *gauge, double minutes, double value);
double gauge_slope(const struct gauge *gauge); /* per minute, least squares */
/* Print a line; false: it has grown by more than is allowed. */
bool gauge_report(const struct gauge *gauge);

#endif
