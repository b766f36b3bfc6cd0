/* The explorer's one loop: keys and finished work in, the screen out. */
#include "term/explorer.h"
#include "base/error.h"

#include "explorer/command_file.h"
#include "explorer/keys.h"
#include "explorer/screen.h"
#include "explorer/session.h"
#include "model/excursion.h"
#include "model/watching.h"
#include "pane/layout.h"
#include "term/candidates.h"
#include "term/last_recipe.h"
#include "term/prompt.h"
#include "term/term.h"
#include "verb/verb.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How often progress is looked at while work is under way, in milliseconds. */
#define PROGRESS_EVERY 100

/* How often what is watched is looked at, in milliseconds; at once where more is known to wait. */
#define WATCH_EVERY 1000

/* A screen waits so long for results, in milliseconds: a small part of what a key may take. */
#define QUICK_WORK 3

#define ESCAPE 0x1b

typedef struct explorer {
    model m;
    queue *queue;
    cells cells;
    int pressed;    /* the key, named on the screen, that the mouse was pressed on, or 0 */
    int64_t looked; /* when the file that is watched was, in milliseconds */
    bool stale;     /* the screen shows something older */
    bool gone;      /* the terminal was closed */
} explorer;

static void run_command(explorer *e, const char *line)
{
    session_run(&e->m, e->queue, line);
    e->stale = true;
}

/* Takes a size of the terminal. Where memory fails the old picture stays. */
static void resize(explorer *e, int width, int height)
{
    cells wanted;
    session_resize(&e->m, e->queue, width, height);
    if (cells_init(&wanted, width, height, term_ascii(&e->m.settings))) {
        cells_free(&e->cells);
        e->cells = wanted;
    }
    e->stale = true;
}

static void open_prompt(explorer *e)
{
    e->m.message[0] = '\0';
    term_raw_keys(true);
    prompt_open(e->m.prompt_text);
}

static void close_prompt(void)
{
    prompt_close();
    term_raw_keys(false);
}

static void suspend(explorer *e)
{
    term_suspend();
    e->stale = true;
}

/* Things that commands ask for and only the loop can do. */
static void carry_out_requests(explorer *e)
{
    unsigned requests = e->m.requests;
    e->m.requests = 0;
    if ((requests & REQUEST_CANCEL) != 0)
        session_cancel(&e->m, e->queue);
    if ((requests & REQUEST_REDRAW) != 0)
        term_redraw();
    if ((requests & REQUEST_SUSPEND) != 0)
        suspend(e);
    if ((requests & REQUEST_PROMPT) != 0)
        open_prompt(e);
}

static void take_key(explorer *e, int key)
{
    const key_binding *binding = key_find_now(&e->m, key);
    if (binding != NULL)
        run_command(e, binding->text);
    carry_out_requests(e);
}

/*
 * Pressed and released on a key that is named, the mouse is that key: what is released later
 * would be typed into a prompt.  Pressed elsewhere, it is the pane's there.
 */
static void take_button(explorer *e, const term_event *event)
{
    if (event->pressed)
        screen_point(&e->m, event->x, event->y);
    const int key = screen_key_at(&e->m, event->x, event->y);
    if (event->pressed)
        e->pressed = key;
    if (event->pressed && key == 0) {
        e->m.message[0] = '\0';
        if (!e->m.view.help)
            layout_click(&e->m, event->x, event->y);
    }
    if (event->released && key != 0 && key == e->pressed)
        take_key(e, key);
}

static void take_mouse(explorer *e, const term_event *event)
{
    if (event->wheel != 0)
        screen_wheel(&e->m, event->x, event->y, event->wheel);
    else
        take_button(e, event);
    session_update(&e->m, e->queue);
    e->stale = true;
}

static void take_prompt_key(explorer *e, int key)
{
    char *line = NULL;
    int column;
    bool lone_escape = key == ESCAPE && !term_more_within(TERM_ESCAPE_DELAY);
    e->stale = true;
    if (lone_escape ? !prompt_lone_escape() : !prompt_key(key, &line)) {
        file_preview(&e->m, prompt_text(&column));
        return;
    }
    close_prompt();
    file_preview(&e->m, NULL);
    if (line != NULL)
        run_command(e, line);
    free(line);
    carry_out_requests(e);
}

static void take_event(explorer *e, const term_event *event)
{
    if (prompt_is_open()) {
        if (event->key > 0 && event->key < KEY_FIRST_SPECIAL)
            take_prompt_key(e, event->key);
        return;
    }
    if (event->key == UI_KEY_MOUSE) {
        take_mouse(e, event);
        return;
    }
    take_key(e, event->key);
}

