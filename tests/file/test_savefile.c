/*
 * Saving all or nothing, with every system call made to fail in turn.  The linker
 * sends the library's calls through the __wrap_ functions below.
 */
#include "scratch.h"

#include "file/savefile.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>

/* ----------------------------------------------------------------- faults */

/* Which call fails, the how manieth of them, and why. */
typedef struct fault {
    const char *call;
    int after;
    int reason;
} fault;

static fault planned;
static bool no_nameless_files; /* as on a file system without O_TMPFILE */
static size_t write_most;      /* a write takes no more than this; 0: no limit */

static bool fails(const char *call)
{
    if (planned.call == NULL || strcmp(planned.call, call) != 0 || planned.after-- > 0)
        return false;
    planned.call = NULL;
    errno = planned.reason;
    return true;
}

int __real_open(const char *path, int flags, ...);
int __real_fsync(int fd);
int __real_close(int fd);
int __real_rename(const char *from, const char *to);
int __real_linkat(int from_directory, const char *from, int to_directory, const char *to,
                  int flags);
int __real_fallocate(int fd, int mode, off_t offset, off_t size);
int __real_fallocate64(int fd, int mode, off_t offset, off_t size);
ssize_t __real_write(int fd, const void *data, size_t size);
int __wrap_open(const char *path, int flags, ...);
int __wrap_fsync(int fd);
int __wrap_close(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_linkat(int from_directory, const char *from, int to_directory, const char *to,
                  int flags);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t size);
int __wrap_fallocate64(int fd, int mode, off_t offset, off_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);

int __wrap_open(const char *path, int flags, ...)
{
    va_list rest;
    mode_t mode = 0;
    va_start(rest, flags);
    if ((flags & (O_CREAT | O_TMPFILE)) != 0)
        mode = va_arg(rest, mode_t);
    va_end(rest);
    if (no_nameless_files && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return fails("open") ? -1 : __real_open(path, flags, mode);
}

/* What it is called where files may be larger than 2 GB. */
int __wrap_open64(const char *path, int flags, ...) __attribute__((alias("__wrap_open")));

int __wrap_fsync(int fd)
{
    return fails("fsync") ? -1 : __real_fsync(fd);
}

int __wrap_close(int fd)
{
    int result = __real_close(fd);
    return fails("close") ? -1 : result;
}

int __wrap_rename(const char *from, const char *to)
{
    return fails("rename") ? -1 : __real_rename(from, to);
}

int __wrap_linkat(int from_directory, const char *from, int to_directory, const char *to, int flags)
{
    return fails("linkat") ? -1 : __real_linkat(from_directory, from, to_directory, to, flags);
}

/* Not the same as the next one: where long has 32 bits, so have the sizes that it takes. */
int __wrap_fallocate(int fd, int mode, off_t offset, off_t size)
{
    return fails("fallocate") ? -1 : __real_fallocate(fd, mode, offset, size);
}

int __wrap_fallocate64(int fd, int mode, off_t offset, off_t size)
{
    return fails("fallocate") ? -1 : __real_fallocate64(fd, mode, offset, size);
}

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    return fails("write")
               ? -1
               : __real_write(fd, data, write_most != 0 && size > write_most ? write_most : size);
}

/* ---------------------------------------------------------------- helpers */

static int forget_faults(void **state)
{
    planned = (fault){0};
    no_nameless_files = false;
    write_most = 0;
    return enter_scratch(state);
}

/* Saves a text in three pieces. */
static detinit_status save(const char *path, const char *text, detinit_error *error)
{
    savefile file;
    const size_t length = strlen(text), part = length / 3;
    detinit_status status = savefile_open(&file, path, NULL, length, error);
    if (status != DETINIT_OK)
        return status;
    const output out = output_on(file.fd, file.shown, NULL, length);
    status = savefile_reserve(&file, length, error);
    for (int n = 0; n < 3 && status == DETINIT_OK; n++)
        status =
            output_write(&out, text + (size_t)n * part, n < 2 ? part : length - 2 * part, error);
    if (status == DETINIT_OK)
        return savefile_commit(&file, error);
    savefile_abandon(&file);
    return status;
}

