/* Writers of files of tensors: what each format refuses, and how those that wait are cancelled. */
#include "scratch.h"

#include "detinit_files.h"
#include "file/tensorwriter.h"

#include <fcntl.h>

static const uint64_t shape[2] = {100, 100};

/* ------------------------------------------------------------------ formats */

static void assert_announced(detinit_tensorwriter *w, const char *name, const char *type,
                             const char *message)
{
    detinit_error error = {.message = ""};
    detinit_status status = detinit_tensorwriter_announce(w, name, type, 2, shape, NULL, &error);
    assert_string_equal(error.message, message);
    assert_int_equal(status, message[0] == '\0' ? DETINIT_OK : DETINIT_INVALID);
}

static void refuses_what_a_format_cannot_hold(void **state)
{
    detinit_tensorwriter *w;
    detinit_error error;
    (void)state;
    assert_int_equal(tensorwriter_open_by_ending("w.npy", NULL, 0, &w, NULL), DETINIT_OK);
    assert_announced(w, "a", "F8_E4M3",
                     "'w.npy': .npy files have no type F8_E4M3; .safetensors was expected");
    assert_announced(w, "a", "BOOL", "");
    assert_announced(w, "b", "F32",
                     "'w.npy': a .npy file holds one tensor; .safetensors was expected");
    /* Texts about it have no room and are left out. */
    assert_int_equal(detinit_tensorwriter_metadata(w, "k", "v", NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_write(w, "12345", 5, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_metadata(w, "k", "v", &error), DETINIT_INVALID);
    assert_string_equal(error.message, "metadata must come before the data");
    assert_announced(w, "b", "F32", "tensors must be announced before the data");
    assert_int_equal(detinit_tensorwriter_commit(w, NULL, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "9995 of 10000 bytes are missing");
    assert_int_equal(tensorwriter_open_by_ending("w.npy", NULL, 0, &w, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(w, NULL, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "'w.npy': a .npy file holds one tensor, not none");
    const uint64_t nine[] = {1, 1, 1, 1, 1, 1, 1, 1, 2};
    assert_int_equal(tensorwriter_open_by_ending("w.npy", NULL, 0, &w, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_announce(w, "deep", "F32", 9, nine, NULL, &error),
                     DETINIT_INVALID);
    assert_non_null(strstr(error.message, "'deep' has more than 8 dimensions"));
    detinit_tensorwriter_abandon(w);
    detinit_tensorwriter_abandon(NULL);
    assert_int_equal(count_entries(NULL), 0);
}

static void takes_formats_from_endings(void **state)
{
    static const char *const others[] = {"w.csv", "w", "w.npz", ".npy"};
    detinit_tensorwriter *w;
    detinit_error error;
    char message[200];
    (void)state;
    for (size_t n = 0; n < sizeof others / sizeof others[0]; n++) {
        assert_int_equal(tensorwriter_open_by_ending(others[n], NULL, 0, &w, &error),
                         DETINIT_INVALID);
        snprintf(message, sizeof message,
                 "'%s' must end in .safetensors, or in .npy for a single tensor", others[n]);
        assert_string_equal(error.message, message);
    }
    assert_int_equal(count_entries(NULL), 0);
}

/* ------------------------------------------------------------------ waiting */

/* What the progress was asked, and how often before it says no. */
typedef struct asked {
    int left;
    uint64_t done, total;
} asked;

static bool go_on(void *context, uint64_t done, uint64_t total)
{
    asked *a = context;
    a->done = done;
    a->total = total;
    return a->left-- > 0;
}

static void waits_for_a_first_reader(void **state)
{
    detinit_tensorwriter *w;
    asked a = {.left = 2};
    const detinit_run run = {.progress = go_on, .context = &a};
    (void)state;
    assert_int_equal(mkfifo("first", 0600), 0);
    assert_int_equal(detinit_tensorwriter_open_run("first", &run, &w, NULL), DETINIT_CANCELLED);
    assert_int_equal(a.left, -1);
    assert_int_equal(tensorwriter_open("first", &format_npy, &run, 77, &w, NULL),
                     DETINIT_CANCELLED);
    assert_int_equal(a.total, 77);
}

/* Writes parts of a tensor until that fails; so many bytes, or more, have been taken by then. */
static detinit_status write_until_full(detinit_tensorwriter *w, const detinit_run *reported,
                                       uint64_t *taken)
{
    static const unsigned char part[8000];
    detinit_status status = DETINIT_OK;
    for (*taken = 0; *taken < 80000 && status == DETINIT_OK; *taken += sizeof part) {
        if (reported != NULL)
            assert_true(reported->progress(reported->context, *taken / 8, 10000));
        status = detinit_tensorwriter_write(w, part, sizeof part, NULL);
    }
    return status;
}

/* Whoever cannot be told weights is told bytes; whoever reports weights is asked by weights. */
static void waits_for_a_slow_reader(void **state)
{
    uint64_t taken;
    (void)state;
    assert_int_equal(mkfifo("slow", 0600), 0);
    for (int weights = 0; weights < 2; weights++) {
        detinit_tensorwriter *w;
        asked a = {.left = 100};
        const detinit_run run = {.progress = go_on, .context = &a};
        const int reader = open("slow", O_RDWR);
        assert_true(reader >= 0);
        assert_int_equal(detinit_tensorwriter_open_run("slow", &run, &w, NULL), DETINIT_OK);
        assert_announced(w, "a", "F64", "");
        a.left = weights ? 12 : 2;
        assert_int_equal(write_until_full(w, weights ? tensorwriter_run(w) : NULL, &taken),
                         DETINIT_CANCELLED);
        taken -= 8000;
        assert_true(taken > 0);
        assert_int_equal(a.done, weights ? taken / 8 : taken);
        assert_int_equal(a.total, weights ? 10000 : 80000);
        detinit_tensorwriter_abandon(w);
        close(reader);
    }
    assert_true(exists("slow"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, enter_scratch, leave_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(refuses_what_a_format_cannot_hold),
        CASE(takes_formats_from_endings),
        CASE(waits_for_a_first_reader),
        CASE(waits_for_a_slow_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
