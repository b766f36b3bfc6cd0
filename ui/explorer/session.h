/* Commands with work beside them: the explorer, but for its terminal. */
#ifndef UI_EXPLORER_SESSION_H
#define UI_EXPLORER_SESSION_H

#include "explorer/command.h"
#include "model/queue.h"
#include "model/model.h"

/* Carries out a line of commands; what goes wrong becomes the message. */
void session_run(model *m, queue *q, const char *line);

/* The same of one command, whose value may be any text. */
void session_do(model *m, queue *q, const command_call *call);

/* Takes a new size of the screen. */
void session_resize(model *m, queue *q, int width, int height);

/* What follows from a model that has changed: what is shown, what waited, what is to be made. */
void session_update(model *m, queue *q);

/* Takes what the workers have finished; true where something changed. */
bool session_collect(model *m, queue *q);

/* Stops what is under way and what waits for it, and says so. */
void session_cancel(model *m, queue *q);

#endif
