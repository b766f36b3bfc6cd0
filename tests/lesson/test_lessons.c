/*
 * Every built-in lesson, step by step, as a student goes through it: no command is refused, what a
 * caption speaks of is on the screen, the caption is whole, nothing lies over anything else, and
 * the screens are golden.
 */
#include "check.h"
#include "explorer/command.h"
#include "explorer/keys.h"
#include "explorer/screen.h"
#include "golden_screen.h"
#include "pane/layout.h"
#include "pane/lesson_box.h"

#include <unistd.h>

static const struct {
    int width, height;
} sizes[] = {
    {80, 24}, {120, 40}, {200, 60}, {100, 30}, {200, 24}, {150, 20}, {61, 33}, {60, 20}, {30, 60},
};
#define SIZES (sizeof sizes / sizeof sizes[0])

/* Where `see:` holds. */
enum { SEE_WIDTH = 120, SEE_HEIGHT = 40 };

static int faults;
static golden all;

__attribute__((format(printf, 2, 3))) static void fault(const char *where, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (faults++ < 40)
        print_error("%s: %s\n", where, text);
}

/* Whether a lesson needs singular values or training, which may be left out of a build. */
static bool can_run(const char *name)
{
    return !golden_lacks_spectra() || (strcmp(name, "orthogonal") != 0 &&
                                       strcmp(name, "awake") != 0 && strcmp(name, "spectrum") != 0);
}

static void begin(model *m, queue **q)
{
    settings initial;
    setenv("XDG_DATA_HOME", "/nonexistent", 1);
    settings_init(&initial);
    model_init(m, &initial);
    *q = queue_new();
    assert_non_null(*q);
}

/* A line of commands, then all that is to be made for a screen of that size. */
static void run(model *m, queue *q, const char *line, int width, int height)
{
    detinit_error error;
    if (!command_run(m, line, &error))
        fail_msg("%s: %s", line, error.message);
    for (int turn = 0; turn < 2; turn++) { /* the second for what the first asked for */
        screen_fit(m, width, height);
        if (!queue_finish(q, m, &error))
            fail_msg("%s: %s", line, error.message);
    }
}

static char *text_of(const model *m, int width, int height, bool ascii)
{
    cells c;
    assert_true(cells_init(&c, width, height, ascii));
    screen_draw(m, &c);
    char *text = picture_of_cells(&c, PICTURE_TEXT, false, false);
    cells_free(&c);
    assert_non_null(text);
    return text;
}

/* ---------------------------------------------------------------- every step */

static bool has_ellipsis(const cells *c, rect area)
{
    for (int y = area.y; y < area.y + area.height; y++)
        for (int x = area.x; x < area.x + area.width; x++)
            if (c->at[y * c->width + x].rune == (c->ascii ? '~' : CELL_ELLIPSIS))
                return true;
    return false;
}

/* Nothing of the screen is lost or drawn over, nothing in the box is cut, and there is a pane. */
static void check_size(model *m, queue *q, const char *where, size_t n)
{
    const int width = sizes[n].width, height = sizes[n].height;
    cells_watch watch = {.cut = 0}, of_box = {.cut = 0};
    cells c;
    run(m, q, "redraw", width, height);
    assert_true(cells_init(&c, width, height, n % 2 == 1));
    const layout l = layout_make(m, width, height);
    watch.is_text = calloc((size_t)width * (size_t)height, 1);
    of_box.is_text = calloc((size_t)width * (size_t)height, 1);
    assert_true(watch.is_text != NULL && of_box.is_text != NULL);
    c.watch = &watch;
    screen_draw(m, &c);
    if (watch.overwritten > 0)
        fault(where, "%dx%d: overwritten at %s", width, height, watch.first[2]);
    if (watch.lost > 0)
        fault(where, "%dx%d: lost at %s", width, height, watch.first[1]);
    c.watch = &of_box;
    cells_clear(&c);
    lesson_box_draw(m, &c, l.lesson);
    if (of_box.cut > 0)
        fault(where, "%dx%d: cut at %s", width, height, of_box.first[0]);
    if (has_ellipsis(&c, layout_inside(l.lesson)))
        fault(where, "%dx%d: the caption is not whole", width, height);
    const rect place = l.pane[m->view.pane];
    if (place.height < 8 || place.width < 30)
        fault(where, "%dx%d: the pane has %d x %d alone", width, height, place.width, place.height);
    free(watch.is_text);
    free(of_box.is_text);
    cells_free(&c);
}

