/*
 * The one table of options (options.def).  From it come the long flags, --help,
 * the explorer's commands and their completion, and the manual's option list.
 * A name means the same everywhere.
 */
#ifndef UI_OPTION_OPTION_H
#define UI_OPTION_OPTION_H

#include "base/names.h"
#include "option/settings.h"

typedef enum option_id {
#define OPTION(id, ...) OPTION_##id,
#include "option/options.def"
    OPTION_COUNT
} option_id;

typedef enum option_kind {
    OPTION_SWITCH,        /* no value on the command line; on or off at the prompt */
    OPTION_WHOLE,         /* uint64_t in min .. max, decimal or 0x hex */
    OPTION_WHOLE_OR_NAME, /* the same, or name:NAME, the layer of a name */
    OPTION_REAL,          /* double, finite, above 0 */
    OPTION_NUMBER,        /* double, finite */
    OPTION_AMOUNT,        /* double, finite, not below 0 */
    OPTION_SHARE,         /* double, 0 .. 1, also as 0% .. 100% */
    OPTION_PORTION,       /* the same, above 0 */
    OPTION_LEVEL,         /* double, finite, not below 0; or auto */
    OPTION_CHOICE,        /* an enumeration with names and aliases */
    OPTION_INITIALIZER,   /* of a detinit_recipe: a mode, or all that an initializer's name says */
    OPTION_SLOPED,        /* nonlinearity and slope of a detinit_recipe, written NAME or NAME:A */
    OPTION_PAIR,          /* two of uint64_t, above 0; or default: 0, 0 */
    OPTION_ROW,           /* has_zero_row and zero_row of a detinit_recipe; or none */
    OPTION_SIZE,          /* uint64_t in min .. max, bytes, also as 5GB or 2GiB */
    OPTION_PART,          /* share_choice, written K/N; or auto, from the environment */
    OPTION_PLACE,         /* tensor_place, written I,J or O,I,Y,X */
    OPTION_DIMENSIONS,    /* rank and shape of a detinit_recipe, written D,D,... */
    OPTION_TEXT           /* a path or a text, owned by the settings */
} option_kind;

/* What options are for: a command takes whole groups, and single options beside them. */
typedef enum option_group {
    GROUP_NONE = 0,           /* commands take it by its name */
    GROUP_SCHEME = 1 << 0,    /* what all tensors of a network may share */
    GROUP_TENSOR = 1 << 1,    /* what is one tensor's own, beside its shape */
    GROUP_SHAPE = 1 << 2,     /* its shape, where no file tells it */
    GROUP_FIGURES = 1 << 3,   /* more to be shown of a matrix */
    GROUP_THRESHOLD = 1 << 4, /* which weights of a trained file sleep */
    GROUP_TRAINING = 1 << 5,  /* the showcase's training */
    GROUP_EXPLORER = 1 << 6,  /* commands in the place of a report, and the screen */
    GROUP_RUN = 1 << 7,       /* how it is carried out and printed */
    GROUP_PROGRAM = 1 << 8,   /* what all commands take */
    GROUP_SIGNAL = 1 << 9,    /* the layers that a signal goes through */
    GROUPS_OF_RECIPE = GROUP_SCHEME | GROUP_TENSOR | GROUP_SHAPE
} option_group;

/* Where an option makes sense. */
enum {
    OPTION_AT_PROMPT = 1, /* also a command of the explorer and of scripts */
    /* Determines the weights, as all of GROUPS_OF_RECIPE and no others do: in the header line, in
     * JSON's recipe, undoable. The group says it; no row needs to. */
    OPTION_IN_RECIPE = 2,
    OPTION_ASKS = 4,            /* asks for something to be printed or written */
    OPTION_DEFAULT_IN_WORDS = 8 /* "all": what 0, or nothing, stands for */
};

/* The names of an enumeration: its canonical names in order, and a parser that knows aliases. */
typedef struct option_choice {
    int count;
    const char *(*name)(int value);
    bool (*parse)(const char *text, int *value);
    const name_table *names; /* for sentences: "he (kaiming), xavier (glorot), ..." */
} option_choice;

typedef struct option {
    const char *name;  /* "fan-in" */
    char letter;       /* 'q', or 0 */
    const char *value; /* placeholder in help, "N"; NULL for a switch */
    option_kind kind;
    size_t offset;               /* of the field in `settings` */
    uint64_t min, max;           /* OPTION_WHOLE, OPTION_WHOLE_OR_NAME */
    const option_choice *choice; /* OPTION_CHOICE, OPTION_INITIALIZER, OPTION_SLOPED */
    const char *standard;        /* the default, as help prints it; NULL: 0 or nothing */
    option_group group;
    unsigned uses;    /* OPTION_AT_PROMPT | ... */
    const char *help; /* one line; see option_help */
} option;

extern const option options[OPTION_COUNT];

/* The option of that name ("seed", without dashes), or NULL. */
const option *option_find(const char *name);

/* Room for the help of any option. */
#define OPTION_HELP_TEXT 400

/* The help of an option, with the names of formats in it and what choices there are. Returns
 * buffer. */
const char *option_help(const option *which, char *buffer, size_t size);

/*
 * Sets an option from its text; `text` is NULL for a bare switch.  On failure
 * the settings are unchanged and `error` says what was expected, starting
 * with "--name: " where `as_flag`, else "name: ".
 */
bool option_set(settings *s, const option *which, const char *text, bool as_flag,
                detinit_error *error);

/* Room for what an option of a choice takes. */
#define CHOICES_TEXT 200

/* "he (kaiming), xavier (glorot), ..."; empty for an option that has no choices. Returns buffer. */
const char *option_choices(const option *which, char *buffer, size_t size);

/* The n-th word that a value may be, for completion; NULL after the last. */
const char *option_word(const option *which, int n);

/* The value as option_set would take it, into buffer; "on" or "off" for a switch. Returns buffer.
 */
const char *option_text(const settings *s, const option *which, char *buffer, size_t size);

#endif
