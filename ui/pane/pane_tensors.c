/* The tensors of a file: a tree of their names, with a few figures of each. */
#include "model/viewing.h"
#include "pane/invitation.h"
#include "pane/pane.h"
#include "system/memory.h"
#include "text/grouped.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Columns: what a folder moves its tensors in by, and what a name has at least. */
#define INDENT     2
#define NAME_LEAST 18
#define NAME_MOST  72

/* A column behind the names, and its text of a tensor or a folder. */
typedef struct column {
    const char *title;
    int width;
    bool left; /* its text begins at the left */
    int rank;  /* the least goes first where there is no room */
    void (*text)(const tensor_list *l, const tensor_node *node, char *buffer, size_t size);
} column;

/* -------------------------------------------------------------------- texts */

static const detinit_tensor *tensor_of(const tensor_list *l, const tensor_node *node)
{
    return detinit_tensorfile_tensor(l->file->held.file, node->tensor);
}

static const char *shape_text_of(const detinit_tensor *tensor, const char *between, char *buffer,
                                 size_t size)
{
    size_t length = (size_t)snprintf(buffer, size, "%s", tensor->rank == 0 ? "scalar" : "");
    for (size_t d = 0; d < tensor->rank && length < size; d++)
        length += (size_t)snprintf(buffer + length, size - length, "%s%llu", d > 0 ? between : "",
                                   (unsigned long long)tensor->shape[d]);
    return buffer;
}

static void type_text(const tensor_list *l, const tensor_node *node, char *buffer, size_t size)
{
    snprintf(buffer, size, "%s", node->tensor == TENSOR_NONE ? "" : tensor_of(l, node)->type);
}

static void shape_column(const tensor_list *l, const tensor_node *node, char *buffer, size_t size)
{
    char count[32];
    if (node->tensor == TENSOR_NONE) /* of 13 columns */
        snprintf(buffer, size, node->tensors < 10000 ? "%s tensors" : "%s",
                 grouped(node->tensors, count));
    else
        shape_text_of(tensor_of(l, node), "×", buffer, size);
}

static void bytes_text(const tensor_list *l, const tensor_node *node, char *buffer, size_t size)
{
    (void)l;
    if (node->bytes < 1000)
        snprintf(buffer, size, "%llu B", (unsigned long long)node->bytes);
    else
        memory_text(node->bytes, buffer, size);
}

static const tensor_figures *figures_of(const tensor_list *l, const tensor_node *node)
{
    return node->tensor != TENSOR_NONE && l->figures[node->tensor].there ? &l->figures[node->tensor]
                                                                         : NULL;
}

static void std_text(const tensor_list *l, const tensor_node *node, char *buffer, size_t size)
{
    const tensor_figures *f = figures_of(l, node);
    if (f == NULL)
        buffer[0] = '\0';
    else if (f->not_finite)
        snprintf(buffer, size, "NaN, inf");
    else
        snprintf(buffer, size, isnan(f->std) ? "-" : "%.3g", f->std);
}

static void awake_text(const tensor_list *l, const tensor_node *node, char *buffer, size_t size)
{
    const tensor_figures *f = figures_of(l, node);
    if (f == NULL || isnan(f->awake))
        snprintf(buffer, size, "%s", f == NULL ? "" : "-");
    else
        snprintf(buffer, size, "%.1f %%", 100 * f->awake);
}