static void check_sees(model *m, queue *q, const char *where, const lesson_step *s)
{
    run(m, q, "redraw", SEE_WIDTH, SEE_HEIGHT);
    char *text = text_of(m, SEE_WIDTH, SEE_HEIGHT, false);
    if (s->sees.count == 0)
        fault(where, "no see: says what must be on the screen");
    for (size_t n = 0; n < s->sees.count; n++)
        if (strstr(text, s->sees.at[n].text) == NULL)
            fault(where, "line %d, not on the screen: %s\n%s", s->sees.at[n].number,
                  s->sees.at[n].text, text);
    if (strstr(text, "computing") != NULL)
        fault(where, "not all was computed");
    free(text);
}

static void check_step(model *m, queue *q, const char *where)
{
    const lesson_step *s = learning_step(&m->learning);
    char name[80];
    snprintf(name, sizeof name, "%s-%zu", m->learning.lesson.name, m->learning.step + 1);
    golden_screen(&all, m, q, name, true);
    check_sees(m, q, where, s);
    for (size_t n = 0; n < SIZES; n++)
        check_size(m, q, where, n);
    for (int letter = 'a'; s->ask.text != NULL && letter < 'a' + LESSON_ANSWERS; letter++) {
        char line[16];
        if (s->answers[letter - 'a'].text == NULL)
            continue;
        snprintf(line, sizeof line, "lesson %c", letter);
        run(m, q, line, 80, 24);
        snprintf(name, sizeof name, "%s-%zu-%c", m->learning.lesson.name, m->learning.step + 1,
                 letter);
        golden_screen(&all, m, q, name, false);
        for (size_t n = 0; n < SIZES; n++)
            check_size(m, q, where, n);
    }
}

static void check_lesson(const char *name)
{
    static model m;
    queue *q;
    char line[80], where[120];
    begin(&m, &q);
    snprintf(line, sizeof line, "learn %s", name);
    run(&m, q, line, 80, 24);
    const size_t count = m.learning.lesson.step_count;
    if (count < 5 || count > 10)
        fault(name, "%zu steps, not 5 to 10", count);
    for (size_t step = 0; step < count; step++) {
        assert_int_equal(m.learning.step, step);
        snprintf(where, sizeof where, "%s, step %zu", name, step + 1);
        check_step(&m, q, where);
        run(&m, q, "next seed; lesson next", 80, 24); /* what was played with leaves no trace */
    }
    assert_int_equal(m.learning.step, count - 1);
    run(&m, q, "lesson leave", 80, 24);
    queue_free(q);
    model_free(&m);
}

static void every_step_shows_what_it_says(void **state)
{
    (void)state;
    for (int n = 0; lesson_built_in_name(n) != NULL; n++)
        if (can_run(lesson_built_in_name(n)))
            check_lesson(lesson_built_in_name(n));
    assert_int_equal(faults, 0);
}

static void the_list_is_golden(void **state)
{
    static model m;
    queue *q;
    (void)state;
    begin(&m, &q);
    run(&m, q, "learn; lesson next", 80, 24);
    golden_screen(&all, &m, q, "list", true);
    queue_free(q);
    model_free(&m);
}

static void all_golden_screens_are_drawn(void **state)
{
    (void)state;
    golden_close(&all);
}

/* ------------------------------------------------------------ before and after */

static void leaving_goes_back(void **state)
{
    static const char *const ways[] = {"lesson leave", "close", "back"};
    (void)state;
    for (size_t n = 0; n < sizeof ways / sizeof ways[0]; n++) {
        static model m;
        queue *q;
        begin(&m, &q);
        run(&m, q,
            "rows 7; cols 9; seed 5; seed 6; pane histogram; view log; goto 3,4; depth 11; "
            "factors 3; widest 256; view tanh; zoom on",
            80, 24);
        char *before = text_of(&m, 80, 24, false);
        const size_t undo_count = m.undo.count;
        run(&m, q,
            "learn tanh; lesson next; next mode; help; back; learn bits; next seed; zoom off", 80,
            24);
        assert_true(learning_step(&m.learning) != NULL);
        run(&m, q, ways[n], 80, 24);
        assert_null(learning_step(&m.learning));
        assert_string_equal(m.message, "back where you were before the lesson");
        m.message[0] = '\0';
        char *after = text_of(&m, 80, 24, false);
        assert_string_equal(before, after);
        assert_int_equal(m.settings.signal.depth, 11);
        assert_int_equal(m.settings.describe.factors, 3);
        assert_int_equal(m.settings.describe.widest, 256);
        assert_int_equal(m.undo.count, undo_count);
        assert_false(m.quit);
        run(&m, q, "undo", 80, 24);
        assert_int_not_equal(m.settings.describe.widest, 256);
        run(&m, q, "undo; undo; undo", 80, 24);
        assert_int_equal(m.settings.recipe.seed, 5);
        free(before);
        free(after);
        queue_free(q);
        model_free(&m);
    }
}