static void assert_saves(const char *path, const char *text)
{
    detinit_error error = {.message = ""};
    if (save(path, text, &error) != DETINIT_OK)
        fail_msg("%s", error.message);
}

static void assert_refused(const char *path, const char *message)
{
    detinit_error error;
    assert_int_equal(save(path, "new", &error), DETINIT_IO);
    assert_int_equal(error.status, DETINIT_IO);
    assert_string_equal(error.message, message);
}

/* ------------------------------------------------------------------- tests */

static void makes_and_replaces(void **state)
{
    (void)state;
    for (int named = 0; named < 2; named++) {
        no_nameless_files = named;
        assert_saves("made", "first");
        assert_file_holds("made", "first");
        assert_saves("made", "and second");
        assert_file_holds("made", "and second");
        assert_int_equal(count_entries(NULL), 1);
        unlink("made");
    }
}

static void is_seen_whole_or_not_at_all(void **state)
{
    (void)state;
    for (int named = 0; named < 2; named++) {
        savefile file;
        char hidden[256] = "";
        no_nameless_files = named;
        put_file("w", "old");
        assert_int_equal(savefile_open(&file, "w", NULL, 0, NULL), DETINIT_OK);
        assert_int_equal(write(file.fd, "new", 3), 3);
        assert_file_holds("w", "old");
        assert_int_equal(count_entries(hidden), 1 + named);
        assert_int_equal(strncmp(hidden, ".w.detinit-", named ? 11 : 0), 0);
        savefile_abandon(&file);
        assert_file_holds("w", "old");
        assert_int_equal(count_entries(NULL), 1);
    }
}

static void every_failure_leaves_the_old_file_alone(void **state)
{
    static const fault faults[] = {
        {"open", 0, EACCES},   {"write", 0, ENOSPC},    {"write", 1, EIO},    {"write", 2, EDQUOT},
        {"fsync", 0, ENOSPC},  {"fsync", 0, EIO},       {"close", 0, EDQUOT}, {"rename", 0, EACCES},
        {"linkat", 0, ENOSPC}, {"fallocate", 0, ENOSPC}};
    (void)state;
    put_file("w", "old");
    for (size_t n = 0; n < 2 * sizeof faults / sizeof faults[0]; n++) {
        detinit_error error;
        char expected[200];
        const fault it = faults[n / 2];
        no_nameless_files = n % 2 == 1;
        /* Named files are not linked; a nameless one that cannot be opened is made with a name. */
        if (strcmp(it.call, no_nameless_files ? "linkat" : "open") == 0)
            continue;
        planned = it;
        assert_int_equal(save("w", "new text", &error), DETINIT_IO);
        assert_null(planned.call);
        snprintf(expected, sizeof expected, "cannot write 'w': %s%s%s",
                 it.reason == EACCES && strcmp(it.call, "open") == 0
                     ? "its directory allows no new files ("
                     : "",
                 strerror(it.reason), strcmp(it.call, "open") == 0 ? ")" : "");
        assert_string_equal(error.message, expected);
        assert_file_holds("w", "old");
        assert_int_equal(count_entries(NULL), 1);
    }
}

static void goes_on_after_short_and_interrupted_writes(void **state)
{
    (void)state;
    write_most = 1;
    planned = (fault){"write", 2, EINTR};
    assert_saves("w", "a text of some length");
    assert_null(planned.call);
    assert_file_holds("w", "a text of some length");
    planned = (fault){"fallocate", 0, EOPNOTSUPP};
    assert_saves("w", "one more");
    assert_file_holds("w", "one more");
}

