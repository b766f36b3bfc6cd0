#include "system/memory.h"
#include "base/error.h"

#include <stdio.h>
#include <unistd.h>

uint64_t memory_available(void)
{
    unsigned long long kilobytes = 0;
    char line[128];
    FILE *file = fopen("/proc/meminfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "MemAvailable: %llu kB", &kilobytes) == 1)
            break;
    if (file != NULL)
        fclose(file);
    if (kilobytes > 0)
        return kilobytes * 1024;
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UINT64_MAX;
}

const char *memory_text(uint64_t bytes, char *buffer, size_t size)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes;
    int unit = 0;
    while (value >= 1000 && unit < 6) {
        value /= 1000;
        unit++;
    }
    if (bytes == UINT64_MAX)
        snprintf(buffer, size, "over 18 EB");
    else
        snprintf(buffer, size, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return buffer;
}

bool memory_allows(const char *what, uint64_t bytes, detinit_error *error)
{
    char needed[32], there[32];
    uint64_t available = memory_available();
    if (bytes <= available)
        return true;
    error_set(error, DETINIT_INVALID, "%s needs %s of memory and %s are available", what,
              memory_text(bytes, needed, sizeof needed),
              memory_text(available, there, sizeof there));
    return false;
}
