/*
 * Golden screens: what a model looks like in all sizes, in UTF-8 and ASCII, with and without
 * colours.  Some 80 x 24 screens are kept as pictures, all others as digests.  `make golden` writes
 * them anew.
 *
 * A picture is the text that a terminal without colours shows, and then the looks of its cells,
 * line by line: how many, if more than one, their character where colours change it, role, "/" and
 * the role of their paper, attributes ("*" bold, "^" reverse; "+" and "~" the same where there are
 * no colours).
 */
#ifndef TESTS_GOLDEN_SCREEN_H
#define TESTS_GOLDEN_SCREEN_H

#include "digest.h"
#include "explorer/screen.h"
#include "golden_steady.h"
#include "model/queue.h"
#include "text/palette.h"
#include "text/picture.h"
#include "text/terminal_text.h"

#include <dirent.h>

#define GOLDEN_DIGESTS "digests.txt"

/* A folder of golden screens, while they are compared or written. */
typedef struct golden {
    char folder[400];
    char *digests;   /* as they were read, a line of each screen after '\n'; NULL: written anew */
    FILE *written;   /* digests, where they are written anew */
    size_t pictures; /* that were looked at */
    size_t lines;    /* digests that were looked at */
    int faults;
    bool trains; /* its models train networks, whose last bits are their machine's */
} golden;

static const struct {
    int width, height;
} golden_sizes[] = {{80, 24}, {120, 40}, {200, 60}, {60, 20}, {40, 12}, {30, 60}};
#define GOLDEN_SIZES (sizeof golden_sizes / sizeof golden_sizes[0])

/* A whole file behind a '\n', to be freed; NULL where there is none. */
static inline char *golden_read(const golden *g, const char *name)
{
    char path[600];
    size_t size = 0;
    char *text = NULL;
    snprintf(path, sizeof path, "%s/%s", g->folder, name);
    FILE *file = fopen(path, "r"), *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputc('\n', out);
    for (int c = 0; file != NULL && (c = getc(file)) != EOF;)
        fputc(c, out);
    assert_int_equal(fclose(out), 0);
    if (file == NULL) {
        free(text);
        return NULL;
    }
    fclose(file);
    return text;
}

static inline FILE *golden_create(const golden *g, const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", g->folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        fail_msg("cannot write %s", path);
    return file;
}

/* Begins with those of a folder of tests/golden. */
static inline void golden_open(golden *g, const char *folder)
{
    *g = (golden){.digests = NULL};
    snprintf(g->folder, sizeof g->folder, "%s/%s", getenv("TEST_GOLDEN"), folder);
    if (getenv("WRITE_GOLDEN") != NULL) {
        g->written = golden_create(g, GOLDEN_DIGESTS);
        return;
    }
    g->digests = golden_read(g, GOLDEN_DIGESTS);
    if (g->digests == NULL)
        fail_msg("%s/%s is missing; make golden writes it", g->folder, GOLDEN_DIGESTS);
}

/* ------------------------------------------------------------------- pictures */

static inline void golden_role(FILE *out, unsigned role)
{
    static const char letters[ROLE_SERIES + 1] = ".dagbtwrk";
    if (role >= ROLE_SIGNED)
        fprintf(out, "v%u", role - ROLE_SIGNED);
    else if (role >= ROLE_RAMP)
        fprintf(out, "m%u", role - ROLE_RAMP);
    else if (role >= ROLE_SERIES)
        fprintf(out, "s%u", role - ROLE_SERIES);
    else
        fputc(letters[role], out);
}

/* A cell's look, but for what the text tells. */
static inline void golden_look(FILE *out, const cell *at)
{
    const look plain = palette_look(at, 0, false);
    const unsigned more = plain.attributes & ~(unsigned)at->attributes;
    if (plain.rune != at->rune)
        terminal_rune(out, at->rune);
    golden_role(out, at->role);
    if (at->paper != ROLE_TEXT) {
        fputc('/', out);
        golden_role(out, at->paper);
    }
    fprintf(out, "%s%s%s%s", at->attributes & ATTR_BOLD ? "*" : "",
            at->attributes & ATTR_REVERSE ? "^" : "", more & ATTR_BOLD ? "+" : "",
            more & ATTR_REVERSE ? "~" : "");
}

/* Whether a look is written once for both. */
static inline bool golden_same(const cell *a, const cell *b)
{
    const bool pixels = a->rune == CELL_PIXELS || b->rune == CELL_PIXELS;
    return a->role == b->role && a->paper == b->paper && a->attributes == b->attributes &&
           (!pixels || a->rune == b->rune);
}

/* The looks of a line, up to where only the usual one follows. */
static inline void golden_looks(FILE *out, const cell *line, int width)
{
    const cell usual = {.rune = ' '};
    int end = width;
    while (end > 0 && golden_same(&line[end - 1], &usual))
        end--;
    for (int x = 0, next; x < end; x = next) {
        for (next = x + 1; next < end && golden_same(&line[next], &line[x]);)
            next++;
        if (x > 0)
            fputc(' ', out);
        if (next - x > 1)
            fprintf(out, "%d", next - x);
        golden_look(out, &line[x]);
    }
    fputc('\n', out);
}

