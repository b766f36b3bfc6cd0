/*
 * Makes the calls of the program fail, one in each run.  The linker sends the calls of our own
 * objects through the __wrap_ functions below (those inside other libraries stay as they are), and
 * main, too: with FAULTS in the environment it becomes a server that reads what to do, a line each,
 *   FOLDER KIND CHOICE NTH
 * runs the program in FOLDER, output into ../out and ../err, with the NTH call that KIND counts
 * failing by its CHOICEth reason, and answers STATUS CALLS NAME REASON PLACE,PLACE,... where STATUS
 * is what waitpid says, CALLS were counted, NAME "-" means that none failed, and places are
 * addresses in the program, the innermost first.
 */
#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <jansson.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* A run that takes longer than so many seconds hangs. */
#define SECONDS_MOST 60

/* So many calls lead to one that fails, at most. */
#define DEPTH_MOST 24

enum { PLAIN = 0, MEMORY = 1, DISK = 2, RETRIED = 4, DONE = 8, PART = 16 };

/* What is counted, and what happens to it. */
typedef enum kind {
    NONE,        /* nothing */
    ERROR,       /* calls that have a CHOICEth reason: one fails */
    INTERRUPTED, /* calls that can be: one is */
    SHORT,       /* reading and writing of 2 bytes and more: one does the half */
    NO_MEMORY,   /* calls that want memory: one and all that follow fail */
    FULL_DISK,   /* calls that want room on a disk: likewise */
    KIND_COUNT
} kind;

static const char *const kind_names[] = {"none",  "error",     "interrupted",
                                         "short", "no-memory", "full-disk"};

static struct {
    kind what;
    unsigned choice, nth;
} plan;

/* Shared with the server, which tells of it. */
typedef struct report {
    atomic_uint calls;
    int reason;
    char name[32];
    int depth;
    void *places[DEPTH_MOST];
} report;

static report *told;
static bool nameless_refused; /* as on a file system without O_TMPFILE */

extern const char __executable_start[], etext[];

/* ---------------------------------------------------------------- whether it fails */

static int reason_of(int how, const int *reasons, size_t count)
{
    switch (plan.what) {
    case ERROR:
        return plan.choice < count ? reasons[plan.choice] : 0;
    case INTERRUPTED:
        return how & RETRIED ? EINTR : 0;
    case SHORT:
        return how & PART ? EAGAIN : 0;
    case NO_MEMORY:
        return how & MEMORY ? ENOMEM : 0;
    case FULL_DISK:
        return how & DISK ? ENOSPC : 0;
    default:
        return 0;
    }
}

static bool fails(const char *name, int how, const int *reasons, size_t count)
{
    const int reason = told != NULL ? reason_of(how, reasons, count) : 0;
    if (reason == 0)
        return false;
    const unsigned n = atomic_fetch_add(&told->calls, 1) + 1;
    const bool lasting = plan.what == NO_MEMORY || plan.what == FULL_DISK;
    if (plan.nth == 0 || n < plan.nth || (n > plan.nth && !lasting))
        return false;
    if (n == plan.nth) {
        snprintf(told->name, sizeof told->name, "%s", name);
        told->reason = reason;
        told->depth = backtrace(told->places, DEPTH_MOST);
    }
    errno = reason;
    return true;
}

/* At the end gcc's own code saves what `make coverage` counts: after this, and without faults. */
__attribute__((destructor(101))) static void stop_failing(void)
{
    told = NULL;
}

/* A stream whose last call failed remembers it. */
static ssize_t ended(FILE *file)
{
    if (file != NULL)
        file->_flags |= _IO_ERR_SEEN;
    return -1;
}

#define REASONS(...)          ((const int[]){__VA_ARGS__})
#define COUNT(...)            (sizeof REASONS(__VA_ARGS__) / sizeof(int))
#define FAILS(name, how, ...) fails(name, how, REASONS(__VA_ARGS__), COUNT(__VA_ARGS__))

#define FAULT(type, name, parameters, arguments, result, how, ...)                                 \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        if (!FAILS(#name, how, __VA_ARGS__))                                                       \
            return __real_##name arguments;                                                        \
        const int reason = errno;                                                                  \
        if ((how)&DONE)                                                                            \
            (void)__real_##name arguments;                                                         \
        errno = reason;                                                                            \
        return result;                                                                             \
    }

