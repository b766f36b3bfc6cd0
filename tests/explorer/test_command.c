/* Commands: what they change, what they refuse, how they are completed. */
#include "command_check.h"
#include "explorer/keys.h"
#include "option/option.h"
#include "pane/pane.h"
#include "training_sample.h"
#include "verb/command_line.h"

#include <stdio.h>
#include <string.h>

static void options_are_commands(void **state)
{
    model *m = *state;
    run(m, "seed 7; layer 0x10; rows 30; cols=40; mode xavier; gain 2; dtype bf16; fan-in rows");
    const detinit_recipe *r = &m->settings.recipe;
    assert_int_equal(r->seed, 7);
    assert_int_equal(r->layer, 16);
    assert_int_equal(r->shape[0], 30);
    assert_int_equal(r->shape[1], 40);
    assert_int_equal(r->mode, DETINIT_XAVIER);
    assert_true(r->gain == 2);
    assert_int_equal(r->dtype, DETINIT_BFLOAT16);
    assert_int_equal(r->fan_in, DETINIT_FAN_IN_ROWS);
    run(m, "std 0.5");
    assert_int_equal(r->mode, DETINIT_NORMAL);
    run(m, "orthogonal on");
    assert_true(r->orthogonal);
    run(m, "  :orthogonal off  # a comment; seed 1");
    assert_false(r->orthogonal);
    assert_int_equal(r->seed, 7);
    run(m, "");
    run(m, " ; ;# nothing");
}

static void options_are_set_as_editors_do(void **state)
{
    model *m = *state;
    const detinit_recipe *r = &m->settings.recipe;
    run(m, "set");
    assert_string_equal(m->message, "set: every option is at its default");
    run(m, "set seed 1e3; set rows=30; set cols = 2E1; set mode kaiming_uniform; set ascii");
    assert_int_equal(r->seed, 1000);
    assert_int_equal(r->shape[0], 30);
    assert_int_equal(r->shape[1], 20);
    assert_int_equal(r->dist, DETINIT_DIST_UNIFORM);
    run(m, "set epochs 7; set");
    assert_string_equal(m->message,
                        "set: seed 1000; rows 30; cols 20; dist uniform; epochs 7; ascii on");
    run(m, "set shape 3,4,5; set data /nowhere; set");
    assert_string_equal(m->message, "set: seed 1000; shape 3,4,5; dist uniform; data /nowhere; "
                                    "epochs 7; ascii on");
    refuse(m, "set sead 5", "set: 'sead' is no option of the prompt, did you mean seed?");
    refuse(m, "set format json", "set: 'format' is no option of the prompt; help lists them");
    refuse(m, "set seed", "seed: needs a value");
    refuse(m, "set seed 1.5e0", "seed: '1.5e0' is not a whole number");
}

/* The names that other full-screen programs taught. */
static void short_names_do_what_long_ones_do(void **state)
{
    model *m = *state;
    refuse(m, "w", "w: needs a value: FILE");
    refuse(m, "w x.txt",
           "save: 'x.txt' must end in .npy, .csv or .safetensors, which names the format");
    assert_null(m->asked);
    run(m, ":w x.npy");
    assert_string_equal(m->settings.output.save, "x.npy");
    assert_int_equal(m->asked->kind, WORK_SAVE);
    run(m, "e net.npy");
    assert_string_equal(m->opened, "net.npy");
    run(m, ":q");
    assert_true(m->quit);
}

static void a_weight_is_gone_to(void **state)
{
    model *m = *state;
    run(m, "rows 1e3; pane histogram; weight 5e2,7");
    assert_true(pane_in_focus(m, &pane_weight));
    assert_int_equal(m->view.row, 500);
    assert_int_equal(m->view.col, 7);
    run(m, "pane histogram; weight");
    assert_true(pane_in_focus(m, &pane_weight));
    assert_int_equal(m->view.row, 500);
    refuse(m, "weight 5", "weight: '5' is not a place: row and column as I,J, from 0");
    refuse(m, "weight 5,10", "weight: 5,10 lies outside the 1000 x 10 matrix; places count from 0");
}

