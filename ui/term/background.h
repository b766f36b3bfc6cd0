/* Whether a terminal's background is light: what it says of it. */
#ifndef UI_TERM_BACKGROUND_H
#define UI_TERM_BACKGROUND_H

#include <stdbool.h>

/* Asks a terminal for its background (OSC 11). */
#define BACKGROUND_QUESTION "\x1b]11;?\x1b\\"

/* From COLORFGBG, the last number of which some terminals set to it. */
bool background_of_environment(void);

/* From an answer, "11;rgb:ffff/ffff/ffff" without what frames it; false where it is none. */
bool background_of_answer(const char *answer, bool *light);

#endif
