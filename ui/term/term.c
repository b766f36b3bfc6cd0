#include "term/term.h"
#include "base/error.h"

#include "explorer/keys.h"
#include "system/user_folder.h"
#include "term/background.h"
#include "text/palette.h"
#include "text/terminal_text.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* Bytes that bring most terminals back from full screen: mouse off, cursor on, main screen. */
#define RESTORE "\x1b[?1000l\x1b[?1002l\x1b[?1006l\x1b[?25h\x1b[0m\x1b[?1l\x1b>\x1b[?1049l"

#define ESCAPE 0x1b

/* The terminal is one, and signal handlers must reach it: hence static. */
static struct {
    SCREEN *screen;
    bool open;
    bool mouse; /* is wanted */
    bool light;
    bool light_told;  /* what is known of the terminal's background */
    bool light_asked; /* the terminal was asked for its background, and has not answered yet */
    int colors;       /* PALETTE_DIRECT, 256, 16, 8, or 0 where none are to be used */
    cells shown;      /* what was drawn last; empty: nothing that can be relied on */
    int wake[2];
    int saved_stderr, log_fd;
    struct timespec asked_at;
    struct termios before;
    struct sigaction stop_before; /* what SIGTSTP did when the program began */
    volatile sig_atomic_t ending, stopping;
} term = {.wake = {-1, -1}, .saved_stderr = -1, .log_fd = -1};

static const int noted_signals[] = {SIGTERM, SIGHUP, SIGINT, SIGWINCH};

/* Signals that end a program which does not handle them: its faults, and rarer ones from outside.
 */
static const int crash_signals[] = {SIGSEGV, SIGABRT, SIGFPE,  SIGBUS,  SIGILL,  SIGSYS, SIGTRAP,
                                    SIGQUIT, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU};

/* ----------------------------------------------------------------- signals */

static void note_signal(int number)
{
    int saved = errno;
    if (number == SIGTSTP)
        term.stopping = 1;
    else if (number != SIGWINCH)
        term.ending = number;
    ssize_t written = write(term.wake[1], "", 1);
    (void)written;
    errno = saved;
}

/* endwin() may not be called here: a prepared string and the saved modes must do. */
static void restore_and_die(int number)
{
    ssize_t written = write(STDOUT_FILENO, RESTORE, sizeof RESTORE - 1);
    (void)written;
    tcsetattr(STDIN_FILENO, TCSANOW, &term.before);
    signal(number, SIG_DFL);
    raise(number);
}

static void handle(const int *numbers, size_t count, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    for (size_t n = 0; n < count; n++)
        sigaction(numbers[n], &action, NULL);
}

/*
 * Before newterm: where SIGTSTP has a handler already, curses leaves it alone. Its own way is to
 * ignore the signal while it writes, and one that came then would be lost.
 */
static void note_stops(void)
{
    static const int stop = SIGTSTP;
    sigaction(SIGTSTP, NULL, &term.stop_before);
    handle(&stop, 1, note_signal, 0);
}

static void handle_signals(void)
{
    handle(noted_signals, sizeof noted_signals / sizeof noted_signals[0], note_signal, 0);
    handle(crash_signals, sizeof crash_signals / sizeof crash_signals[0], restore_and_die,
           (int)SA_RESETHAND);
}

/* ----------------------------------------------------------------- opening */

/* What is written to standard error would garble the screen: it goes to a file until the end. */
static void redirect_stderr(void)
{
    char name[320];
    snprintf(name, sizeof name, "%s/detinit-XXXXXX", temporary_folder());
    term.log_fd = mkostemp(name, O_CLOEXEC);
    if (term.log_fd < 0)
        return;
    unlink(name);
    term.saved_stderr = dup(STDERR_FILENO);
    dup2(term.log_fd, STDERR_FILENO);
}

static void replay_stderr(void)
{
    char buffer[4096];
    ssize_t got;
    if (term.saved_stderr < 0)
        return;
    dup2(term.saved_stderr, STDERR_FILENO);
    close(term.saved_stderr);
    term.saved_stderr = -1;
    lseek(term.log_fd, 0, SEEK_SET);
    while ((got = read(term.log_fd, buffer, sizeof buffer)) > 0)
        if (write(STDERR_FILENO, buffer, (size_t)got) < 0)
            break;
    close(term.log_fd);
    term.log_fd = -1;
}