/* The picture of a model in a size, to be freed. */
static inline char *golden_draw(model there, int width, int height, bool ascii)
{
    cells c;
    char *picture = NULL;
    size_t size;
    there.settings.screen.ascii = ascii;
    screen_fit(&there, width, height);
    assert_true(cells_init(&c, width, height, ascii));
    screen_draw(&there, &c);
    char *text = picture_of_cells(&c, PICTURE_TEXT, false, false);
    FILE *out = open_memstream(&picture, &size);
    assert_true(text != NULL && out != NULL);
    fprintf(out, "%s\n", text);
    for (int y = 0; y < height; y++)
        golden_looks(out, &c.at[y * width], width);
    assert_int_equal(fclose(out), 0);
    free(text);
    cells_free(&c);
    return picture;
}

/* ----------------------------------------------------------------- comparison */

/* Whether what is tested was configured --without-lapack. */
static inline bool golden_lacks_spectra(void)
{
    const char *lapack = getenv("LAPACK");
    return lapack != NULL && strcmp(lapack, "no") == 0;
}

/* Whether it need not be golden: its pane says "singular values are not built in", over one line
 * or more, and so it is. */
static inline bool golden_is_excused(const char *picture)
{
    return golden_lacks_spectra() && strstr(picture, " 5 Orth") != NULL &&
           strstr(picture, "singular values are") != NULL;
}

/* Notes whether a picture is as the golden one; the first that are not are shown. */
static inline void golden_expect(golden *g, const char *name, bool same, bool missing,
                                 const char *picture)
{
    if (same || golden_is_excused(picture))
        return;
    if (g->faults++ < 40)
        fprintf(stderr, "%s/%s %s\n", g->folder, name,
                missing ? "is missing; make golden writes it" : "differs");
    if (g->faults <= 3) /* cmocka would cut it */
        fprintf(stderr, "drawn now:\n%s\n", picture);
}

static inline void golden_picture(golden *g, const char *name, const char *picture)
{
    char file[200];
    snprintf(file, sizeof file, "%s.txt", name);
    g->pictures++;
    if (g->written != NULL) {
        FILE *out = golden_create(g, file);
        assert_true(fputs(picture, out) >= 0 && fclose(out) == 0);
        return;
    }
    char *expected = golden_read(g, file);
    golden_expect(g, file, expected != NULL && strcmp(expected + 1, picture) == 0, expected == NULL,
                  picture);
    free(expected);
}

static inline void golden_digest(golden *g, const char *name, const char *picture)
{
    char digest[DIGEST_TEXT], start[200], line[300];
    digest_of(picture, strlen(picture), digest);
    g->lines++;
    snprintf(start, sizeof start, "\n%s ", name);
    snprintf(line, sizeof line, "%s%s\n", start, digest);
    if (g->written != NULL)
        fputs(line + 1, g->written);
    else
        golden_expect(g, name, strstr(g->digests, line) != NULL, strstr(g->digests, start) == NULL,
                      picture);
}

/* Makes what the model shows in all sizes, as if the terminal were resized. */
static inline void golden_make(model *m, queue *q)
{
    detinit_error error;
    const int width = m->width, height = m->height;
    const view before = m->view;
    for (size_t n = 0; n < GOLDEN_SIZES; n++) {
        screen_fit(m, golden_sizes[n].width, golden_sizes[n].height);
        if (!queue_finish(q, m, &error))
            fail_msg("%s", error.message);
    }
    screen_fit(m, width, height);
    m->view = before;
}

/*
 * Compares the screens of a model, or writes them anew; makes what they show.  Where `pictured`
 * those of 80 x 24 are kept as pictures.
 */
static inline void golden_screen(golden *g, model *m, queue *q, const char *name, bool pictured)
{
    golden_make(m, q);
    model steady = golden_steady(m, g->trains);
    for (size_t n = 0; n < 2 * GOLDEN_SIZES; n++) {
        const int width = golden_sizes[n / 2].width, height = golden_sizes[n / 2].height;
        char where[160];
        char *picture = golden_draw(steady, width, height, n % 2 == 1);
        snprintf(where, sizeof where, "%s-%dx%d%s", name, width, height,
                 n % 2 == 1 ? "-ascii" : "");
        if (pictured && n / 2 == 0)
            golden_picture(g, where, picture);
        else
            golden_digest(g, where, picture);
        free(picture);
    }
    golden_steady_free(&steady, m);
}

/* ------------------------------------------------------------------------ end */

static inline size_t golden_files(const golden *g)
{
    size_t count = 0;
    DIR *folder = opendir(g->folder);
    assert_non_null(folder);
    for (const struct dirent *at; (at = readdir(folder)) != NULL;)
        count += at->d_name[0] != '.' && strcmp(at->d_name, GOLDEN_DIGESTS) != 0;
    closedir(folder);
    return count;
}

/* Fails where a screen differed, or where there are golden ones that nothing drew. */
static inline void golden_close(golden *g)
{
    size_t lines = 0;
    if (g->written != NULL) {
        assert_int_equal(fclose(g->written), 0);
        return;
    }
    for (const char *at = g->digests + 1; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    free(g->digests);
    if (g->faults > 0)
        fail_msg("%d screens of %s differ; after a change that is meant, make golden writes them "
                 "anew",
                 g->faults, g->folder);
    if (!golden_lacks_spectra() && (lines != g->lines || golden_files(g) != g->pictures))
        fail_msg("%s holds screens that nothing draws; make golden writes it anew", g->folder);
}

#endif
