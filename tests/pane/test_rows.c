/* The table of panes: every row is complete, found by its name, and keeps its state to itself. */
#include "explorer/command.h"
#include "explorer/screen.h"
#include "model/queue.h"
#include "pane/glossary.h"
#include "pane/pane.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static void set_up(model *m)
{
    settings s;
    settings_init(&s);
    model_init(m, &s);
}

static void check_views(const pane *p)
{
    assert_true(pane_view_count(p) >= 2 && pane_view_count(p) <= UINT8_MAX);
    for (int n = 0; n < pane_view_count(p); n++) {
        assert_true(p->views[n].name[0] != '\0');
        assert_true(p->draw != NULL || p->views[n].draw != NULL);
        for (int other = 0; other < n; other++)
            assert_string_not_equal(p->views[n].name, p->views[other].name);
    }
}

/* What it is about, in two paragraphs; words that the glossary has, in its order, none twice. */
static void check_words(const pane *p)
{
    assert_non_null(p->about);
    assert_true(strlen(p->about) > 200 && strlen(p->about) < PANE_ABOUT_MOST);
    assert_true(strchr(p->about, '\n') != NULL);
    assert_non_null(p->words);
    assert_non_null(p->words[0]);
    for (size_t n = 0; p->words[n] != NULL; n++) {
        if (glossary_find(p->words[n]) == NULL)
            fail_msg("%s: '%s' is not in the glossary", p->name, p->words[n]);
        for (size_t other = 0; other < n; other++)
            assert_string_not_equal(p->words[n], p->words[other]);
    }
}

/* Definitions are short sentences in simple signs, in the order of the alphabet. */
static void words_are_explained(void **state)
{
    (void)state;
    assert_null(glossary_find("no such word"));
    for (size_t n = 0; n < glossary_count; n++) {
        const glossary_entry *e = &glossary[n];
        assert_ptr_equal(glossary_find(e->word), e);
        assert_in_range(strlen(e->word), 1, 22);
        assert_in_range(strlen(e->definition), 20, DEFINITION_MOST);
        assert_true(e->definition[strlen(e->definition) - 1] != '.');
        if (n > 0)
            assert_true(strcasecmp(glossary[n - 1].word, e->word) < 0);
    }
}

static void rows_are_complete(void **state)
{
    size_t room = 0;
    (void)state;
    for (int n = 0; n < PANE_COUNT; n++) {
        const pane *p = panes[n];
        assert_true(p->name != NULL && islower((unsigned char)p->name[0]));
        assert_true(p->title != NULL && isupper((unsigned char)p->title[0]));
        check_words(p);
        assert_int_equal(p->pieces & ~((1u << PIECE_COUNT) - 1), 0);
        for (int other = 0; other < n; other++)
            assert_string_not_equal(p->name, panes[other]->name);
        if (p->views != NULL)
            check_views(p);
        else
            assert_non_null(p->draw);
        room += p->state + _Alignof(max_align_t);
    }
    assert_true(room <= PANES_STATE);
    assert_non_null(panes[0]->views); /* `view` falls back on the first that has some */
}

/* By a name, by a number, by the beginning of one name only. */
static void panes_are_found(void **state)
{
    (void)state;
    for (int n = 0; n < PANE_COUNT; n++) {
        char text[64];
        assert_int_equal(pane_find(panes[n]->name), n);
        snprintf(text, sizeof text, "%d", n + 1);
        assert_int_equal(pane_find(text), n);
        for (size_t length = 1; length < strlen(panes[n]->name); length++) {
            int alike = 0;
            snprintf(text, sizeof text, "%.*s", (int)length, panes[n]->name);
            for (int other = 0; other < PANE_COUNT; other++)
                alike += strncmp(panes[other]->name, text, length) == 0;
            assert_int_equal(pane_find(text), alike == 1 ? n : -1);
        }
    }
    assert_int_equal(pane_find("m"), -1); /* matrix or modes */
    assert_int_equal(pane_find(""), -1);
    assert_true(panes[pane_find("0")]->leads); /* as its title has it */
    assert_int_equal(pane_find("99"), -1);
    assert_int_equal(pane_find("1x"), -1);
    assert_int_equal(pane_find("99999999999999999999"), -1);
    assert_int_equal(pane_find("Matrix"), -1);
}

/* What one writes no other reads. */
static void states_are_their_own(void **state)
{
    static model m;
    (void)state;
    set_up(&m);
    for (int n = 0; n < PANE_COUNT; n++)
        memset(pane_state_to_change(&m, panes[n]), n + 1, panes[n]->state);
    for (int n = 0; n < PANE_COUNT; n++) {
        const unsigned char *bytes = pane_state(&m, panes[n]);
        assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < panes[n]->state; k++)
            assert_int_equal(bytes[k], n + 1);
    }
    model_free(&m);
}

/* Each view, chosen by its name from another pane, is shown and can be drawn in any size. */
static void views_are_chosen_by_name(void **state)
{
    static model m;
    detinit_error error;
    (void)state;
    set_up(&m);
    queue *q = queue_new();
    assert_non_null(q);
    screen_fit(&m, 120, 40);
    for (int n = 0; n < PANE_COUNT; n++) {
        for (int k = 0; k < pane_view_count(panes[n]); k++) {
            char line[64];
            snprintf(line, sizeof line, "pane %d; view %s", (n + 1) % PANE_COUNT + 1,
                     panes[n]->views[k].name);
            assert_true(command_run(&m, line, &error));
            assert_int_equal(pane_view_now(&m, panes[n]), k);
            m.shown_pieces |= pane_pieces(&m, panes[n]); /* as where it has a place */
            assert_true(queue_finish(q, &m, &error));
            assert_true(pane_ready(&m, panes[n]));
            for (int width = 1; width < 100; width += 7) {
                cells c;
                assert_true(cells_init(&c, width, width / 2 + 1, false));
                screen_draw_pane(&m, &c, n);
                cells_free(&c);
            }
        }
    }
    queue_free(q);
    model_free(&m);
}

/* `view` goes through all views of the pane in focus, and comes back to the first. */
static void views_go_around(void **state)
{
    static model m;
    detinit_error error;
    (void)state;
    set_up(&m);
    for (int n = 0; n < PANE_COUNT; n++) {
        const pane *p = panes[n]->views != NULL ? panes[n] : panes[0];
        pane_focus(&m, panes[n]);
        for (int k = 1; k <= pane_view_count(p); k++) {
            const pane_view *at = &p->views[k % pane_view_count(p)];
            if (at->fits != NULL && !at->fits(&m))
                continue;
            assert_true(command_run(&m, "view", &error));
            assert_int_equal(pane_view_now(&m, p), k % pane_view_count(p));
        }
    }
    model_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_complete),    cmocka_unit_test(panes_are_found),
        cmocka_unit_test(states_are_their_own), cmocka_unit_test(views_are_chosen_by_name),
        cmocka_unit_test(views_go_around),      cmocka_unit_test(words_are_explained),
    };
    return cmocka_run_group_tests_name("rows of panes", tests, NULL, NULL);
}