bool term_ascii(const settings *s)
{
    return s->screen.ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

bool term_light(void)
{
    return term.light_told;
}

/* Whether the terminal takes 24-bit colours. */
static bool is_direct(void)
{
    const char *says = getenv("COLORTERM"), *move = tigetstr("cup");
    if (move == NULL || move == (char *)-1 || strncmp(move, "\x1b[", 2) != 0)
        return false;
    return (says != NULL && (strcmp(says, "truecolor") == 0 || strcmp(says, "24bit") == 0)) ||
           tigetflag("RGB") > 0 || tigetnum("RGB") > 0 || tigetflag("Tc") > 0;
}

static int color_count(const settings *s)
{
    const char *no_color = getenv("NO_COLOR");
    if (s->screen.color == COLOR_NEVER || !has_colors() ||
        (s->screen.color == COLOR_AUTO && no_color != NULL && no_color[0] != '\0'))
        return 0;
    if (COLORS == 0) {
        start_color();
        use_default_colors();
    }
    if (is_direct())
        return PALETTE_DIRECT;
    return COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : COLORS >= 8 ? 8 : 0;
}

static bool open_screen(detinit_error *error)
{
    const char *name = getenv("TERM");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return error_set(error, DETINIT_IO,
                         "the explorer needs a terminal on standard input and output") ==
               DETINIT_OK;
    tcgetattr(STDIN_FILENO, &term.before);
    /* The terminal tells its size; LINES and COLUMNS may be any, and newterm fails at large ones.
     */
    use_env(FALSE);
    use_tioctl(TRUE);
    term.screen = newterm(NULL, stdout, stdin);
    if (term.screen == NULL)
        return error_set(error, DETINIT_IO, "the terminal type TERM=%.60s is unknown here",
                         name != NULL ? name : "") == DETINIT_OK;
    if (tigetstr("cup") == NULL || tigetstr("cup") == (char *)-1) {
        endwin();
        delscreen(term.screen);
        term.screen = NULL;
        return error_set(error, DETINIT_IO,
                         "the terminal type TERM=%.60s cannot move its cursor, which the "
                         "explorer needs",
                         name != NULL ? name : "") == DETINIT_OK;
    }
    return true;
}

/* A mouse that is listened to sends bytes among the keys. */
static void listen_to_mouse(bool on)
{
    const mmask_t all =
        BUTTON1_PRESSED | BUTTON1_RELEASED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED;
    if (term.mouse)
        mousemask(on ? all : 0, NULL);
}

/* The answer comes among the keys, whenever it does: nothing waits for it. */
static void ask_background(const settings *s)
{
    if (s->screen.background != BACKGROUND_AUTO || term.colors < 256)
        return;
    term.light_asked =
        write(STDOUT_FILENO, BACKGROUND_QUESTION, sizeof BACKGROUND_QUESTION - 1) > 0;
    clock_gettime(CLOCK_MONOTONIC, &term.asked_at);
}

/* An answer that is still on its way would be typed into the shell. */
static int leaving_action(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return term.light_asked && now.tv_sec - term.asked_at.tv_sec <= 1 ? TCSAFLUSH : TCSANOW;
}

bool term_open(const settings *s, detinit_error *error)
{
    if (pipe2(term.wake, O_CLOEXEC | O_NONBLOCK) != 0)
        return error_set(error, DETINIT_IO, "cannot make a pipe: %s", strerror(errno)) ==
               DETINIT_OK;
    note_stops();
    if (!open_screen(error)) {
        sigaction(SIGTSTP, &term.stop_before, NULL);
        return false;
    }
    term.light = term.light_told = background_of_environment();
    set_escdelay(TERM_ESCAPE_DELAY);
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    curs_set(0);
    term.mouse = !s->screen.no_mouse;
    listen_to_mouse(true);
    mouseinterval(0);
    term.colors = color_count(s);
    ask_background(s);
    redirect_stderr();
    handle_signals();
    term.open = true;
    return true;
}

void term_close(void)
{
    if (!term.open)
        return;
    sigaction(SIGTSTP, &term.stop_before, NULL); /* ours needs the screen */
    endwin();
    delscreen(term.screen);
    tcsetattr(STDIN_FILENO, leaving_action(), &term.before);
    cells_free(&term.shown);
    replay_stderr();
    term.open = false;
}

/* ----------------------------------------------------------------- drawing */

bool term_take_size(int *width, int *height)
{
    struct winsize size;
    getmaxyx(stdscr, *height, *width);
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0 ||
        (size.ws_row == *height && size.ws_col == *width))
        return false;
    resizeterm(size.ws_row, size.ws_col);
    getmaxyx(stdscr, *height, *width);
    term_redraw(); /* what the terminal made of the old picture is anybody's guess */
    return true;
}