static void keeps_the_mode(void **state)
{
    static const mode_t modes[] = {0600, 0640, 0644, 0666, 0755};
    struct stat about;
    const mode_t mask = umask(027);
    (void)state;
    assert_saves("new", "x");
    assert_int_equal(stat("new", &about), 0);
    assert_int_equal(about.st_mode & 07777, 0640);
    for (size_t n = 0; n < 2 * sizeof modes / sizeof modes[0]; n++) {
        no_nameless_files = n % 2 == 1;
        put_file("old", "old");
        assert_int_equal(chmod("old", modes[n / 2]), 0);
        assert_saves("old", "new");
        assert_int_equal(stat("old", &about), 0);
        assert_int_equal(about.st_mode & 07777, modes[n / 2]);
    }
    umask(mask);
}

/* While it is written the file is nobody else's to read, whatever the umask. */
static void is_private_until_it_is_whole(void **state)
{
    struct stat about;
    savefile file;
    (void)state;
    put_file("secret", "old");
    assert_int_equal(chmod("secret", 0600), 0);
    no_nameless_files = true;
    assert_int_equal(savefile_open(&file, "secret", NULL, 0, NULL), DETINIT_OK);
    assert_int_equal(fstat(file.fd, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    savefile_abandon(&file);
}

static void follows_links(void **state)
{
    (void)state;
    assert_int_equal(mkdir("there", 0777), 0);
    put_file("there/real", "old");
    assert_int_equal(symlink("there/real", "to-file"), 0);
    assert_int_equal(symlink("there/new", "to-nothing"), 0);
    assert_int_equal(symlink("to-nothing", "there/again"), 0);
    assert_int_equal(symlink("to-file", "to-link"), 0);
    assert_int_equal(symlink("round", "round"), 0);
    assert_saves("to-link", "new");
    assert_file_holds("there/real", "new");
    assert_saves("to-nothing", "made");
    assert_file_holds("there/new", "made");
    assert_saves("there/again", "beside it");
    assert_file_holds("there/to-nothing", "beside it");
    assert_refused("round", "cannot write 'round': Too many levels of symbolic links");
    assert_int_equal(count_entries(NULL), 5);
}

/* Paths, and what links lead to, of as many bytes as no path may have. */
static void refuses_what_is_too_long(void **state)
{
    enum { LONG = 4000 };
    char path[PATH_MAX + 8], link[LONG + 1], folder[201];
    detinit_error error;
    (void)state;
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(save(path, "new", &error), DETINIT_IO);
    assert_non_null(strstr(error.message, "File name too long"));
    memset(folder, 'f', sizeof folder - 1);
    folder[sizeof folder - 1] = '\0';
    for (size_t n = 0; n < LONG; n++)
        link[n] = n % 2 == 0 ? '.' : '/';
    link[LONG - 1] = 'w'; /* "./././...w" */
    link[LONG] = '\0';
    assert_int_equal(mkdir(folder, 0777), 0);
    snprintf(path, sizeof path, "%s/to", folder);
    assert_int_equal(symlink(link, path), 0);
    assert_int_equal(save(path, "new", &error), DETINIT_IO);
    assert_non_null(strstr(error.message, "File name too long"));
}

static void refuses_what_is_no_file(void **state)
{
    (void)state;
    assert_int_equal(mkdir("directory", 0777), 0);
    put_file("plain", "old");
    assert_refused("directory", "cannot write 'directory': Is a directory");
    assert_refused("directory/", "cannot write 'directory/': Is a directory");
    assert_refused(".", "cannot write '.': Is a directory");
    assert_refused("new/", "cannot write 'new/': Is a directory");
    assert_refused("", "cannot write '': No such file or directory");
    assert_refused("no/such", "cannot write 'no/such': No such file or directory");
    assert_refused("plain/w", "cannot write 'plain/w': Not a directory");
    assert_int_equal(count_entries(NULL), 2);
}

/* Where root would be allowed too much: from here to become_root_again as nobody. */
static bool become_nobody(void)
{
    const uid_t nobody = 65534;
    const bool is_root = geteuid() == 0;
    if (is_root)
        assert_int_equal(seteuid(nobody), 0);
    return is_root;
}

static void become_root_again(bool was_root)
{
    if (was_root)
        assert_int_equal(seteuid(0), 0);
}

static void refuses_what_is_write_protected(void **state)
{
    (void)state;
    put_file("protected", "old");
    assert_int_equal(mkdir("closed", 0777), 0);
    put_file("closed/own", "old");
    assert_int_equal(chmod("protected", 0444), 0);
    assert_int_equal(chmod("closed", 0555), 0);
    assert_int_equal(chmod("closed/own", 0666), 0);
    assert_int_equal(chmod(".", 0777), 0);
    const bool was_root = become_nobody();
    assert_refused("protected", "cannot write 'protected': Permission denied");
    assert_refused("closed/new", "cannot write 'closed/new': its directory allows no new files "
                                 "(Permission denied)");
    assert_refused("closed/own", "cannot write 'closed/own': its directory allows no new files "
                                 "(Permission denied)");
    become_root_again(was_root);
    assert_file_holds("protected", "old");
    assert_file_holds("closed/own", "old");
    assert_int_equal(chmod("closed", 0777), 0);
}

static void clears_away_what_the_dead_left(void **state)
{
    (void)state;
    put_file(".w.detinit-0123456789abcdef", "left");
    put_file(".w.detinit-fedcba9876543210", "being written");
    put_file(".w.detinit-0123456789abcdeg", "no hex digits");
    put_file(".ww.detinit-0123456789abcdef", "another target's");
    put_file("elsewhere", "not ours");
    assert_int_equal(symlink("elsewhere", ".w.detinit-00000000deadbeef"), 0);
    int living = open(".w.detinit-fedcba9876543210", O_RDONLY);
    assert_int_equal(flock(living, LOCK_EX), 0);
    assert_saves("w", "new");
    assert_false(exists(".w.detinit-0123456789abcdef"));
    assert_int_equal(count_entries(NULL), 6);
    close(living);
    assert_saves("w", "newer");
    assert_int_equal(count_entries(NULL), 5);
    assert_file_holds("elsewhere", "not ours");
}

/* Two saves of one target at a time: neither takes the other's file for an abandoned one. */
static void spares_what_the_living_write(void **state)
{
    savefile file;
    (void)state;
    no_nameless_files = true;
    assert_int_equal(savefile_open(&file, "w", NULL, 0, NULL), DETINIT_OK);
    assert_int_equal(write(file.fd, "first begun", 11), 11);
    assert_saves("w", "first done");
    assert_int_equal(count_entries(NULL), 2);
    assert_int_equal(savefile_commit(&file, NULL), DETINIT_OK);
    assert_file_holds("w", "first begun");
    assert_int_equal(count_entries(NULL), 1);
}

static void takes_the_longest_names(void **state)
{
    char longest[256], stale[300];
    (void)state;
    memset(longest, 'n', 255);
    longest[255] = '\0';
    for (int named = 0; named < 2; named++) {
        no_nameless_files = named;
        snprintf(stale, sizeof stale, ".%.229s.detinit-0123456789abcdef", longest);
        put_file(stale, "left");
        assert_saves(longest, "new");
        assert_file_holds(longest, "new");
        assert_int_equal(count_entries(NULL), 1);
    }
}

/* A file that was deleted while a descriptor still holds it has no name to be renamed over. */
static void writes_straight_into_what_has_no_name(void **state)
{
    char path[32], text[8] = "";
    (void)state;
    put_file("gone", "old and longer");
    int fd = open("gone", O_RDONLY);
    unlink("gone");
    put_file("gone (deleted)", "another"); /* which is what /proc calls it now */
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    assert_saves(path, "new");
    assert_int_equal(pread(fd, text, sizeof text, 0), 3);
    assert_string_equal(text, "new");
    assert_file_holds("gone (deleted)", "another");
    assert_int_equal(count_entries(NULL), 1);
    close(fd);
}

/* As nobody, since a mistake here would replace the machine's devices by files. */
static void writes_straight_into_devices(void **state)
{
    (void)state;
    const bool was_root = become_nobody();
    assert_saves("/dev/null", "new");
    assert_refused("/dev/full", "cannot write '/dev/full': No space left on device");
    become_root_again(was_root);
}

/* ------------------------------------------------------- pipes and signals */

typedef struct reading {
    const char *path;
    size_t size;
    char text[8];
} reading;

static void *read_pipe(void *argument)
{
    reading *r = argument;
    int fd = open(r->path, O_RDONLY);
    for (ssize_t got; fd >= 0 && (got = read(fd, r->text, sizeof r->text)) > 0;)
        r->size += (size_t)got;
    close(fd);
    return NULL;
}

static void waits_for_the_reader_of_a_pipe(void **state)
{
    pthread_t reader;
    reading r = {.path = "pipe"};
    char *text = allocate(300001);
    (void)state;
    memset(text, 'x', 300000);
    text[300000] = '\0';
    assert_int_equal(mkfifo("pipe", 0666), 0);
    assert_int_equal(pthread_create(&reader, NULL, read_pipe, &r), 0);
    assert_saves("pipe", text);
    assert_int_equal(pthread_join(reader, NULL), 0);
    assert_int_equal(r.size, 300000);
    free(text);
}

/* Allows so many questions before it cancels. */
static bool cancel_later(void *context, uint64_t done, uint64_t total)
{
    int *left = context;
    assert_int_equal(done, 0);
    assert_int_equal(total, 7);
    return (*left)-- > 0;
}

static void can_be_cancelled_while_it_waits(void **state)
{
    int left = 1, ends[2];
    savefile file;
    char room[4096] = "";
    const detinit_run run = {.progress = cancel_later, .context = &left};
    (void)state;
    assert_int_equal(mkfifo("pipe", 0666), 0);
    assert_int_equal(savefile_open(&file, "pipe", &run, 7, NULL), DETINIT_CANCELLED);
    savefile_abandon(&file);
    assert_int_equal(left, -1);

    left = 1;
    assert_int_equal(pipe(ends), 0);
    const output out = output_on(ends[1], "pipe", &run, 7);
    detinit_status status = DETINIT_OK;
    for (int n = 0; n < 10000 && status == DETINIT_OK; n++)
        status = output_write(&out, room, sizeof room, NULL);
    assert_int_equal(status, DETINIT_CANCELLED);
    assert_int_equal(left, -1);
    close(ends[0]);
    close(ends[1]);
}

/* Both signals have their deadly default here: the test would not survive them. */
static void no_signal_kills(void **state)
{
    int ends[2];
    detinit_error error;
    struct rlimit limit, before;
    sigset_t mask;
    (void)state;
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    const output out = output_on(ends[1], "pipe", NULL, 0);
    assert_int_equal(output_write(&out, "text", 4, &error), DETINIT_CLOSED_PIPE);
    assert_string_equal(error.message, "cannot write 'pipe': nobody reads it any more");
    close(ends[1]);

    put_file("w", "old");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){2, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    planned = (fault){"fallocate", 0, EOPNOTSUPP};
    assert_refused("w", "cannot write 'w': File too large");
    assert_refused("w", "cannot write 'w': File too large");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_file_holds("w", "old");

    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
    assert_false(sigismember(&mask, SIGPIPE) || sigismember(&mask, SIGXFSZ));
    assert_int_equal(sigpending(&mask), 0);
    assert_false(sigismember(&mask, SIGPIPE) || sigismember(&mask, SIGXFSZ));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, forget_faults, leave_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(makes_and_replaces),
        CASE(is_seen_whole_or_not_at_all),
        CASE(every_failure_leaves_the_old_file_alone),
        CASE(goes_on_after_short_and_interrupted_writes),
        CASE(keeps_the_mode),
        CASE(is_private_until_it_is_whole),
        CASE(follows_links),
        CASE(refuses_what_is_too_long),
        CASE(refuses_what_is_no_file),
        CASE(refuses_what_is_write_protected),
        CASE(clears_away_what_the_dead_left),
        CASE(spares_what_the_living_write),
        CASE(takes_the_longest_names),
        CASE(writes_straight_into_what_has_no_name),
        CASE(writes_straight_into_devices),
        CASE(waits_for_the_reader_of_a_pipe),
        CASE(can_be_cancelled_while_it_waits),
        CASE(no_signal_kills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
