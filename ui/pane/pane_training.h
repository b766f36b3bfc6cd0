/* The parts of the Training pane: figures, what pruning costs, the map of change, each in a file.
 */
#ifndef UI_PANE_PANE_TRAINING_H
#define UI_PANE_PANE_TRAINING_H

#include "text/cell.h"
#include "model/model.h"
#include "pane/motion.h"

/* Views of the pane: how much of the tensor its map shows. */
enum { TRAINING_WHOLE, TRAINING_DETAIL, TRAINING_PICTURES };

/* What of the trained network is looked at. */
typedef struct training_look {
    size_t tensor;               /* whose map is shown */
    uint64_t row, col;           /* the cursor, in that tensor */
    uint64_t row_jump, col_jump; /* rows and columns of a cell of the map */
    uint64_t page_rows;          /* what the map showed last */
} training_look;

/* Where the figures are written: line by line. */
typedef struct training_page {
    const model *m;
    const trained_network *t;
    cells *c;
    rect area;
    int y;
} training_page;

static inline int training_lines_left(const training_page *p)
{
    return p->area.y + p->area.height - p->y;
}

static inline double training_percent(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100 * (double)part / (double)whole : 0;
}

/* Of a network that has no such tensor, the first. */
training_look training_look_at(const model *m);
void training_show_tensor(model *m, size_t tensor);

/*
 * What pruning the sleeping weights costs: in so many lines, where the page has this size; all of
 * it in one line.
 */
int training_prune_lines(const training_page *p);
void training_prune_put(training_page *p);
void training_prune_put_line(training_page *p);

/* The map of the chosen tensor. */
void training_map_draw(const model *m, cells *c, rect area);

/*
 * The same as pictures, where the view and the tensor have them and the area has room: a tile for
 * each unit or kernel.  Each returns false, and has done nothing, where it is not so: draws them;
 * says what is drawn; finds the weight at a place, *hit, if there is one.
 */
bool training_tiles_draw(const model *m, cells *c, rect area);
bool training_tiles_note(const model *m, rect area, char *buffer, size_t size);
bool training_tiles_at(const model *m, rect area, int x, int y, bool *hit, uint64_t *row,
                       uint64_t *col);

/* How bright a single weight is, 0 .. 1, that is so far from where it began, and what it is
 * measured by: the threshold, or, where that is 0, the largest change of the tensor shown. */
double training_brightness(double change, double reference);
double training_reference(const model *m);

/* How far a key moves its cursor, where the pane has this inside; and to move it. */
void training_map_fit(model *m, rect inside);
void training_map_move(model *m, motion by);

/* Puts the cursor to the weight at a place of the screen, if there is one. */
void training_map_click(model *m, rect inside, int x, int y);

/* Where in the pane's inside the map is drawn; width 0: nowhere. */
rect training_map_area(const model *m, rect inside);

/* The weight drawn at a place of the screen: the first of a cell; false where there is none. */
bool training_map_at(const model *m, rect area, int x, int y, uint64_t *row, uint64_t *col);

/* What is under the map's cursor, as text. */
void training_map_place(const model *m, rect area, char *buffer, size_t size);

/* All |w - w0| on a log scale, those that sleep apart from those that are awake. */
void training_histogram_draw(const model *m, cells *c, rect area);

#endif