static void draw_cell(const cell *at, int x, int y)
{
    const look l = palette_look(at, term.colors, term.light);
    attr_t attributes = A_NORMAL;
    wchar_t text[2] = {(wchar_t)l.rune, L'\0'};
    cchar_t out;
    int pair = 0;
    if (at->rune == CELL_TAKEN)
        return;
    if ((l.attributes & ATTR_BOLD) != 0)
        attributes |= A_BOLD;
    if ((l.attributes & ATTR_REVERSE) != 0)
        attributes |= A_REVERSE;
    if (term.colors > 0 && (l.foreground >= 0 || l.background >= 0))
        pair = alloc_pair(l.foreground, l.background);
    setcchar(&out, text, attributes, 0, &pair);
    mvadd_wch(y, x, &out);
}

/* Past curses, which knows only colours of a table: that it shows nothing is all it knows. */
static void paint(const cells *c, int cursor_x, int cursor_y)
{
    char *bytes = NULL;
    size_t size = 0, written = 0;
    if (term.shown.at == NULL)
        refresh();
    FILE *out = open_memstream(&bytes, &size);
    if (out == NULL)
        return;
    terminal_difference(out, term.shown.at != NULL ? &term.shown : NULL, c, term.light);
    if (cursor_x >= 0)
        fprintf(out, "\x1b[%d;%dH", cursor_y + 1, cursor_x + 1);
    if (fclose(out) == 0)
        for (ssize_t put; written < size; written += (size_t)put)
            if ((put = write(STDOUT_FILENO, bytes + written, size - written)) < 0) {
                if (errno != EINTR && errno != EAGAIN)
                    break;
                put = 0;
            }
    free(bytes);
}

/* The columns of a line that are not as they were drawn last; none where first is behind last. */
static void find_change(const cells *c, int y, int *first, int *last)
{
    const cells *before = &term.shown;
    *first = 0;
    *last = c->width - 1;
    if (before->at == NULL || before->width != c->width || before->height != c->height)
        return;
    const cell *old = before->at + y * c->width, *now = c->at + y * c->width;
    while (*first <= *last && cells_same(&old[*first], &now[*first]))
        (*first)++;
    while (*last > *first && cells_same(&old[*last], &now[*last]))
        (*last)--;
    while (*first > 0 && (old[*first].rune == CELL_TAKEN || now[*first].rune == CELL_TAKEN))
        (*first)--; /* a wide character is drawn as a whole */
}

/* Of what curses knows already nothing is told again: that takes longer than all drawing. */
static void draw_changes(const cells *c, int cursor_x, int cursor_y)
{
    int first, last;
    for (int y = 0; y < c->height; y++) {
        find_change(c, y, &first, &last);
        for (int x = first; x <= last; x++)
            draw_cell(&c->at[y * c->width + x], x, y);
    }
    move(cursor_x >= 0 ? cursor_y : 0, cursor_x >= 0 ? cursor_x : 0);
    refresh();
}

static void note_shown(const cells *c)
{
    if (term.shown.width != c->width || term.shown.height != c->height)
        cells_free(&term.shown);
    if (term.shown.at != NULL || cells_init(&term.shown, c->width, c->height, c->ascii))
        memcpy(term.shown.at, c->at, (size_t)c->width * (size_t)c->height * sizeof *c->at);
}

void term_draw(const cells *c, int cursor_x, int cursor_y)
{
    curs_set(cursor_x >= 0);
    if (term.colors == PALETTE_DIRECT)
        paint(c, cursor_x, cursor_y);
    else
        draw_changes(c, cursor_x, cursor_y);
    note_shown(c);
}

void term_redraw(void)
{
    clearok(stdscr, TRUE);
    cells_free(&term.shown);
}

/* ----------------------------------------------------------------- reading */