static void undo_in_a_lesson_is_the_students(void **state)
{
    static model m;
    queue *q;
    detinit_error error;
    (void)state;
    begin(&m, &q);
    run(&m, q, "seed 9; learn weight; next seed; undo", 80, 24);
    assert_int_equal(m.settings.recipe.seed, 42);
    assert_int_equal(m.undo.count, 0);
    assert_false(command_run(&m, "lesson a", &error));
    assert_string_equal(error.message, "lesson: this step has no answer a");
    run(&m, q, "lesson leave", 80, 24);
    assert_int_equal(m.settings.recipe.seed, 9);
    assert_false(command_run(&m, "lesson next", &error));
    assert_string_equal(error.message,
                        "lesson: none runs; learn NAME begins one, learn lists them");
    queue_free(q);
    model_free(&m);
}

/* A mistake in a user's lesson ends it, names its line, and changes nothing. */
static void a_wrong_command_changes_nothing(void **state)
{
    static const struct {
        const char *line, *sentence;
    } wrong[] = {
        {"mode hee", "4: mode: 'hee' is unknown"},
        {"sead 7", "4: sead: no such command, did you mean seed?"},
        {"seed 1; save /tmp/x.npy", "4: save: is for users alone, not for lessons"},
        {"color never", "4: color: is for users alone, not for lessons"},
        {"quit", "4: quit: is for users alone, not for lessons"},
        {"learn relu", "4: learn: is for users alone, not for lessons"},
    };
    (void)state;
    for (size_t n = 0; n < sizeof wrong / sizeof wrong[0]; n++) {
        static model m;
        queue *q;
        detinit_error error;
        char path[] = "/tmp/detinit-lesson-XXXXXX", line[80], start[120];
        const int fd = mkstemp(path);
        assert_true(fd >= 0);
        dprintf(fd, "title: T\nsay: S\ndo: seed 3\ndo: %s\n", wrong[n].line);
        begin(&m, &q);
        run(&m, q, "seed 9; pane weight", 80, 24);
        snprintf(line, sizeof line, "learn %s", path);
        assert_false(command_run(&m, line, &error));
        snprintf(start, sizeof start, "%s:%s", path, wrong[n].sentence);
        assert_memory_equal(error.message, start, strlen(start));
        assert_int_equal(m.settings.recipe.seed, 9);
        assert_true(pane_in_focus(&m, &pane_weight));
        assert_null(learning_step(&m.learning));
        remove(path);
        queue_free(q);
        model_free(&m);
    }
}

static void keys_are_the_lessons_first(void **state)
{
    static model m;
    queue *q;
    (void)state;
    begin(&m, &q);
    assert_string_equal(key_find_now(&m, UI_KEY_RIGHT)->text, "move right");
    run(&m, q, "learn", 80, 24);
    assert_string_equal(key_find_now(&m, '2')->text, "learn 2");
    assert_string_equal(key_find_now(&m, '\r')->text, "lesson choose");
    run(&m, q, "lesson next; lesson choose", 80, 24);
    assert_string_equal(m.learning.lesson.name, lesson_built_in_name(1));
    assert_string_equal(key_find_now(&m, UI_KEY_RIGHT)->text, "lesson next");
    assert_string_equal(key_find_now(&m, 'a')->text, "lesson a");
    assert_string_equal(key_find_now(&m, '2')->text, "pane 2");
    run(&m, q, "lesson next", 80, 24); /* asks nothing */
    assert_string_equal(key_find_now(&m, 'a')->text, "next activation");
    run(&m, q, "help", 80, 24);
    assert_string_equal(key_find_now(&m, UI_KEY_RIGHT)->text, "move right");
    run(&m, q, "close; learn; close", 80, 24);
    assert_true(learning_step(&m.learning) != NULL && !m.learning.choosing);
    queue_free(q);
    model_free(&m);
}

/* Of a text that has no room the box shows as much as it can, and an ellipsis. */
static void a_long_caption_says_that_it_is_cut(void **state)
{
    static model m;
    queue *q;
    char path[] = "/tmp/detinit-lesson-XXXXXX", line[80];
    const int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    dprintf(fd, "title: T\nsay: S\n");
    for (int n = 0; n < 200; n++)
        dprintf(fd, "  word%d\n", n);
    begin(&m, &q);
    snprintf(line, sizeof line, "learn %s", path);
    run(&m, q, line, 80, 24);
    const layout l = layout_make(&m, 80, 24);
    cells c;
    assert_true(cells_init(&c, 80, 24, false));
    screen_draw(&m, &c);
    const rect inside = layout_inside(l.lesson);
    assert_int_equal(l.lesson.height, 22 - 8);
    int x = inside.x + inside.width - 1;
    const int y = inside.y + inside.height - 1;
    while (x > inside.x && c.at[y * c.width + x].rune == ' ')
        x--;
    assert_int_equal(c.at[y * c.width + x].rune, CELL_ELLIPSIS);
    cells_free(&c);
    remove(path);
    queue_free(q);
    model_free(&m);
}

