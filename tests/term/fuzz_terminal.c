/*
 * Random keys and sizes on a pseudo-terminal, typed at the program itself:
 * fuzz_terminal KEYS RESIZES SEED.  $DETINIT must take all of them, end when asked to, and leave
 * the terminal as it was.  It works in a directory of its own; no '/' is ever typed, so that
 * nothing is saved elsewhere.
 */
#include "detinit.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <utmp.h>

/* Longer than this, in milliseconds, nothing may take. */
#define LIMIT 60000

/* How the sanitizers and valgrind end a program that they find at fault. */
#define FAULT 99

static uint64_t state, pressed, sizes, runs;

static uint64_t below(uint64_t most)
{
    state = detinit_hash64(state);
    return state % most;
}

typedef struct terminal {
    int master, slave;
    pid_t child;
    bool ended;
    int status;
    struct termios before;
    struct winsize size;
} terminal;

static void give_up(terminal *t, const char *what)
{
    printf("not ok 1 - %s after %llu keys and %llu sizes of run %llu\n1..1\n", what,
           (unsigned long long)pressed, (unsigned long long)sizes, (unsigned long long)runs);
    kill(t->child, SIGKILL);
    exit(1);
}

/* Takes what the program writes; whether there was something. Lets a stopped program go on. */
static bool listen(terminal *t, int milliseconds)
{
    char bytes[1 << 14];
    struct pollfd output = {.fd = t->master, .events = POLLIN};
    bool heard = false;
    if (poll(&output, 1, milliseconds) > 0)
        while (read(t->master, bytes, sizeof bytes) > 0)
            heard = true;
    if (!t->ended && waitpid(t->child, &t->status, WNOHANG | WUNTRACED) == t->child) {
        t->ended = !WIFSTOPPED(t->status);
        if (!t->ended)
            kill(t->child, SIGCONT);
    }
    return heard;
}

static void start(terminal *t)
{
    char *program = getenv("DETINIT");
    char *arguments[] = {program, "--rows", "10", "--cols", "20", "-i", NULL};
    *t = (terminal){.size = {.ws_row = 24, .ws_col = 80}};
    runs++;
    if (program == NULL || openpty(&t->master, &t->slave, NULL, NULL, &t->size) != 0 ||
        tcgetattr(t->slave, &t->before) != 0) {
        printf("Bail out! no program in $DETINIT, or no pseudo-terminal\n");
        exit(1);
    }
    fcntl(t->master, F_SETFL, O_NONBLOCK);
    fcntl(t->master, F_SETFD, FD_CLOEXEC);
    fflush(stdout);
    t->child = fork();
    if (t->child == 0) {
        if (login_tty(t->slave) == 0)
            execv(program, arguments);
        _exit(127);
    }
    for (int waited = 0; !t->ended && !listen(t, 10); waited++) /* until then Ctrl-C would end it */
        if (waited > LIMIT / 10)
            give_up(t, "no first screen came");
}

static int unread(const terminal *t)
{
    int count = 0;
    return ioctl(t->slave, FIONREAD, &count) == 0 ? count : 0;
}

/* Waits until the program has taken all keys. */
static void settle(terminal *t)
{
    for (int waited = 0; !t->ended && unread(t) > 0; waited++) {
        listen(t, 1);
        if (waited > LIMIT)
            give_up(t, "keys were not taken");
    }
}

static void type(terminal *t, const char *bytes, size_t length)
{
    for (int waited = 0; length > 0 && !t->ended; waited++) {
        ssize_t put = write(t->master, bytes, length);
        if (put > 0) {
            bytes += put;
            length -= (size_t)put;
        }
        listen(t, put > 0 ? 0 : 1);
        if (waited > LIMIT)
            give_up(t, "the terminal took no keys");
    }
}

/* Another size is always answered by a screen. */
static void resize(terminal *t)
{
    struct winsize size = {.ws_row = (unsigned short)(1 + below(60)),
                           .ws_col = (unsigned short)(1 + below(200))};
    if (size.ws_row == t->size.ws_row && size.ws_col == t->size.ws_col)
        size.ws_col++;
    settle(t);
    while (listen(t, 0))
        continue;
    sizes++;
    t->size = size;
    ioctl(t->slave, TIOCSWINSZ, &size);
    for (int waited = 0; !t->ended && !listen(t, 10); waited++)
        if (waited > LIMIT / 10)
            give_up(t, "a new size was not answered");
}

static const char *const sequences[] = {
    "\x1b[A",
    "\x1b[B",
    "\x1b[C",
    "\x1b[D",
    "\x1bOA",
    "\x1bOB",
    "\x1bOC",
    "\x1bOD",
    "\x1b[5~",
    "\x1b[6~",
    "\x1b[H",
    "\x1b[F",
    "\x1bOH",
    "\x1bOF",
    "\x1b[Z",
    "\x1bOP",
    "\x1b[<0;5;5M",
    "\x1b[<0;70;9M",
    "\x1b[<64;9;9M",
    "\x1b[<65;9;9M",
    "\x1b[M !!",
    "\x1b[200~",
    "\x1b[1;5D",
    "\x1b"
    "b",
    "\x1b"
    "d",
    "\xc3\xa9",
    "\xe6\xbc\xa2",
    "e\xcc\x81",
    "\xf0\x9f\x98\x80",
    "\xff",
    "\x1b[",
    "\x1b",
    "q",
    "w\r",
    "w\x03",
    "?",
    "r",
    "o",
};

