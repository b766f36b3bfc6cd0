#include "pane/screenshot.h"

#include "pane/layout.h"

/* Whether a pane is to be seen; none is below the help page. */
static bool is_shown(const model *m, const screenshot *s, const layout *l, int number)
{
    return !m->view.help && (s->pane >= 0 ? s->pane == number : l->pane[number].width > 0);
}

bool screenshot_ready(const model *m, const screenshot *s)
{
    const layout l = layout_make(m, s->width, s->height);
    for (int n = 0; n < PANE_COUNT; n++)
        if (is_shown(m, s, &l, n) && !pane_ready(m, panes[n]))
            return false;
    return true;
}

unsigned screenshot_missing(const model *m, const screenshot *s)
{
    const layout l = layout_make(m, s->width, s->height);
    unsigned missing = 0;
    for (int n = 0; n < PANE_COUNT; n++)
        if (is_shown(m, s, &l, n))
            missing |= pane_missing(m, panes[n]);
    return missing;
}