/* Whether the screen has that word, and no longer one that begins so. */
static bool shows_word(const char *text, int n)
{
    char word[16];
    const int length = snprintf(word, sizeof word, "word%d", n);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += length)
        if (at[length] < '0' || at[length] > '9')
            return true;
    return false;
}

/* On a small screen Space goes on within a step, line by line, and Left back; answers as well. */
static void a_small_screen_shows_all_of_a_step(void **state)
{
    enum { WORDS = 60, WIDTH = 40, HEIGHT = 12 };
    static model m;
    queue *q;
    bool seen[WORDS] = {false};
    int turns = 0;
    char path[] = "/tmp/detinit-lesson-XXXXXX", line[80];
    const int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    dprintf(fd, "title: T\nsay: S\n");
    for (int n = 0; n < WORDS; n++)
        dprintf(fd, "  word%d\n", n);
    dprintf(fd, "ask: Which one?\na: the first answer\nb: the second answer\nright: b\n"
                "why: of a long reason that takes more than one line of such a box\n"
                "\nsay: the second step\n");
    close(fd);
    begin(&m, &q);
    m.width = WIDTH;
    m.height = HEIGHT;
    snprintf(line, sizeof line, "learn %s", path);
    run(&m, q, line, WIDTH, HEIGHT);
    for (bool more = true; more; turns++) {
        char *text = text_of(&m, WIDTH, HEIGHT, false);
        for (int n = 0; n < WORDS; n++)
            seen[n] |= shows_word(text, n);
        more = strstr(text, "Space more") != NULL;
        if (!more)
            assert_non_null(strstr(text, "b the second answer"));
        free(text);
        assert_int_equal(m.learning.step, 0);
        if (more)
            run(&m, q, "lesson next", WIDTH, HEIGHT);
    }
    for (int n = 0; n < WORDS; n++)
        assert_true(seen[n]);
    run(&m, q, "lesson b", WIDTH, HEIGHT);
    char *text = text_of(&m, WIDTH, HEIGHT, false);
    assert_non_null(strstr(text, "of such a box"));
    free(text);
    while (turns-- > 0)
        run(&m, q, "lesson back", WIDTH, HEIGHT);
    text = text_of(&m, WIDTH, HEIGHT, false);
    assert_true(shows_word(text, 0));
    free(text);
    for (turns = 0; m.learning.step == 0; turns++)
        run(&m, q, "lesson next", WIDTH, HEIGHT);
    assert_true(turns > 2);
    assert_int_equal(m.learning.above, 0);
    remove(path);
    queue_free(q);
    model_free(&m);
}

/* From one cell on: nothing is written beside the screen (the sanitizers watch). */
static void every_size_is_drawn(void **state)
{
    static const char *const lines[] = {"learn relu; lesson next", "learn"};
    (void)state;
    for (size_t n = 0; n < sizeof lines / sizeof lines[0]; n++) {
        static model m;
        queue *q;
        begin(&m, &q);
        run(&m, q, lines[n], 80, 24);
        for (int width = 1; width < 140; width += 1 + width / 12)
            for (int height = 1; height < 64; height += 1 + height / 12) {
                screen_fit(&m, width, height);
                free(text_of(&m, width, height, false));
            }
        queue_free(q);
        model_free(&m);
    }
}

static int open_golden(void **state)
{
    (void)state;
    golden_open(&all, "lessons");
    all.trains = true;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_shows_what_it_says),
        cmocka_unit_test(the_list_is_golden),
        cmocka_unit_test(all_golden_screens_are_drawn),
        cmocka_unit_test(leaving_goes_back),
        cmocka_unit_test(undo_in_a_lesson_is_the_students),
        cmocka_unit_test(a_wrong_command_changes_nothing),
        cmocka_unit_test(keys_are_the_lessons_first),
        cmocka_unit_test(a_long_caption_says_that_it_is_cut),
        cmocka_unit_test(a_small_screen_shows_all_of_a_step),
        cmocka_unit_test(every_size_is_drawn),
    };
    return cmocka_run_group_tests_name("lessons", tests, open_golden, NULL);
}