static void bad_lines_change_nothing(void **state)
{
    model *m = *state;
    refuse(m, "seed", "seed: needs a value");
    refuse(m, "seed abc", "seed: 'abc' is not a whole number");
    refuse(m, "rows 0", "rows: '0' is out of range, which is 1 .. 2^63-1");
    refuse(m, "mode hee",
           "mode: 'hee' is unknown, did you mean he? It takes he (kaiming), xavier (glorot), "
           "lecun, torch, normal, constant, identity (eye), dirac or delta_orthogonal, or an "
           "initializer's name such as kaiming_uniform");
    refuse(m, "goto 1", "goto: '1' is not a place: row and column as I,J, from 0");
    refuse(m, "goto 10,0", "goto: 10,0 lies outside the 10 x 10 matrix; places count from 0");
    refuse(m, "goto", "goto: needs a value: I,J");
    refuse(m, "undo", "undo: nothing was changed yet");
    refuse(m, "quit now", "quit: takes no value");
    refuse(m, "sead 5", "sead: no such command, did you mean seed?");
    refuse(m, "wieght 1,1", "wieght: no such command, did you mean weight?");
    refuse(m, "x", "x: no such command; help lists them"); /* no other letter is near */
    refuse(m, "zoom onn", "zoom: 'onn' is unknown, did you mean on? It takes on, off");
    refuse(m, "mode kaimng_normal",
           "mode: 'kaimng_normal' is unknown, did you mean kaiming_normal? It takes he (kaiming), "
           "xavier (glorot), lecun, torch, normal, constant, identity (eye), dirac or "
           "delta_orthogonal, or an initializer's name such as kaiming_uniform");
    refuse(m, "xyzzyxyzzy", "xyzzyxyzzy: no such command; help lists them");
    refuse(m, "format json", "format: no such command; help lists them");
    refuse(m, "save w.txt",
           "save: 'w.txt' must end in .npy, .csv or .safetensors, which names the format");
    refuse(m, "export x.png", "export: 'x.png' must end in .txt, .ansi or .svg");
    refuse(m, "export x.svg here", "export: 'here' is neither a pane nor a size such as 100x30");
    refuse(m, "export x.svg 9x9 8x8", "export: '8x8' is neither a pane nor a size such as 100x30");
    refuse(m, "export x.svg matrix 9x9 modes",
           "export: 'modes' is neither a pane nor a size such as 100x30");
    refuse(m, "export x.svg matrix 9x9 here",
           "export: 'here' is neither a pane nor a size such as 100x30");
    refuse(m, "export x 9x9", "export: 'x' must end in .txt, .ansi or .svg");
    run(m, "orthogonal on");
    refuse(m, "dist uniform", "dist: an orthogonal matrix is made from normal draws");
}

static void a_line_stops_where_it_fails(void **state)
{
    model *m = *state;
    detinit_error error;
    assert_false(command_run(m, "seed 5; seed x; seed 6", &error));
    assert_int_equal(m->settings.recipe.seed, 5);
}

static void a_new_recipe_drops_results(void **state)
{
    model *m = *state;
    uint64_t generation = m->generation;
    m->results.has[PIECE_SURVEY] = true;
    run(m, "seed 42");
    assert_true(m->results.has[PIECE_SURVEY]); /* the same recipe */
    run(m, "seed 43");
    assert_false(m->results.has[PIECE_SURVEY]);
    assert_int_equal(m->generation, generation + 1);
}

static void seeds_and_names_go_around(void **state)
{
    model *m = *state;
    run(m, "layer 0; previous layer");
    assert_int_equal(m->settings.recipe.layer, 0);
    assert_string_equal(m->message, "layer 0 is the first");
    run(m, "seed 0; previous seed");
    assert_true(m->settings.recipe.seed == UINT64_MAX);
    run(m, "next seed; previous mode");
    assert_int_equal(m->settings.recipe.seed, 0);
    assert_int_equal(m->settings.recipe.mode, DETINIT_NORMAL);
    run(m, "next mode; previous dist");
    assert_int_equal(m->settings.recipe.mode, DETINIT_HE);
    assert_int_equal(m->settings.recipe.dist, DETINIT_DIST_TRUNC_NORMAL);
    run(m, "previous dist; cut 3"); /* which dist truncated does not take */
    assert_int_equal(m->settings.recipe.dist, DETINIT_DIST_TRUNC_NORMAL);
    run(m, "previous dist");
    assert_int_equal(m->settings.recipe.dist, DETINIT_DIST_UNIFORM);
    run(m, "next dist");
    assert_int_equal(m->settings.recipe.dist, DETINIT_DIST_TRUNC_NORMAL);
}

