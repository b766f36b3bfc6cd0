/* Commands at a model without a screen, each in a model of its own. */
#ifndef TESTS_COMMAND_CHECK_H
#define TESTS_COMMAND_CHECK_H

#include "explorer/command.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

static inline int set_up(void **state)
{
    static model m;
    settings s;
    settings_init(&s);
    model_init(&m, &s);
    *state = &m;
    return 0;
}

static inline int tear_down(void **state)
{
    model_free(*state);
    return 0;
}

static inline void run(model *m, const char *line)
{
    detinit_error error;
    if (!command_run(m, line, &error))
        fail_msg("%s: %s", line, error.message);
}

static inline void refuse(model *m, const char *line, const char *message)
{
    detinit_error error;
    detinit_recipe before = m->settings.recipe;
    view looked = m->view;
    assert_false(command_run(m, line, &error));
    assert_string_equal(error.message, message);
    assert_memory_equal(&before, &m->settings.recipe, sizeof before);
    assert_memory_equal(&looked, &m->view, sizeof looked);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