static const column columns[] = {
    {"type", 7, true, 1, type_text},    {"shape", 13, true, 4, shape_column},
    {"bytes", 8, false, 3, bytes_text}, {"std", 8, false, 5, std_text},
    {"awake", 7, false, 2, awake_text},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

/* ------------------------------------------------------------------- layout */

/* Which columns there is room for, and what they leave for names. */
typedef struct sheet {
    bool shown[COLUMNS];
    int name;
} sheet;

static bool tells_awake(const tensor_list *l)
{
    return l->file->held.count > 0;
}

static sheet sheet_of(const tensor_list *l, int width)
{
    sheet s = {.name = width - 2};
    for (int n = 0; n < COLUMNS; n++) {
        s.shown[n] = columns[n].text != awake_text || tells_awake(l);
        s.name -= s.shown[n] ? columns[n].width + 2 : 0;
    }
    for (int rank = 1; s.name < NAME_LEAST && rank <= COLUMNS; rank++)
        for (int n = 0; n < COLUMNS; n++)
            if (columns[n].rank == rank && s.shown[n]) {
                s.shown[n] = false;
                s.name += columns[n].width + 2;
            }
    s.name = s.name > NAME_MOST ? NAME_MOST : s.name;
    return s;
}

/* Rows below the heading. */
static int rows_of(rect inside)
{
    return inside.height > 1 ? inside.height - 1 : inside.height;
}

/* ------------------------------------------------------------------ drawing */

static void draw_heading(const tensor_list *l, cells *c, rect inside, const sheet *s)
{
    int x = inside.x + 1 + s->name;
    const char *order = list_order_names[l->order];
    cells_print(c, (rect){inside.x, inside.y, s->name, 1}, inside.x + 1, inside.y, ROLE_DIM, 0,
                "%s", l->order == LIST_NAME ? "tensor" : "tensor, in full");
    for (int n = 0; n < COLUMNS; n++) {
        if (!s->shown[n])
            continue;
        const bool sorted = strcmp(order, columns[n].title) == 0;
        cells_print(c, inside, x + 2, inside.y, sorted ? ROLE_ACCENT : ROLE_DIM, 0,
                    columns[n].left ? "%-*s" : "%*s", columns[n].width, columns[n].title);
        x += columns[n].width + 2;
    }
}

/* Leaves the end of a text, behind an ellipsis, where all of it takes more columns. */
static void shorten_front(char *text, int room)
{
    static const char ellipsis[] = "…";
    const char *at = text;
    if (room < 2 || cells_columns(text, strlen(text)) <= room) {
        cells_shorten(text, room);
        return;
    }
    while (cells_columns(at, strlen(at)) > room - 1 || at < text + sizeof ellipsis - 1)
        cells_next_rune(&at);
    memmove(text + sizeof ellipsis - 1, at, strlen(at) + 1);
    memcpy(text, ellipsis, sizeof ellipsis - 1);
}

/* The part of a name that its place in the tree leaves to tell; of a plain list all of it. */
static void name_text(const tensor_list *l, const tensor_node *node, char *buffer, size_t size)
{
    const bool tree = l->order == LIST_NAME;
    const char *name = tree ? node->name + node->from : node->name;
    const size_t length = tree ? node->length : strlen(name);
    if (node->name[0] == '\0')
        snprintf(buffer, size, "(the array)");
    else
        snprintf(buffer, size, "%.*s", (int)(length < size ? length : size), name);
}

/* A triangle that points down where a folder is open; a dot at the tensor that is looked at. */
static uint32_t mark_of(const model *m, const tensor_list *l, size_t row)
{
    const tensor_node *node = tensor_list_node(l, row);
    if (node->tensor == TENSOR_NONE)
        return l->unfolded[l->rows[row]] ? 0x25BC : 0x25BA;
    return viewing_is_of_file(m) && m->viewed.list == l && m->viewed.tensor == node->tensor ? 0x25CF
                                                                                            : ' ';
}

static void draw_row(const model *m, const tensor_list *l, cells *c, rect inside, const sheet *s,
                     size_t row, int y)
{
    const tensor_node *node = tensor_list_node(l, row);
    const bool folder = node->tensor == TENSOR_NONE, at_cursor = row == l->cursor;
    const unsigned look = at_cursor && pane_in_focus(m, &pane_tensors) ? ATTR_REVERSE : 0;
    const bool is_hit = !folder && l->search[0] != '\0' && tensor_name_holds(node->name, l->search);
    const uint32_t mark = mark_of(m, l, row);
    int deep = l->order == LIST_NAME ? (int)node->depth * INDENT : 0;
    char text[256];
    deep = deep < s->name - 10 ? deep : s->name > 10 ? s->name - 10 : 0;
    for (int x = inside.x; look != 0 && x < inside.x + inside.width; x++)
        cells_put(c, x, y, ' ', ROLE_TEXT, look);
    int x = inside.x + 1 + deep;
    if (mark != ' ')
        cells_put(c, x, y, mark, look != 0 ? ROLE_TEXT : folder ? ROLE_DIM : ROLE_ACCENT, look);
    name_text(l, node, text, sizeof text);
    if (l->order == LIST_NAME)
        cells_shorten(text, s->name - deep - 2);
    else
        shorten_front(text, s->name - deep - 2); /* names differ at their ends */
    cells_text(c, inside, x + 2, y,
               look == 0 && (is_hit || mark == 0x25CF) ? ROLE_ACCENT : ROLE_TEXT,
               look | (folder || mark == 0x25CF ? ATTR_BOLD : 0), text);
    x = inside.x + 1 + s->name;
    for (int n = 0; n < COLUMNS; n++) {
        if (!s->shown[n])
            continue;
        columns[n].text(l, node, text, sizeof text);
        cells_shorten(text, columns[n].width);
        const int used = cells_columns(text, strlen(text));
        if (text[0] != '\0')
            cells_text(c, inside, x + 2 + (columns[n].left ? 0 : columns[n].width - used), y,
                       folder && look == 0 ? ROLE_DIM : ROLE_TEXT, look, text);
        x += columns[n].width + 2;
    }
}

/* What it is for, where there is room to say so. */
static const invitation_row promises[] = {
    {"tensors", "a tree of their names, each with type, shape, bytes and std; / searches, s sorts "
                "by bytes, std or the share awake"},
    {"Matrix", "the numbers themselves: dims A,B takes any two dimensions, slice I,J,... an index "
               "of each other; v shows a heat map, the whole from afar, kernels as pictures"},
    {"Statistics", "mean, std and extremes, what is no number, and the scheme that the weights "
                   "are consistent with"},
    {"Histogram", "the weights beside that scheme, or beside a normal distribution of their std"},
    {"Orthogonality", "singular values beside Marchenko and Pastur's law: what lies above its "
                      "edge, training wrote"},
    {"Weight", "one number: its bits, how far out it lies, and, where a recipe is known, how it "
               "was drawn"},
    {"x", "another face: w as the file holds it, w0 as its recipe drew it, and the change w - w0"},
    {"--manifest", "open FILE --manifest FILE tells the recipes of a file that has none inside"},
    {"size", "a file of any size opens at once: only what is looked at is read, the rest sampled"},
};

/* As many as there is room for, up to two lines apart. */
static void draw_promises(cells *c, rect area)
{
    const int names = 16;
    int count = (int)(sizeof promises / sizeof promises[0]);
    if (area.width < 3 * names)
        return;
    while (count > 0 && invitation_lines(area.width, names, promises, count) > area.height)
        count--;
    for (int n = 0; n < count; n++) {
        const int left = invitation_lines(area.width, names, promises + n, count - n);
        const int room = (area.height - left) / (count - n);
        const int taken =
            invitation_put(c, area, ROLE_ACCENT, names, promises + n, 1) + (room < 2 ? room : 2);
        area.y += taken;
        area.height -= taken;
    }
}

static void draw_nothing(cells *c, rect inside)
{
    const rect area = {inside.x + 1, inside.y, inside.width - 2, inside.height};
    const int taken =
        cells_paragraph(c, area, ROLE_TEXT,
                        "O, or :open FILE, shows the tensors of any checkpoint here: .safetensors, "
                        ".pt, .npz, .h5, .npy, or a folder of them. All panes then show the one "
                        "that is chosen.");
    if (area.height > taken + 1)
        draw_promises(c, (rect){area.x, area.y + taken + 1, area.width, area.height - taken - 1});
}

static void draw(const model *m, cells *c, rect inside)
{
    const tensor_list *l = viewing_list(m);
    if (l == NULL) {
        draw_nothing(c, inside);
        return;
    }
    if (l->row_count == 0) {
        cells_paragraph(c, (rect){inside.x + 1, inside.y, inside.width - 2, inside.height},
                        ROLE_TEXT, "The file holds no tensors.");
        return;
    }
    const sheet s = sheet_of(l, inside.width);
    int y = inside.y;
    if (rows_of(inside) < inside.height)
        draw_heading(l, c, (rect){inside.x, y++, inside.width, 1}, &s);
    for (size_t row = l->top; row < l->row_count && y < inside.y + inside.height; row++)
        draw_row(m, l, c, inside, &s, row, y++);
}

/* ------------------------------------------------------------------- the row */

/* Bytes of all tensors. */
static uint64_t bytes_of(const tensor_list *l)
{
    const tensor_tree *t = &l->file->tree;
    uint64_t all = 0;
    for (size_t n = 0; n < t->count; n = t->nodes[n].end)
        all += t->nodes[n].bytes;
    return all;
}

static void note(const model *m, rect inside, char *buffer, size_t size)
{
    const tensor_list *l = viewing_list(m);
    char count[32], bytes[32], hits[32];
    (void)inside;
    if (l == NULL || l->row_count == 0)
        return;
    const size_t tensors = detinit_tensorfile_count(l->file->held.file);
    if (l->search[0] != '\0')
        snprintf(buffer, size, "%s of %s hold '%s'", grouped(tensor_list_hits(l, l->search), hits),
                 grouped(tensors, count), l->search);
    else
        snprintf(buffer, size, "%s tensor%s, %s", grouped(tensors, count), tensors == 1 ? "" : "s",
                 memory_text(bytes_of(l), bytes, sizeof bytes));
}

static bool idle(const model *m)
{
    return viewing_list(m) == NULL;
}

/* The name of the file, without its folders. */
static void subject_text(const model *m, char *buffer, size_t size)
{
    const tensor_list *l = viewing_list(m);
    const char *path = l != NULL ? detinit_tensorfile_path(l->file->held.file) : "";
    const char *slash = strrchr(path, '/');
    snprintf(buffer, size, "%s", slash != NULL && slash[1] != '\0' ? slash + 1 : path);
}

static void fit(model *m, rect inside)
{
    tensor_list *l = viewing_list(m);
    if (inside.width <= 0 || l == NULL)
        return;
    const size_t rows = (size_t)rows_of(inside);
    if (l->cursor < l->top)
        l->top = l->cursor;
    if (l->cursor >= l->top + rows)
        l->top = l->cursor - rows + 1;
    if (l->top + rows > l->row_count)
        l->top = l->row_count > rows ? l->row_count - rows : 0;
    m->shown_tensors = rows;
}

static void move(model *m, motion by)
{
    tensor_list *l = viewing_list(m);
    if (l == NULL || l->row_count == 0)
        return;
    const size_t page = m->shown_tensors > 1 ? m->shown_tensors : 10;
    l->cursor = (size_t)motion_apply(l->cursor, by.rows, 1, l->row_count);
    l->cursor = (size_t)motion_apply(l->cursor, by.pages, page, l->row_count);
    if (by.cols != 0)
        tensor_list_fold(l, by.cols < 0);
}

/* A folder is opened or closed, a tensor looked at; false where it is already. */
static bool choose(model *m)
{
    tensor_list *l = viewing_list(m);
    if (l == NULL || l->row_count == 0)
        return false;
    const size_t node = l->rows[l->cursor], tensor = l->file->tree.nodes[node].tensor;
    if (tensor == TENSOR_NONE) {
        tensor_list_fold(l, l->unfolded[node]);
        return true;
    }
    if (m->viewed.list == l && m->viewed.tensor == tensor)
        return false;
    viewing_choose(m, l, tensor);
    return true;
}

static void click(model *m, rect inside, int x, int y)
{
    tensor_list *l = viewing_list(m);
    const int down = y - inside.y - (inside.height - rows_of(inside));
    (void)x;
    if (l == NULL || down < 0 || l->top + (size_t)down >= l->row_count || down >= rows_of(inside))
        return;
    l->cursor = l->top + (size_t)down;
    choose(m);
}

static hint_list hints(const model *m)
{
    static const key_hint all[] = {{"Enter", "choose"}, {"/", "search"}, {"x", "face"},
                                   {"s", "sort"},       {"c", "fold"},   {"Tab", "pane"},
                                   {"z", "zoom"},       {":", "command"}};
    static const key_hint faceless[] = {{"Enter", "choose"}, {"/", "search"}, {"s", "sort"},
                                        {"c", "fold"},       {"Tab", "pane"}, {"z", "zoom"},
                                        {":", "command"}};
    static const key_hint none[] = {
        {"O", "open"}, {"Tab", "pane"}, {"Enter", "zoom"}, {":", "command"}};
    return viewing_list(m) == NULL ? HINT_LIST(none)
           : viewing_has_recipe(m) ? HINT_LIST(all)
                                   : HINT_LIST(faceless);
}

static const pane_key keys[] = {
    {'/', "prompt find", "search the names"},  {'n', "next found", "the next that was found"},
    {'N', "previous found", "the one before"}, {'s', "sort", "another order"},
    {'c', "fold", "fold or unfold all"},       {0, NULL, NULL},
};

static const char about[] =
    "The tensors of a file, whoever made it, as a tree of their names: Left and Right, Enter and "
    "clicks fold it. Enter looks at the tensor at the cursor, and all other panes show it, with "
    "one of three faces, which x changes: w as the file holds it, w0 as its recipe drew it, and "
    "the change w - w0. Of a file that tells no recipes there is w alone; open FILE --manifest "
    "FILE tells them.\n"
    "std and awake are of a sample of 4,096 numbers of each tensor. / searches the names, n and N "
    "go on; s sorts by bytes, std or the share awake. Nothing of a file is read but what is looked "
    "at, so that one of any size opens at once.";

static const char *const words[] = {"std", "awake", "w0", "delta", "threshold", NULL};

const pane pane_tensors = {
    .name = "tensors",
    .title = "Tensors",
    .about = about,
    .words = words,
    .leads = true,
    .keys = keys,
    .idle = idle,
    .subject = subject_text,
    .fit = fit,
    .draw = draw,
    .note = note,
    .move = move,
    .choose = choose,
    .click = click,
    .hints = hints,
    .command_line = viewing_command_line,
};
