#include "tests/support/gauge.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

double gauge_memory_kib(pid_t pid)
{
    char path[64], line[256];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "RssAnon: %lf", &kib) == 1)
            break;
    if (file)
        fclose(file);
    return kib;
}

double gauge_descriptors(pid_t pid)
{
    char path[64];
    double count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count > 2 ? count - 2 : 0; /* . and .. */
}

double gauge_file_kib(const char *path)
{
    struct stat info;
    return stat(path, &info) ? 0 : (double)info.st_blocks / 2;
}

/* The folder and those in it, which are few and shallow. */
static double folder_blocks(int parent, const char *name)
{
    double blocks = 0;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        struct stat info;
        if (*entry->d_name == '.' || fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW))
            continue;
        if (S_ISREG(info.st_mode))
            blocks += (double)info.st_blocks;
        else if (S_ISDIR(info.st_mode))
            blocks += folder_blocks(fd, entry->d_name);
    }
    if (folder)
        closedir(folder);
    return blocks;
}

double gauge_folder_kib(const char *path)
{
    return folder_blocks(AT_FDCWD, path) / 2;
}

void gauge_add(struct gauge *gauge, double minutes, double value)
{
    if (value <= 0) /* a process between its death and its next life */
        return;
    if (!gauge->count++)
        gauge->first = value;
    gauge->last = value;
    if (value > gauge->most)
        gauge->most = value;
    gauge->sum_t += minutes;
    gauge->sum_v += value;
    gauge->sum_tt += minutes * minutes;
    gauge->sum_tv += minutes * value;
}

double gauge_slope(const struct gauge *gauge)
{
    double n = (double)gauge->count;
    double spread = n * gauge->sum_tt - gauge->sum_t * gauge->sum_t;
    return spread > 0 ? (n * gauge->sum_tv - gauge->sum_t * gauge->sum_v) / spread : 0;
}

bool gauge_report(const struct gauge *gauge)
{
    bool is_flat = gauge->count && gauge->last - gauge->first <= gauge->allowed;
    fprintf(stderr, "soak: %-22s first %9.0f last %9.0f most %9.0f %s, %+.1f a minute%s\n",
            gauge->name, gauge->first, gauge->last, gauge->most, gauge->unit, gauge_slope(gauge),
            is_flat ? "" : "  NOT FLAT");
    return is_flat;
}
