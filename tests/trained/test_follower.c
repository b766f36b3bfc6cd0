/* Checkpoints as a training run leaves them: complete, half written, replaced, taken away. */
#include "trained_file.h"

#include "trained/checkpoint_series.h"
#include "trained/follower.h"

#include <fcntl.h>
#include <math.h>

#define ROWS 6
#define COLS 4

static detinit_recipe recipe_of_sample(void)
{
    detinit_recipe recipe = detinit_recipe_matrix(7, 0, ROWS, COLS);
    recipe.dtype = DETINIT_FLOAT32;
    return recipe;
}

/* A checkpoint whose first `changed` weights were moved by 1, put in its place by renaming. */
static void save_checkpoint(const char *path, size_t changed)
{
    const detinit_recipe recipe = recipe_of_sample();
    size_t count;
    float *weights = (float *)(void *)initial_weights(&recipe, &count);
    for (size_t n = 0; n < changed; n++)
        weights[n] += 1;
    save_weights(path, &recipe, weights);
    free(weights);
}

static const char manifest[] =
    "{\"seed\": 7, \"dtype\": \"float32\", \"tensors\": [{\"name\": \"w\", \"shape\": [6, 4]}]}";

static follower *begin(const char *path, const char *by_manifest, const char *save)
{
    const measure_by by = {by_manifest, {THRESHOLD_VALUE, 0.5}};
    follower *f = follower_new(path, &by, save);
    assert_non_null(f);
    return f;
}

/* All that is new, joined to `h`. Returns how many points there are then. */
static size_t look(follower *f, history *h, history_news *last)
{
    detinit_error error;
    do {
        if (follower_look(f, NULL, last, &error) != DETINIT_OK)
            fail_msg("%s", error.message);
        assert_true(last->told.count <= 1 || h->count == 0);
        assert_true(history_join(h, &last->told));
        history_clear(&last->told);
    } while (last->more);
    return h->count;
}