/* Steps go through schemes alone; the others are there by their names. */
static void steps_skip_what_is_not_drawn(void **state)
{
    model *m = *state;
    for (int n = 1; n <= 2 * DETINIT_SCHEME_COUNT; n++) {
        run(m, "next mode");
        assert_int_equal(m->settings.recipe.mode, n % DETINIT_SCHEME_COUNT);
    }
    run(m, "mode zeros; next mode");
    assert_int_equal(m->settings.recipe.mode, DETINIT_HE);
    run(m, "mode identity; previous mode");
    assert_int_equal(m->settings.recipe.mode, DETINIT_NORMAL);
}

/* An option that needs another brings it along, or says why it cannot. */
static void options_bring_what_they_need(void **state)
{
    model *m = *state;
    const detinit_recipe *r = &m->settings.recipe;
    run(m, "value 3");
    assert_int_equal(r->mode, DETINIT_CONSTANT);
    assert_true(r->value == 3);
    refuse(m, "mean 1", "mean: has no effect with mode constant; leave it out");
    refuse(m, "next dist", "dist: has no effect with mode constant; leave it out");
    run(m, "undo; cut 3");
    assert_int_equal(r->mode, DETINIT_HE);
    assert_int_equal(r->dist, DETINIT_DIST_TRUNC_NORMAL);
    refuse(m, "dist truncated", "dist truncated is cut at 2; dist trunc_normal takes other cuts");
    run(m, "orthogonal on; mode ones");
    assert_false(r->orthogonal);
    assert_true(r->value == 1);
    run(m, "mode orthogonal");
    assert_true(r->orthogonal);
    refuse(m, "zero 0.5", "zero: has no effect on orthogonal weights; leave it out");
    refuse(m, "fans 3,4", "fans: has no effect on orthogonal weights; leave it out");
    run(m, "mode xavier; orthogonal off");
    refuse(m, "fan-mode fan_out",
           "fan-mode: needs mode he, lecun or torch; xavier takes both fans, normal none");
    run(m, "zero-row 9");
    refuse(m, "rows 9", "zero_row must be a row of the first dimension, below 9, not 9");
    run(m, "zero-row none; rows 9");
}

/* A tensor without weights has panes and a cursor, too. */
static void what_holds_no_weights_is_shown(void **state)
{
    model *m = *state;
    run(m, "shape 0,3; move bottom; move last; pane weight; zoom");
    assert_int_equal(m->view.row, 0);
    assert_int_equal(m->view.col, 2);
    run(m, "pane matrix; recipe");
    assert_string_equal(m->message, "detinit --seed 42 --shape 0,3 --mode he");
    run(m, "shape 3,0; shape 2,0,4; shape 0; shape scalar; move bottom");
    assert_int_equal(m->view.row, 0);
    refuse(m, "goto 0", "goto: '0' is not a place: a scalar is one weight and has no indices");
}

static void the_cursor_stays_inside(void **state)
{
    model *m = *state;
    run(m, "move up; move left");
    assert_int_equal(m->view.row, 0);
    run(m, "move bottom; move last; move down; move right; move page-down");
    assert_int_equal(m->view.row, 9);
    assert_int_equal(m->view.col, 9);
    run(m, "rows 5; cols 3");
    assert_int_equal(m->view.row, 4);
    assert_int_equal(m->view.col, 2);
    run(m, "rows 9223372036854775807; move bottom; move page-down");
    assert_true(m->view.row == 9223372036854775806u);
}

static void closing_goes_one_step_at_a_time(void **state)
{
    model *m = *state;
    run(m, "zoom; help seed; close");
    assert_true(m->view.help && m->view.help_search[0] == '\0');
    run(m, "close; close");
    assert_false(m->view.help || m->view.zoomed || m->quit);
    run(m, "back; back; back");
    assert_false(m->quit);
    run(m, "close");
    assert_true(m->quit);
}

static void keys_stand_for_commands(void **state)
{
    model *m = *state;
    model_take_trained(m, sample_network(SAMPLE_POINTS, false));
    for (int n = 0; n < key_binding_count; n++) {
        assert_ptr_equal(key_find(key_bindings[n].key), &key_bindings[n]);
        m->view.zoomed = false; /* alone, not each pane has other views */
        if (key_bindings[n].key != 'd' &&
            strstr("undo redo next hit face dims next slice previous slice",
                   key_bindings[n].text) == NULL)
            run(m, key_bindings[n].text);
        if (m->trained == NULL) /* a training begins, and nobody carries it out */
            model_take_trained(m, sample_network(SAMPLE_POINTS, false));
    }
    assert_null(key_find('X'));
    assert_null(key_find(0));
}

