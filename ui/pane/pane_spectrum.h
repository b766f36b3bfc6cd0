/* The views of the Orthogonality pane that show singular values beside the laws of chance. */
#ifndef UI_PANE_PANE_SPECTRUM_H
#define UI_PANE_PANE_SPECTRUM_H

#include "model/model.h"
#include "text/cell.h"

/* The hue of the orthogonal matrix in all views: another than a law's. */
#define ROLE_ORTHOGONAL (ROLE_SERIES + 2)

/* The density of this matrix's, with Marchenko and Pastur's curve. */
void spectrum_draw_density(const model *m, cells *c, rect inside);

/* That of a product of matrices, with Fuss and Catalan's. */
void spectrum_draw_product(const model *m, cells *c, rect inside);

/* What the condition number does to a circle, in words and as the ellipse. */
void spectrum_draw_ellipse(const model *m, cells *c, rect inside);

/* What the matrix that is not orthogonal is called: by its distribution. */
const char *spectrum_drawn_name(const model *m);

#endif
