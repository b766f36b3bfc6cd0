/* Rules that tell what tensors are called elsewhere: see detinit_name_rules. */
#ifndef DETINIT_NETWORK_NAME_RULES_H
#define DETINIT_NETWORK_NAME_RULES_H

#include "base/arena.h"
#include "detinit_network.h"

/* The most * in a name, and names in a stack. */
#define NAME_STARS_MOST 8
#define NAME_PARTS_MOST 64

/* A name, cut at its stars: "h.*.w" is "h." and ".w". */
typedef struct name_pattern {
    size_t stars;
    const char *pieces[NAME_STARS_MOST + 1]; /* stars + 1 */
} name_pattern;

typedef struct name_rule {
    size_t line; /* from 1 */
    const char *text;
    name_pattern from; /* what it is called where names are looked for */
    detinit_stacking stacking;
    size_t count; /* of what is looked for; several are a stack */
    const name_pattern *to;
} name_rule;

struct detinit_name_rules {
    arena arena;
    const char *shown;
    size_t count, room;
    name_rule *rules;
};

/* What the stars of a pattern stand for in a name. */
typedef struct name_captures {
    const char *at[NAME_STARS_MOST];
    size_t length[NAME_STARS_MOST];
} name_captures;

bool name_pattern_fits(const name_pattern *pattern, const char *name, name_captures *captures);

/*
 * What one name of `to` becomes: its stars stand for the last ones of `from`.  malloc'ed, NULL
 * without memory.
 */
char *name_pattern_fill(const name_pattern *to, const name_pattern *from,
                        const name_captures *captures);

/* Appends name n of `count` to a sentence: "'a', 'b' and 'c'". */
void name_tell(char *text, size_t size, const char *name, size_t n, size_t count);

#endif