/* Words are rows: each has a name and something to do, or its command does it. */
static void check_words(const command *c)
{
    int count = 0;
    assert_non_null(c->value);
    for (; c->words(count).name != NULL; count++) {
        const command_word word = c->words(count);
        assert_true(word.name[0] != '\0' && strpbrk(word.name, " ;#=") == NULL);
        assert_true(word.run != NULL || c->run != NULL);
        for (int other = 0; other < count; other++)
            assert_string_not_equal(word.name, c->words(other).name);
    }
    assert_true(count > 0);
}

/* Nothing changes in a pane that is not on the screen. */
static void a_pane_alone_has_its_own_views(void **state)
{
    model *m = *state;
    run(m, "pane statistics; zoom on");
    const view before = m->view;
    refuse(m, "view", "view: Statistics has one view alone");
    assert_memory_equal(&m->view.panes, &before.panes, sizeof before.panes);
    run(m, "zoom off; view");
    assert_memory_not_equal(&m->view.panes, &before.panes, sizeof before.panes);
}

static void rows_are_complete(void **state)
{
    const command *c;
    char help[256];
    (void)state;
    for (int n = 0; (c = command_at(n)) != NULL; n++) {
        assert_true(c->name[0] != '\0' && strpbrk(c->name, " \t;#=:") == NULL);
        assert_ptr_equal(command_find(c->name), c);
        assert_true(c->help != NULL && c->help[0] != '\0');
        assert_true(c->run != NULL || c->words != NULL);
        assert_true(strlen(command_help(c, help, sizeof help)) < sizeof help - 1);
        if (c->words != NULL)
            check_words(c);
        if (c->shows != NULL)
            assert_non_null(c->value);
    }
    for (int n = 0; n < key_binding_count; n++) {
        char text[64], *line = text;
        command_call call;
        snprintf(text, sizeof text, "%s", key_bindings[n].text);
        assert_true(command_cut(&line, &call));
        assert_true(command_find(call.name) != NULL || option_find(call.name) != NULL);
        assert_true(key_bindings[n].label[0] != '\0');
    }
}

static void help_names_words(void **state)
{
    char help[256];
    (void)state;
    assert_string_equal(command_help(command_find("next"), help, sizeof help),
                        "next seed, layer, mode, dist, fan-in, activation, threshold, tensor, "
                        "hit, slice or found");
    assert_string_equal(command_help(command_find("view"), help, sizeof help),
                        "another view of the pane: numbers, heat, afar, extremes, images, log, qq, "
                        "tanh, layers, phase, ...");
    assert_string_equal(command_help(command_find("move"), help, sizeof help),
                        "move the cursor: up, down, page-down, top, first, ...");
    assert_string_equal(command_help(command_find("pane"), help, sizeof help),
                        "go to a pane, by its name or number");
}

/* Each digit that a pane has goes to it; no other does anything. */
static void digits_go_to_panes(void **state)
{
    model *m = *state;
    for (int digit = 0; digit <= 9; digit++) {
        const key_binding *binding = key_find('0' + digit);
        assert_int_equal(binding != NULL, digit <= PANE_COUNT);
        if (binding == NULL)
            continue;
        run(m, binding->text);
        assert_true(digit > 0 ? m->view.pane == digit - 1 : pane_in_focus(m, &pane_tensors));
    }
}

/* A pane is the same by whatever text it is named, wherever it is named. */
static void all_commands_find_the_same_pane(void **state)
{
    model *m = *state;
    detinit_error error;
    screenshot what;
    for (int n = 0; n < PANE_COUNT; n++) {
        for (size_t length = 1; length <= strlen(panes[n]->name); length++) {
            char line[64], text[64];
            char *rest = text;
            command_call call;
            snprintf(line, sizeof line, "pane %.*s", (int)length, panes[n]->name);
            snprintf(text, sizeof text, "export x.txt %.*s", (int)length, panes[n]->name);
            assert_true(command_cut(&rest, &call));
            const bool gone = command_run(m, line, &error), shown = command_shows(m, &call, &what);
            assert_int_equal(gone, shown);
            if (gone)
                assert_int_equal(m->view.pane, what.pane);
        }
    }
    assert_false(command_run(m, "pane m", &error)); /* matrix or modes */
    assert_memory_equal(error.message, "pane: 'm' is unknown; it takes matrix, ", 39);
    refuse(m, "export e.txt m", "export: 'm' is neither a pane nor a size such as 100x30");
    run(m, "pane mo");
    assert_true(pane_in_focus(m, &pane_modes));
    run(m, "pane n"); /* no pane begins so */
    assert_true(pane_in_focus(m, &pane_orthogonality));
}

