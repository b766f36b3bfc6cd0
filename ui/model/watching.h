/* Following a file or a folder (watch.h): looks at it are requests, carried out in any thread. */
#ifndef UI_MODEL_WATCHING_H
#define UI_MODEL_WATCHING_H

#include "model/model.h"
#include "model/request.h"

/*
 * Follows a path in the place of the one before, and asks for a first look.  `save` is the history
 * that lines of checkpoints are added to; both texts may be NULL.  Thresholds are those of the
 * settings.  False without memory, and nothing changed.
 */
bool watching_begin(model *m, const char *path, char *manifest, char *save);

/* Follows none. */
void watching_end(model *m);

/* Asks for another look, unless one is under way or nothing is watched; true where it did. */
bool watching_look(model *m);

work_make watching_read;

/* Of a look, in the main thread: whether it is at another file than that which is watched now;
 * whether it found anything; to take over what it found; and that it ended without. */
bool watching_is_outdated(const work_request *r, const model *m);
bool watching_differs(const work_request *r, const model *m);
void watching_take(model *m, work_request *r);
void watching_fail(model *m, work_request *r);

#endif