static void draw(explorer *e)
{
    int cursor_x = -1;
    rect bottom = {0, e->cells.height - 1, e->cells.width, 1};
    e->cells.ascii = term_ascii(&e->m.settings);
    screen_draw(&e->m, &e->cells);
    if (prompt_is_open()) {
        int column;
        const char *text = prompt_text(&column);
        int shift = column + 2 > bottom.width ? column + 2 - bottom.width : 0;
        for (int x = 0; x < bottom.width; x++)
            cells_put(&e->cells, x, bottom.y, ' ', ROLE_TEXT, 0);
        cells_text(&e->cells, bottom, 1 - shift, bottom.y, ROLE_TEXT, 0, text);
        cells_text(&e->cells, bottom, 0, bottom.y, ROLE_ACCENT, ATTR_BOLD, ":");
        cursor_x = column + 1 - shift;
        if (prompt_menu() != NULL)
            candidates_draw(prompt_menu(), &e->cells, bottom);
    }
    term_take_colors(&e->m.settings, model_light(&e->m));
    term_draw(&e->cells, cursor_x, bottom.y);
    e->stale = false;
}

/* Empties the pipe that signals and workers write to. */
static void drain(int fd)
{
    char bytes[256];
    while (read(fd, bytes, sizeof bytes) > 0)
        continue;
}

/* Takes what the workers have finished. */
static void collect(explorer *e)
{
    if (session_collect(&e->m, e->queue))
        e->stale = true;
}

/* Results that come at once are drawn at once: a screen without them would only flicker. */
static void await_quick_work(explorer *e)
{
    struct pollfd woken = {.fd = term_wake_fd(), .events = POLLIN};
    if (queue_busy(e->queue) && poll(&woken, 1, QUICK_WORK) > 0)
        collect(e);
}

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* How long nothing needs to be done by itself, in milliseconds; -1: for ever. */
static int time_to_wait(const explorer *e)
{
    const int64_t left = e->m.watch.more ? 0 : e->looked + WATCH_EVERY - milliseconds();
    if (queue_busy(e->queue))
        return PROGRESS_EVERY;
    return e->m.watch.path[0] == '\0' ? -1 : left > 0 ? (int)left : 0;
}

/* Looks at the file that is watched, where it is time to. */
static void look(explorer *e)
{
    const int64_t now = milliseconds();
    if (e->m.watch.path[0] == '\0' || (now - e->looked < WATCH_EVERY && !e->m.watch.more))
        return;
    e->looked = now;
    if (watching_look(&e->m))
        queue_update(e->queue, &e->m);
}

/* Waits for something to happen, then takes all of it. */
static void take_events(explorer *e)
{
    struct pollfd fds[] = {{.fd = term_input_fd(), .events = POLLIN},
                           {.fd = term_wake_fd(), .events = POLLIN}};
    term_event event;
    int width, height;
    int ready = poll(fds, 2, time_to_wait(e));
    if (ready < 0 && errno != EINTR)
        e->gone = true;
    if (ready > 0 && (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
        e->gone = true;
    drain(term_wake_fd());
    if (!e->gone && term_take_stop())
        suspend(e);
    if (!e->gone && term_take_size(&width, &height))
        resize(e, width, height);
    while (!e->gone && !e->m.quit && term_read(&event))
        take_event(e, &event);
    if (e->m.terminal_light != term_light()) {
        e->m.terminal_light = term_light();
        e->stale = true;
    }
    collect(e);
    look(e);
}

/* What the command line asks for beside a recipe.  No character of a path separates commands. */
static void begin(explorer *e)
{
    settings *s = &e->m.settings;
    char name[32];
    if (!s->verb->explores)
        return;
    char *const file = s->file;
    const command_call call = {.name = name,
                               .value = file != NULL && file[0] != '\0' ? file : NULL};
    snprintf(name, sizeof name, "%s", s->verb->name);
    s->file = NULL;
    e->m.view.zoomed = s->verb->zooms;
    session_do(&e->m, e->queue, &call);
    e->stale = true;
    free(file);
}

static void loop(explorer *e)
{
    while (!e->m.quit && !e->gone && term_ending_signal() == 0) {
        if (e->stale) {
            await_quick_work(e);
            draw(e);
        }
        take_events(e);
    }
}

bool explorer_run(settings *s, int *ending_signal, detinit_error *error)
{
    int width, height;
    detinit_error why;
    static explorer e; /* large: an undo ring and a screen of results */
    if (!term_open(s, error))
        return false;
    memset(&e, 0, sizeof e);
    const bool resumed = !s->session.resume || last_recipe_load(&s->recipe, &why);
    model_init(&e.m, s);
    if (!resumed)
        model_say(&e.m, MESSAGE_BAD, "%s", why.message);
    settings_init(s); /* its texts are the model's now */
    e.m.terminal_light = term_light();
    e.queue = queue_start(term_wake_writer());
    if (e.queue != NULL) {
        term_take_size(&width, &height);
        resize(&e, width, height);
        begin(&e);
        loop(&e);
        close_prompt();
        prompt_save_history();
        model_leave_lesson(&e.m); /* whose recipe is not the user's */
        last_recipe_save(&e.m.settings);
        queue_free(e.queue);
    }
    term_close();
    cells_free(&e.cells);
    model_free(&e.m);
    *ending_signal = term_ending_signal();
    if (e.queue == NULL)
        error_set(error, DETINIT_IO, "cannot start a thread for the explorer");
    return e.queue != NULL;
}
