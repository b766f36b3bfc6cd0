/* Whoever uses OpenBLAS takes a turn: it has one number of threads for the whole process. */
#ifndef UI_SYSTEM_TURN_H
#define UI_SYSTEM_TURN_H

#include <stdatomic.h>
#include <stdbool.h>

/* Waits until nobody has the turn, and takes it; false where *give_up became true before. */
bool turn_take(const atomic_bool *give_up);
void turn_leave(void);

#endif