static const char *const commands[] = {
    "rows 1; cols 1",
    "rows 10; cols 20",
    "rows 9223372036854775807; cols 9223372036854775807",
    "rows 1; cols 1000000",
    "rows 60; cols 60; orthogonal",
    "mode normal; std 1e-300; dtype float16",
    "std 0.02; gain 1",
    "dtype bfloat16",
    "mode torch; dist truncated",
    "help seed",
    "nonsense",
    "rows 400; cols 300; orthogonal",
    "save weights.csv",
    "test-repro",
    "ascii",
    "cancel",
};

/* One key, sequence of bytes or command line. */
static void press(terminal *t)
{
    char line[160];
    uint64_t kind = below(200);
    int length = 1;
    if (kind == 0) {
        length = snprintf(line, sizeof line, "\x1b:%s\r",
                          commands[below(sizeof commands / sizeof *commands)]);
    } else if (kind < 50) {
        length = snprintf(line, sizeof line, "%s",
                          sequences[below(sizeof sequences / sizeof *sequences)]);
        if (line[0] == 'q' && below(20) != 0)
            line[0] = 'l';
    } else if (kind < 60) {
        line[0] = (char)(1 + below(31));
    } else {
        line[0] = (char)(' ' + below(95));
        if (line[0] == '/' || line[0] == 'q')
            line[0] = '\r';
    }
    pressed++;
    type(t, line, (size_t)length);
}

static void await_end(terminal *t, const char *otherwise)
{
    for (int waited = 0; !t->ended; waited++) {
        listen(t, 0);
        usleep(1000);
        if (waited > LIMIT)
            give_up(t, otherwise);
    }
}

static void check_status(terminal *t)
{
    int by = WIFSIGNALED(t->status) ? WTERMSIG(t->status) : 0;
    bool crashed = by == SIGSEGV || by == SIGABRT || by == SIGBUS || by == SIGFPE || by == SIGILL;
    if (crashed)
        give_up(t, strsignal(by));
    if (WIFEXITED(t->status) && WEXITSTATUS(t->status) >= FAULT)
        give_up(t, "a sanitizer or valgrind found a fault");
}

static void check_modes(terminal *t)
{
    struct termios now;
    memset(&now, 0, sizeof now);
    if (tcgetattr(t->slave, &now) != 0)
        give_up(t, "the terminal does not tell its modes");
    if (now.c_iflag != t->before.c_iflag || now.c_oflag != t->before.c_oflag ||
        now.c_cflag != t->before.c_cflag || now.c_lflag != t->before.c_lflag ||
        memcmp(now.c_cc, t->before.c_cc, sizeof now.c_cc) != 0)
        give_up(t, "the modes of the terminal are not as they were");
}

/* Ends it by q, whatever is open, or by closing the terminal. */
static void finish(terminal *t, bool politely)
{
    for (int tries = 0; politely && !t->ended; tries++) {
        type(t, "\x1b", 1);
        settle(t);
        listen(t, 100); /* Esc alone, not the begin of a sequence */
        type(t, "q", 1);
        for (int waited = 0; waited < 100 && !t->ended; waited++)
            listen(t, 10);
        if (tries > LIMIT / 1000)
            give_up(t, "q did not end the program");
    }
    if (t->ended)
        check_status(t);
    if (!t->ended) {
        close(t->master);
        t->master = -1;
        await_end(t, "closing the terminal did not end the program");
    } else {
        check_modes(t);
        close(t->master);
        t->master = -1;
    }
    check_status(t);
    close(t->slave);
}

static void set_environment(const char *directory)
{
    char options[512];
    const char *given = getenv("ASAN_OPTIONS"), *undefined = getenv("UBSAN_OPTIONS");
    /* Readline never frees some lines of its own: leaks are for the unit tests to find. */
    snprintf(options, sizeof options, "%s:detect_leaks=0:exitcode=%d", given != NULL ? given : "",
             FAULT);
    setenv("ASAN_OPTIONS", options, 1);
    snprintf(options, sizeof options, "%s:halt_on_error=1:exitcode=%d",
             undefined != NULL ? undefined : "", FAULT);
    setenv("UBSAN_OPTIONS", options, 1);
    setenv("HOME", directory, 1);
    setenv("XDG_STATE_HOME", directory, 1);
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
}

int main(int argc, char **argv)
{
    uint64_t keys = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000;
    uint64_t resizes = argc > 2 ? strtoull(argv[2], NULL, 10) : 200;
    uint64_t every = keys / (resizes > 0 ? resizes : 1);
    void *directory;
    terminal t;
    state = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    signal(SIGPIPE, SIG_IGN);
    if (enter_scratch(&directory) != 0)
        return 1;
    set_environment(directory);
    start(&t);
    for (uint64_t n = 1; n <= keys; n++) {
        press(&t);
        if (every > 0 && n % every == 0)
            resize(&t);
        if (n % 20000 == 0 && !t.ended)
            finish(&t, n % 40000 == 0);
        if (t.ended) {
            if (t.master >= 0)
                finish(&t, true);
            start(&t);
        }
    }
    finish(&t, true);
    start(&t);
    resize(&t);
    finish(&t, false);
    leave_scratch(&directory);
    printf("1..1\nok 1 - %llu keys, %llu sizes, %llu runs\n", (unsigned long long)pressed,
           (unsigned long long)sizes, (unsigned long long)runs);
    return 0;
}
