/*
 * OpenBLAS starts a thread for each processor as soon as it is loaded, asked or not, and where
 * memory is short these spin for ever or end the program.  So the program is loaded on one
 * processor, for which no thread is started, and takes all of its processors after that.  Where it
 * spins all the same, the program says so and ends.
 */
#ifndef UI_SYSTEM_LONE_START_H
#define UI_SYSTEM_LONE_START_H

/* To be called first by main. */
void lone_start_ends(void);

#endif