/* The first `bytes` of a file as another: what is written in pieces. */
static void copy_part(const char *from, const char *to, size_t bytes)
{
    size_t size;
    unsigned char *data = get_file(from, &size);
    FILE *file = fopen(to, "w");
    assert_non_null(file);
    if (bytes > size)
        bytes = size;
    assert_int_equal(fwrite(data, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
    free(data);
}

static void names_tell_steps(void **state)
{
    static const struct {
        const char *name;
        int64_t step;
    } cases[] = {
        {"step-100", 100}, {"checkpoint-500", 500},
        {"epoch=3", 3},    {"epoch=3-step=1200", 1200},
        {"step_7_v2", 7},  {"llama-7b-step100-last", 100},
        {"model_v2", 2},   {"Step.0012", 12},
        {"last", -1},      {"20241126201145123456789", -1},
        {"", -1},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        uint64_t step = 99;
        assert_int_equal(checkpoint_series_step(cases[n].name, &step), cases[n].step >= 0);
        if (cases[n].step >= 0 && step != (uint64_t)cases[n].step)
            fail_msg("%s: %llu", cases[n].name, (unsigned long long)step);
    }
}

/* Against plain sums over the weights that were written. */
static void figures_are_those_of_the_weights(void **state)
{
    const detinit_recipe recipe = recipe_of_sample();
    history h = {0};
    history_news news;
    size_t count;
    (void)state;
    put_file("m.json", manifest);
    save_checkpoint("step-3.safetensors", 6);
    follower *f = begin(".", "m.json", NULL);
    assert_int_equal(look(f, &h, &news), 1);
    float *weights = (float *)(void *)initial_weights(&recipe, &count);
    double sum = 0, squares = 0;
    for (size_t n = 0; n < count; n++) {
        const double w = (double)(n < 6 ? weights[n] + 1 : weights[n]);
        sum += w;
        squares += w * w;
    }
    const double mean = sum / 24;
    assert_int_equal(h.points[0].step, 3);
    assert_int_equal(h.points[0].weights, 24);
    assert_int_equal(h.points[0].changed, 6);
    assert_double_same(h.points[0].awake, 0.25);
    assert_double_near(h.layers[0].at[HISTORY_NORM][0], sqrt(squares), 1e-12);
    assert_double_near(h.layers[0].at[HISTORY_STD][0], sqrt(squares / 24 - mean * mean), 1e-12);
    assert_double_same(h.layers[0].at[HISTORY_AWAKE][0], 0.25);
    assert_double_near(h.layers[0].at[HISTORY_MEAN_DELTA][0], 0.25, 1e-6);
    assert_true(h.layers[0].at[HISTORY_SPECTRAL][0] < sqrt(squares));
    assert_true(h.layers[0].at[HISTORY_SPECTRAL][0] > sqrt(squares / COLS));
    assert_int_equal(h.layers[0].weights, 24);
    free(weights);
    history_clear(&h);
    follower_free(f);
}

/* At every length a file that is being written is waited for, without a word. */
static void a_half_written_file_is_waited_for(void **state)
{
    history h = {0};
    history_news news;
    struct stat s;
    (void)state;
    assert_int_equal(mkdir("run", 0700), 0);
    save_checkpoint("whole.safetensors", 1);
    assert_int_equal(stat("whole.safetensors", &s), 0);
    follower *f = begin("run", NULL, NULL);
    for (size_t bytes = 0; bytes < (size_t)s.st_size; bytes += 5) {
        copy_part("whole.safetensors", "run/step-1.safetensors", bytes);
        assert_int_equal(look(f, &h, &news), 0);
        assert_int_equal(news.waiting, 1);
        assert_int_equal(news.wrong_lines, 0);
        assert_true(news.place.there);
    }
    copy_part("whole.safetensors", "run/step-1.safetensors", SIZE_MAX);
    assert_int_equal(look(f, &h, &news), 1);
    assert_int_equal(news.waiting, 0);
    assert_int_equal(look(f, &h, &news), 1); /* once */
    history_clear(&h);
    follower_free(f);
}

static void a_file_that_is_replaced_is_read_anew(void **state)
{
    history h = {0};
    history_news news;
    (void)state;
    follower *f = begin("last.safetensors", NULL, NULL);
    assert_int_equal(look(f, &h, &news), 0);
    assert_false(news.place.there);
    for (size_t n = 1; n <= 4; n++) {
        save_checkpoint("last.safetensors", n);
        assert_int_equal(look(f, &h, &news), n);
        assert_int_equal(h.points[n - 1].step, n);
        assert_int_equal(look(f, &h, &news), n);
    }
    assert_true(h.layers[0].at[HISTORY_NORM][3] != h.layers[0].at[HISTORY_NORM][2]);
    assert_int_equal(remove("last.safetensors"), 0);
    assert_int_equal(look(f, &h, &news), 4); /* what it told stays told */
    assert_false(news.place.there);
    assert_false(news.anew);
    save_checkpoint("last.safetensors", 9);
    assert_int_equal(look(f, &h, &news), 5);
    history_clear(&h);
    follower_free(f);
}

static uint64_t step_at(const history *h, size_t n)
{
    assert_true(n < h->count);
    return h->points[n].step;
}

/* By steps, whatever the order of writing; a run that is taken up again goes on from there. */
static void a_folder_is_followed_by_steps(void **state)
{
    history h = {0};
    history_news news;
    (void)state;
    assert_int_equal(mkdir("run", 0700), 0);
    assert_int_equal(mkdir("run/checkpoint-30", 0700), 0);
    assert_int_equal(mkdir("run/tmp-checkpoint-99", 0700), 0);
    assert_int_equal(mkdir("run/logs-5", 0700), 0);
    save_checkpoint("run/step-200.safetensors", 1);
    save_checkpoint("run/step-1000.safetensors", 2);
    save_checkpoint("run/last.safetensors", 3); /* no number: passed over */
    save_checkpoint("run/checkpoint-30/model.safetensors", 4);
    save_checkpoint("run/tmp-checkpoint-99/model.safetensors", 5);
    put_file("run/checkpoint-30/optimizer.pt", "half");
    put_file("run/config.json", "{}");
    put_file("run/.step-7.safetensors", "hidden");
    follower *f = begin("run", NULL, NULL);
    assert_int_equal(look(f, &h, &news), 3);
    assert_int_equal(step_at(&h, 0), 30);
    assert_int_equal(step_at(&h, 1), 200);
    assert_int_equal(step_at(&h, 2), 1000);
    assert_int_equal(remove("run/step-200.safetensors"), 0); /* older ones are taken away */
    assert_int_equal(look(f, &h, &news), 3);
    save_checkpoint("run/step-900.safetensors", 6);
    assert_int_equal(look(f, &h, &news), 4); /* and 1000, which is there still, again */
    assert_int_equal(step_at(&h, 2), 900);
    assert_int_equal(step_at(&h, 3), 1000);
    assert_int_equal(rename("run/tmp-checkpoint-99", "run/checkpoint-2000"), 0);
    assert_int_equal(look(f, &h, &news), 5);
    assert_int_equal(step_at(&h, 4), 2000);
    history_clear(&h);
    follower_free(f);
}

/* Without numbers: in the order of time; one file alone is the folder's model. */
static void names_without_numbers_go_by_time(void **state)
{
    static const char *const names[] = {"run/b.safetensors", "run/a.safetensors"};
    history h = {0};
    history_news news;
    (void)state;
    assert_int_equal(mkdir("run", 0700), 0);
    for (size_t n = 0; n < 2; n++) {
        const struct timespec times[2] = {{.tv_sec = 1000 + (time_t)n},
                                          {.tv_sec = 1000 + (time_t)n}};
        save_checkpoint(names[n], n);
        assert_int_equal(utimensat(AT_FDCWD, names[n], times, 0), 0);
    }
    follower *f = begin("run", NULL, NULL);
    assert_int_equal(look(f, &h, &news), 2);
    assert_int_equal(step_at(&h, 0), 1);
    assert_int_equal(step_at(&h, 1), 2);
    assert_int_equal(h.points[0].modified, INT64_C(1000000000000));
    assert_int_equal(look(f, &h, &news), 2);
    history_clear(&h);
    follower_free(f);
}

/* What is no checkpoint is told once, after a while in which nothing changed; see FOLLOW_PATIENCE.
 */
static void a_wrong_file_is_told(void **state)
{
    history h = {0};
    history_news news;
    (void)state;
    assert_int_equal(mkdir("run", 0700), 0);
    put_file("run/step-1.safetensors", "this is no checkpoint, nor will it ever be one");
    follower *f = begin("run", NULL, NULL);
    assert_int_equal(look(f, &h, &news), 0);
    assert_int_equal(news.waiting, 1);
    assert_non_null(strstr(news.waits_for, "step-1.safetensors"));
    sleep(FOLLOW_PATIENCE + 1);
    assert_int_equal(look(f, &h, &news), 0);
    assert_int_equal(news.waiting, 0);
    assert_int_equal(news.wrong_lines, 1);
    assert_non_null(strstr(news.wrong, "step-1.safetensors"));
    assert_int_equal(look(f, &h, &news), 0);
    assert_int_equal(news.wrong_lines, 0);
    save_checkpoint("run/step-1.safetensors", 1);
    assert_int_equal(look(f, &h, &news), 1);
    history_clear(&h);
    follower_free(f);
}

/* What was saved is told first, and not measured again, even where the files are gone. */
static void a_saved_history_goes_on(void **state)
{
    history h = {0}, again = {0};
    history_news news;
    detinit_error error;
    (void)state;
    assert_int_equal(mkdir("run", 0700), 0);
    save_checkpoint("run/step-1.safetensors", 1);
    save_checkpoint("run/step-2.safetensors", 2);
    follower *f = begin("run", NULL, "h.jsonl");
    assert_int_equal(look(f, &h, &news), 2);
    follower_free(f);
    assert_int_equal(remove("run/step-1.safetensors"), 0);
    save_checkpoint("run/step-3.safetensors", 3);
    FILE *file = fopen("h.jsonl", "a");
    assert_non_null(file);
    fputs("{\"step\": 9, \"wei", file); /* the end of one that was killed */
    assert_int_equal(fclose(file), 0);
    f = begin("run", NULL, "h.jsonl");
    assert_int_equal(look(f, &again, &news), 3);
    follower_free(f);
    assert_int_equal(step_at(&again, 0), 1);
    assert_int_equal(step_at(&again, 2), 3);
    for (size_t n = 0; n < 2; n++)
        assert_double_same(again.layers[0].at[HISTORY_NORM][n], h.layers[0].at[HISTORY_NORM][n]);
    size_t size;
    char *text = (char *)get_file("h.jsonl", &size);
    size_t lines = 0;
    for (size_t n = 0; n < size; n++)
        lines += text[n] == '\n';
    assert_int_equal(lines, 3);
    assert_null(strstr(text, "\"step\": 9"));
    free(text);
    put_file("h.jsonl", "precious text");
    f = begin("run", NULL, "h.jsonl");
    assert_int_equal(follower_look(f, NULL, &news, &error), DETINIT_IO);
    assert_string_equal(error.message, "'h.jsonl' is no history, lines of JSON; save elsewhere");
    history_clear(&news.told);
    follower_free(f);
    text = (char *)get_file("h.jsonl", &size);
    assert_string_equal(text, "precious text");
    free(text);
    history_clear(&h);
    history_clear(&again);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, enter_scratch, leave_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(names_tell_steps),
        IN_SCRATCH(figures_are_those_of_the_weights),
        IN_SCRATCH(a_half_written_file_is_waited_for),
        IN_SCRATCH(a_file_that_is_replaced_is_read_anew),
        IN_SCRATCH(a_folder_is_followed_by_steps),
        IN_SCRATCH(names_without_numbers_go_by_time),
        IN_SCRATCH(a_wrong_file_is_told),
        IN_SCRATCH(a_saved_history_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