#include "calls.def"

/* ------------------------------------------------ calls with arguments of any number */

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __real_openat64(int at, const char *path, int flags, ...);
int __wrap_openat64(int at, const char *path, int flags, ...);
int __real_fcntl64(int fd, int what, ...);
int __wrap_fcntl64(int fd, int what, ...);
int __wrap_asprintf(char **out, const char *format, ...);

static bool open_fails(const char *name, int flags)
{
    static const int reading[] = {EMFILE, EACCES, EIO, ENOMEM};
    static const int nameless[] = {EOPNOTSUPP, EISDIR, EMFILE, EACCES, ENOSPC, EIO};
    static const int making[] = {EMFILE, EACCES, ENOSPC, EIO, EDQUOT, EROFS};
    if ((flags & O_TMPFILE) == O_TMPFILE && nameless_refused) {
        errno = EOPNOTSUPP;
        return true;
    }
    if ((flags & O_TMPFILE) == O_TMPFILE)
        return fails("O_TMPFILE", DISK | RETRIED, nameless, sizeof nameless / sizeof *nameless);
    if (flags & O_CREAT)
        return fails(name, DISK | RETRIED, making, sizeof making / sizeof *making);
    return fails(name, RETRIED, reading, sizeof reading / sizeof *reading);
}

int __wrap_open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_fails("open", flags) ? -1 : __real_open64(path, flags, mode);
}

int __wrap_openat64(int at, const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_fails("openat", flags) ? -1 : __real_openat64(at, path, flags, mode);
}

int __wrap_fcntl64(int fd, int what, ...)
{
    va_list rest;
    va_start(rest, what);
    const int value = va_arg(rest, int);
    va_end(rest);
    return FAILS("fcntl", PLAIN, EMFILE) ? -1 : __real_fcntl64(fd, what, value);
}

int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    const int length = FAILS("asprintf", MEMORY, ENOMEM) ? -1 : vasprintf(out, format, rest);
    va_end(rest);
    return length;
}

/* ----------------------------------------------------- calls that can do a part */