/* The candidates for a line, joined by blanks. */
static const char *candidates(const char *line, char *joined, size_t size)
{
    char one[64];
    bool file;
    joined[0] = '\0';
    for (int n = 0; command_complete(line, n, one, sizeof one, &file); n++)
        snprintf(joined + strlen(joined), size - strlen(joined), "%s%s", n > 0 ? " " : "", one);
    if (file)
        snprintf(joined + strlen(joined), size - strlen(joined), "(file)");
    return joined;
}

static void words_are_completed(void **state)
{
    char text[2048];
    (void)state;
    assert_string_equal(candidates("se", text, sizeof text), "set seed");
    assert_string_equal(candidates("mode ", text, sizeof text),
                        "he xavier lecun torch normal constant identity dirac delta_orthogonal "
                        "kaiming_normal kaiming_uniform xavier_normal xavier_uniform he_normal "
                        "he_uniform glorot_normal glorot_uniform lecun_normal lecun_uniform "
                        "trunc_normal truncated_normal orthogonal zeros ones");
    assert_string_equal(candidates("fan-mode ", text, sizeof text), "fan_in fan_out fan_avg");
    assert_string_equal(candidates("nonlinearity l", text, sizeof text), "linear leaky_relu");
    assert_string_equal(candidates("threshold a", text, sizeof text), "auto");
    assert_string_equal(candidates("seed 1; mode xavier_u", text, sizeof text), "xavier_uniform");
    assert_string_equal(candidates("pane s", text, sizeof text), "statistics signal");
    assert_non_null(strstr(candidates("pane ", text, sizeof text), "matrix statistics "));
    assert_non_null(strstr(text, " next previous"));
    assert_string_equal(candidates("view l", text, sizeof text), "linear log layers loss");
    assert_string_equal(candidates("next t", text, sizeof text), "threshold tensor");
    assert_string_equal(candidates("train ", text, sizeof text), "small compare");
    assert_string_equal(candidates("zoom o", text, sizeof text), "on off");
    assert_string_equal(candidates("orthogonal o", text, sizeof text), "on off");
    assert_string_equal(candidates("mode=xavier_u", text, sizeof text), "xavier_uniform");
    assert_string_equal(candidates("set see", text, sizeof text), "seed");
    assert_string_equal(candidates("set fan-mode ", text, sizeof text), "fan_in fan_out fan_avg");
    assert_string_equal(candidates("seed 1; set fan-in=r", text, sizeof text), "rows");
    assert_string_equal(candidates("set save ", text, sizeof text), "(file)");
    assert_string_equal(candidates("w a", text, sizeof text), "(file)");
    assert_string_equal(candidates("e a", text, sizeof text), "(file)");
    assert_string_equal(candidates("save we", text, sizeof text), "(file)");
    assert_string_equal(candidates("export a", text, sizeof text), "(file)");
    assert_string_equal(candidates("seed 4", text, sizeof text), "");
    assert_string_equal(candidates("zzz", text, sizeof text), "");
    assert_non_null(strstr(candidates("", text, sizeof text), "goto"));
}

static void the_recipe_is_a_command_line(void **state)
{
    model *m = *state;
    run(m, "rows 5; mode normal; std 0.1; dist truncated; gain 3; dtype f4; layer 2; recipe");
    assert_string_equal(m->message,
                        "detinit --seed 42 --layer 2 --rows 5 --cols 10 --mode normal --std 0.1 "
                        "--dist truncated --gain 3 --dtype float32");
    run(m, "rows 10; layer 0; mode glorot_uniform; gain 1; dtype float64; fans 64,32; zero 0.5; "
           "mean -0.5; zero-row 3; via f2; nonlinearity leaky_relu:0.2; recipe");
    assert_string_equal(m->message,
                        "detinit --seed 42 --rows 10 --cols 10 --mode xavier --dist uniform "
                        "--fans 64,32 --nonlinearity leaky_relu:0.2 --mean -0.5 --zero 0.5 "
                        "--zero-row 3 --via float16");
    run(m, "mode trunc_normal; cut 3; fan-in rows; recipe"); /* normal has no fans to state */
    assert_string_equal(m->message,
                        "detinit --seed 42 --rows 10 --cols 10 --mode normal --std 0.1 --dist "
                        "trunc_normal --cut 3 --fan-in rows --nonlinearity leaky_relu:0.2 "
                        "--mean -0.5 --zero 0.5 --zero-row 3 --via float16");
    run(m, "value 2.5; recipe");
    assert_string_equal(m->message,
                        "detinit --seed 42 --rows 10 --cols 10 --mode constant --fan-in rows "
                        "--value 2.5 --zero-row 3 --via float16");
}