static int key_of_curses(int code)
{
    static const struct {
        int curses, ours;
    } keys[] = {
        {KEY_UP, UI_KEY_UP},         {KEY_DOWN, UI_KEY_DOWN},
        {KEY_LEFT, UI_KEY_LEFT},     {KEY_RIGHT, UI_KEY_RIGHT},
        {KEY_PPAGE, UI_KEY_PAGE_UP}, {KEY_NPAGE, UI_KEY_PAGE_DOWN},
        {KEY_HOME, UI_KEY_HOME},     {KEY_END, UI_KEY_END},
        {KEY_BTAB, UI_KEY_BACK_TAB}, {KEY_F(1), UI_KEY_F1},

        {KEY_MOUSE, UI_KEY_MOUSE},   {KEY_BACKSPACE, UI_KEY_BACKSPACE},
        {KEY_DC, UI_KEY_DELETE},     {KEY_ENTER, '\r'},
    };
    for (size_t n = 0; n < sizeof keys / sizeof keys[0]; n++)
        if (keys[n].curses == code)
            return keys[n].ours;
    return 0;
}

static void read_mouse(term_event *event)
{
    MEVENT mouse;
    event->key = 0;
    if (getmouse(&mouse) != OK)
        return;
    event->key = UI_KEY_MOUSE;
    event->x = mouse.x;
    event->y = mouse.y;
    event->wheel = (mouse.bstate & BUTTON4_PRESSED) != 0   ? -1
                   : (mouse.bstate & BUTTON5_PRESSED) != 0 ? 1
                                                           : 0;
    event->pressed = (mouse.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) != 0;
    event->released = (mouse.bstate & (BUTTON1_RELEASED | BUTTON1_CLICKED)) != 0;
}

/* One character within so many milliseconds, or 0. */
static wint_t next_character(int milliseconds)
{
    wint_t code = 0;
    timeout(milliseconds);
    const int kind = get_wch(&code);
    nodelay(stdscr, TRUE);
    if (kind == KEY_CODE_YES)
        ungetch((int)code);
    return kind == OK ? code : 0;
}

/* After an Escape: the terminal's answer, where it is that. */
static bool take_answer(void)
{
    char answer[64];
    size_t length = 0;
    wint_t code = next_character(TERM_ESCAPE_DELAY);
    if (code != ']') {
        if (code != 0)
            unget_wch((wchar_t)code);
        return false;
    }
    while ((code = next_character(TERM_ESCAPE_DELAY)) != 0 && code != '\a' && code != '\\')
        if (length + 1 < sizeof answer && code != ESCAPE)
            answer[length++] = (char)code;
    answer[length] = '\0';
    background_of_answer(answer, &term.light_told);
    term.light_asked = false;
    return true;
}

bool term_read(term_event *event)
{
    wint_t code;
    int kind = get_wch(&code);
    *event = (term_event){.key = 0};
    if (kind == ERR)
        return false;
    if (kind == OK && code == ESCAPE && term.light_asked && take_answer())
        return true;
    event->key = kind == KEY_CODE_YES ? key_of_curses((int)code) : (int)code;
    if (event->key == UI_KEY_MOUSE)
        read_mouse(event);
    return true;
}

bool term_more_within(int milliseconds)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, milliseconds) > 0;
}

void term_raw_keys(bool raw_keys)
{
    keypad(stdscr, raw_keys ? FALSE : TRUE);
    listen_to_mouse(!raw_keys);
}

void term_suspend(void)
{
    struct sigaction noted;
    endwin();
    tcsetattr(STDIN_FILENO, TCSANOW, &term.before);
    sigaction(SIGTSTP, &term.stop_before, &noted);
    term.stopping = 0; /* what has come until now asked for this stop */
    kill(0, SIGTSTP);  /* all of a pipeline; without job control the system lets it be */
    sigaction(SIGTSTP, &noted, NULL);
    term_redraw();
    refresh();
}

bool term_take_stop(void)
{
    if (term.stopping == 0)
        return false;
    term.stopping = 0; /* one that came since is this one's, too; none is lost */
    return true;
}

int term_wake_fd(void)
{
    return term.wake[0];
}

int term_wake_writer(void)
{
    return term.wake[1];
}

int term_input_fd(void)
{
    return STDIN_FILENO;
}

int term_ending_signal(void)
{
    return term.ending;
}

void term_take_colors(const settings *s, bool light)
{
    int colors = color_count(s);
    if (light == term.light && colors == term.colors)
        return;
    erase(); /* what curses shows, and what is painted past it, know nothing of one another */
    term.light = light;
    term.colors = colors;
    term_redraw();
}