#define PARTIAL(name, parameters, arguments, half, how, ...)                                       \
    ssize_t __real_##name parameters;                                                              \
    ssize_t __wrap_##name parameters;                                                              \
    ssize_t __wrap_##name parameters                                                               \
    {                                                                                              \
        if (plan.what == SHORT && size < 2)                                                        \
            return __real_##name arguments;                                                        \
        if (!FAILS(#name, RETRIED | PART | (how), __VA_ARGS__))                                    \
            return __real_##name arguments;                                                        \
        return plan.what == SHORT ? __real_##name half : -1;                                       \
    }

PARTIAL(read, (int fd, void *to, size_t size), (fd, to, size), (fd, to, size / 2), PLAIN, EIO)
PARTIAL(pread64, (int fd, void *to, size_t size, off64_t from), (fd, to, size, from),
        (fd, to, size / 2, from), PLAIN, EIO)
PARTIAL(write, (int fd, const void *from, size_t size), (fd, from, size), (fd, from, size / 2),
        DISK, EIO, ENOSPC, EDQUOT)

/* A stream reads less than it was asked for, which is an error and not the end. */
size_t __real_fread(void *to, size_t size, size_t count, FILE *file);
size_t __wrap_fread(void *to, size_t size, size_t count, FILE *file);
size_t __wrap_fread(void *to, size_t size, size_t count, FILE *file)
{
    if (!FAILS("fread", PLAIN, EIO))
        return __real_fread(to, size, count, file);
    const size_t got = __real_fread(to, size, count / 2, file);
    ended(file);
    errno = EIO;
    return got;
}

/* What a stream in memory has no room for; and what a disk tells only when a file is closed. */
static bool stream_fails(const char *name, FILE *file)
{
    if (file == stdout || file == stderr)
        return false; /* standard output is written by write() */
    return fileno(file) < 0 ? FAILS(name, MEMORY, ENOMEM) : FAILS(name, DISK, EIO, ENOSPC);
}

int __real_fflush(FILE *file);
int __wrap_fflush(FILE *file);
int __wrap_fflush(FILE *file)
{
    return stream_fails("fflush", file) ? (int)ended(file) : __real_fflush(file);
}

int __real_fclose(FILE *file);
int __wrap_fclose(FILE *file);
int __wrap_fclose(FILE *file)
{
    if (!stream_fails("fclose", file))
        return __real_fclose(file);
    const int reason = errno;
    (void)__real_fclose(file);
    errno = reason;
    return EOF;
}

/* ------------------------------------------------------------------ the server */

int __real_main(int argc, char **argv, char **environment);
int __wrap_main(int argc, char **argv, char **environment);

/* What jansson allocates, where the program has no function of its own for it. */
static void *jansson_malloc(size_t size)
{
    return FAILS("jansson", MEMORY, ENOMEM) ? NULL : __real_malloc(size);
}

/* Standard input becomes a pipe that holds the bytes of a small file. */
static bool pipe_in(const char *path)
{
    char bytes[1 << 15];
    int ends[2];
    const int file = __real_open64(path, O_RDONLY);
    const ssize_t got = file >= 0 ? __real_read(file, bytes, sizeof bytes) : -1;
    return got >= 0 && pipe(ends) == 0 && __real_write(ends[1], bytes, (size_t)got) == got &&
           __real_dup2(ends[0], 0) == 0 && __real_close(file) == 0 && __real_close(ends[0]) == 0 &&
           __real_close(ends[1]) == 0;
}

/* The program, in its folder. */
static _Noreturn void run(const char *folder, int argc, char **argv, char **environment)
{
    static const char *const streams[] = {"/dev/null", "../out", "../err"};
    for (int fd = 0; fd < 3; fd++) {
        if (fd == 1 && chdir(folder) != 0)
            _exit(125);
        const int opened = __real_open64(
            streams[fd], fd == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
        if (opened < 0 || __real_dup2(opened, fd) < 0 || __real_close(opened) != 0)
            _exit(125);
    }
    const char *piped = getenv("FAULTS_PIPE");
    if (piped != NULL && !pipe_in(piped))
        _exit(125);
    alarm(SECONDS_MOST);
    json_set_alloc_funcs(jansson_malloc, free);
    exit(__real_main(argc, argv, environment));
}

static bool read_plan(const char *line, char *folder, size_t room)
{
    char kind_name[16], format[64];
    snprintf(format, sizeof format, "%%%zus %%15s %%u %%u", room - 1);
    if (sscanf(line, format, folder, kind_name, &plan.choice, &plan.nth) != 4)
        return false;
    for (plan.what = 0; plan.what < KIND_COUNT; plan.what++)
        if (strcmp(kind_names[plan.what], kind_name) == 0)
            return true;
    return false;
}

/* Where the call stood, but for what other libraries and this file have to do with it. */
static void print_places(FILE *out, const report *r)
{
    for (int n = 0; n < r->depth; n++) {
        const char *place = r->places[n];
        if (place > __executable_start && place < etext)
            fprintf(out, "%#tx,", place - __executable_start);
    }
    fputs("0\n", out);
}

int __wrap_main(int argc, char **argv, char **environment)
{
    char line[4096], folder[4096];
    int status;
    if (getenv("FAULTS") == NULL)
        return __real_main(argc, argv, environment);
    nameless_refused = strcmp(getenv("FAULTS"), "named") == 0;
    report *shared =
        mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    void *first[2];
    backtrace(first, 2); /* the first one allocates */
    const int answers = __real_dup(1);
    FILE *requests = fdopen(__real_dup(0), "r"), *out = fdopen(answers, "w");
    if (shared == MAP_FAILED || requests == NULL || out == NULL)
        return 125;
    while (__real_fgets(line, sizeof line, requests) != NULL &&
           read_plan(line, folder, sizeof folder)) {
        *shared = (report){.name = "-"};
        fflush(out);
        const pid_t child = fork();
        if (child == 0) {
            __real_close(fileno(requests));
            __real_close(answers);
            told = shared;
            run(folder, argc, argv, environment);
        }
        if (child < 0 || waitpid(child, &status, 0) != child)
            return 125;
        fprintf(out, "%d %u %s %d ", status, shared->calls, shared->name, shared->reason);
        print_places(out, shared);
        __real_fflush(out);
    }
    fclose(requests);
    fclose(out);
    return 0;
}