static void other_commands_have_theirs(void **state)
{
    char line[512], file[] = "it's net.npy";
    settings s;
    (void)state;
    settings_init(&s);
    assert_string_equal(command_line_of(&s, &verb_showcase, line, sizeof line),
                        "detinit showcase --seed 42 --mode he");
    s.training.small = true;
    s.training.epochs = 5;
    s.tracking.sparsity = 0.5;
    s.recipe.seed = 7;
    s.recipe.layer = 3;
    assert_string_equal(command_line_of(&s, &verb_showcase, line, sizeof line),
                        "detinit showcase --seed 7 --mode he --small --epochs 5");
    s.file = file;
    assert_string_equal(command_line_of(&s, &verb_analyze, line, sizeof line),
                        "detinit analyze 'it'\\''s net.npy' --seed 7 --layer 3");
}

static void the_background_is_as_set_or_as_told(void **state)
{
    model *m = *state;
    assert_false(model_light(m));
    m->terminal_light = true;
    assert_true(model_light(m));
    run(m, "background dark");
    assert_false(model_light(m));
    m->terminal_light = false;
    run(m, "background light");
    assert_true(model_light(m));
    refuse(m, "background ligth",
           "background: 'ligth' is unknown, did you mean light? It takes auto, dark or light");
    assert_true(model_light(m));
    run(m, "background auto");
    assert_false(model_light(m));
}

static void choices_describe_all_their_names(void **state)
{
    (void)state;
    for (int id = 0; id < OPTION_COUNT; id++) {
        const option_choice *choice = options[id].choice;
        char told[CHOICES_TEXT];
        option_choices(&options[id], told, sizeof told);
        for (int n = 0; choice != NULL && n < choice->count; n++) {
            int value = -1;
            assert_non_null(strstr(told, choice->name(n)));
            assert_true(choice->parse(choice->name(n), &value));
            assert_int_equal(value, n);
        }
    }
    for (int way = 0; way < DETINIT_PRUNE_COUNT; way++)
        assert_string_equal(options[OPTION_TO].choice->name(way),
                            detinit_prune_name((detinit_prune)way));
}

static void files_need_a_way_a_name_and_a_network(void **state)
{
    model *m = *state;
    refuse(m, "prune half net.safetensors",
           "prune: 'half' is unknown; it takes init, zero or magnitude, and the name of a file");
    refuse(m, "prune zero", "prune: needs the name of a file: prune zero FILE");
    refuse(m, "prune zero net.safetensors",
           "prune: there is no trained network yet: train, or open FILE");
    refuse(m, "pack net.safetensors", "pack: there is no trained network yet: train, or open FILE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(options_are_commands),
        CASE(options_are_set_as_editors_do),
        CASE(short_names_do_what_long_ones_do),
        CASE(a_weight_is_gone_to),
        CASE(bad_lines_change_nothing),
        CASE(a_line_stops_where_it_fails),
        CASE(a_new_recipe_drops_results),
        CASE(seeds_and_names_go_around),
        CASE(steps_skip_what_is_not_drawn),
        CASE(options_bring_what_they_need),
        CASE(what_holds_no_weights_is_shown),
        CASE(the_cursor_stays_inside),
        CASE(closing_goes_one_step_at_a_time),
        CASE(keys_stand_for_commands),
        CASE(a_pane_alone_has_its_own_views),
        CASE(rows_are_complete),
        CASE(help_names_words),
        CASE(digits_go_to_panes),
        CASE(all_commands_find_the_same_pane),
        CASE(words_are_completed),
        CASE(the_recipe_is_a_command_line),
        CASE(other_commands_have_theirs),
        CASE(the_background_is_as_set_or_as_told),
        CASE(choices_describe_all_their_names),
        CASE(files_need_a_way_a_name_and_a_network),
    };
    return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
