/* Networks saved, as one file and as a folder: what they hold, and what is refused. */
#include "data_offset.h"
#include "network_check.h"

#include "detinit_files.h"
#include "detinit_network.h"
#include "network/file_name.h"
#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

/* Tensors of all kinds, odd counts among them, 16 bits before 64. */
static const char mixed[] =
    "{\"seed\":7,\"tensors\":["
    "{\"name\":\"half\",\"shape\":[3],\"dtype\":\"float16\"},"
    "{\"name\":\"double\",\"shape\":[300,401]},"
    "{\"name\":\"conv\",\"shape\":[5,3,3,3],\"zero_mean\":true,\"dtype\":\"float32\"},"
    "{\"name\":\"rnn\",\"shape\":[33,33],\"orthogonal\":true,\"dtype\":\"float32\"},"
    "{\"name\":\"brain\",\"shape\":[7,1,5],\"mode\":\"torch\",\"dtype\":\"bfloat16\"}]}";

/* The tensor is the recipe's, to the bit. */
static void check_tensor(const detinit_tensorfile *file, const detinit_tensor *tensor,
                         const detinit_recipe *recipe)
{
    const size_t bytes = (size_t)(tensor->count * tensor->item_bytes);
    unsigned char *made = allocate(bytes), *read = allocate(bytes);
    detinit_matrix *matrix;
    assert_int_equal(tensor->rank, recipe->rank);
    assert_memory_equal(tensor->shape, recipe->shape, recipe->rank * sizeof(uint64_t));
    assert_int_equal(detinit_matrix_new(recipe, NULL, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_fill(matrix, NULL, made, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensor_read(file, tensor, 0, (size_t)tensor->count, read, NULL),
                     DETINIT_OK);
    assert_memory_equal(made, read, bytes);
    detinit_matrix_free(matrix);
    free(made);
    free(read);
}

static void check_saved(const char *path, const detinit_network *network)
{
    detinit_tensorfile *file;
    detinit_network back;
    assert_int_equal(detinit_tensorfile_open(path, &file, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_count(file), network->count);
    for (size_t n = 0; n < network->count; n++) {
        const detinit_recipe *recipe = &network->layers[n].recipe;
        const detinit_tensor *tensor = detinit_tensorfile_find(file, network->layers[n].name);
        assert_non_null(tensor);
        assert_int_equal(tensor->dtype, recipe->dtype);
        assert_int_equal((uint64_t)data_offset(file, tensor) % tensor->item_bytes, 0);
        check_tensor(file, tensor, recipe);
    }
    assert_string_equal(detinit_tensorfile_metadata(file, "detinit.version"), "1");
    const char *manifest = detinit_tensorfile_metadata(file, "detinit.manifest");
    parse_good(manifest, &back);
    assert_int_equal(back.count, network->count);
    for (size_t n = 0; n < back.count; n++)
        assert_true(detinit_recipe_equal(&back.layers[n].recipe, &network->layers[n].recipe));
    detinit_network_free(&back);
    detinit_tensorfile_close(file);
}

static bool count_progress(void *context, uint64_t done, uint64_t total)
{
    uint64_t *seen = context;
    assert_true(done >= seen[0] && done <= total);
    assert_true(seen[1] == 0 || total == seen[1]);
    seen[0] = done;
    seen[1] = total;
    return true;
}

static void test_save(void **state)
{
    (void)state;
    detinit_network n;
    parse_good(mixed, &n);
    for (unsigned threads = 1; threads <= 3; threads++) {
        uint64_t bytes = 0, seen[2] = {0, 0};
        struct stat about;
        const detinit_run run = {.threads = threads, .progress = count_progress, .context = seen};
        assert_int_equal(detinit_network_save(&n, "n.safetensors", &run, &bytes, NULL), DETINIT_OK);
        assert_int_equal(stat("n.safetensors", &about), 0);
        assert_int_equal(about.st_size, bytes);
        assert_true(seen[0] == seen[1] && seen[1] > 0);
        check_saved("n.safetensors", &n);
    }
    assert_int_equal(detinit_network_save(&n, "m.safetensors", NULL, NULL, NULL), DETINIT_OK);
    check_saved("m.safetensors", &n);
    detinit_network_free(&n);
}

static bool stop_halfway(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    return 2 * done < total;
}

static bool die_halfway(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    if (2 * done >= total)
        raise(SIGKILL);
    return true;
}

static void test_save_cancelled(void **state)
{
    (void)state;
    detinit_network n;
    detinit_error error;
    const detinit_run run = {.progress = stop_halfway};
    parse_good(mixed, &n);
    put_file("c.safetensors", "old");
    const int entries = count_entries(NULL);
    assert_int_equal(detinit_network_save(&n, "c.safetensors", &run, NULL, &error),
                     DETINIT_CANCELLED);
    assert_file_holds("c.safetensors", "old");
    assert_int_equal(count_entries(NULL), entries);
    detinit_network_free(&n);
}

/* Each is refused before a file is touched. */
static void test_save_refused(void **state)
{
    (void)state;
    char a[] = "a", tab[] = "a\tb", not_utf8[] = "\xff";
    const detinit_recipe good = detinit_recipe_matrix(1, 0, 2, 2),
                         beyond = detinit_recipe_matrix(1, 0, UINT64_MAX, 2),
                         huge = detinit_recipe_matrix(1, 0, DETINIT_MAX_DIMENSION, 1);
    const struct {
        size_t count;
        detinit_layer layers[2];
        const char *message;
    } cases[] = {
        {0, {{a, good}}, "a network has 1 .. 1048576 tensors, not 0"},
        {1,
         {{tab, good}},
         "the name of tensor 1 must be 1 .. 4096 bytes of UTF-8 text without control characters, "
         "and not "
         "__metadata__"},
        {1,
         {{not_utf8, good}},
         "the name of tensor 1 must be 1 .. 4096 bytes of UTF-8 text without control characters, "
         "and not "
         "__metadata__"},
        {1, {{a, beyond}}, "tensor 'a': each dimension must be 0 .. 2^63-1"},
        {2, {{a, good}, {a, good}}, "two tensors are called 'a'"},
        {1, {{a, huge}}, "'a': its shape is too large"},
    };
    const int entries = count_entries(NULL);
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        detinit_layer layers[2] = {cases[n].layers[0], cases[n].layers[1]};
        const detinit_network network = {.count = cases[n].count, .layers = layers};
        detinit_error error = {0};
        assert_int_equal(detinit_network_save(&network, "r.safetensors", NULL, NULL, &error),
                         DETINIT_INVALID);
        assert_string_equal(error.message, cases[n].message);
        if (cases[n].layers[0].recipe.shape[0] !=
            DETINIT_MAX_DIMENSION) { /* too large for a file */
            assert_int_equal(detinit_network_save_folder(&network, "r", NULL, NULL, &error),
                             DETINIT_INVALID);
            assert_string_equal(error.message, cases[n].message);
            assert_int_equal(
                detinit_network_save_shards(&network, "r", 1 << 20, 1, 1, NULL, NULL, &error),
                DETINIT_INVALID);
            assert_string_equal(error.message, cases[n].message);
        }
        assert_int_equal(count_entries(NULL), entries);
    }
}

/* ------------------------------------------------------------------ folders */

static void check_folder(const char *path, const detinit_network *network)
{
    char name[4096];
    detinit_network back;
    size_t size;
    for (size_t n = 0; n < network->count; n++) {
        const detinit_recipe *recipe = &network->layers[n].recipe;
        detinit_tensorfile *file;
        snprintf(name, sizeof name, "%s/%s.npy", path, network->layers[n].name);
        assert_int_equal(detinit_tensorfile_open(name, &file, NULL), DETINIT_OK);
        const detinit_tensor *tensor = detinit_tensorfile_tensor(file, 0);
        check_tensor(file, tensor, recipe);
        detinit_tensorfile_close(file);
    }
    snprintf(name, sizeof name, "%s/manifest.json", path);
    char *text = (char *)get_file(name, &size);
    parse_good(text, &back);
    assert_int_equal(back.count, network->count);
    detinit_network_free(&back);
    free(text);
}

/* Files in a folder, hidden ones among them. */
static int files_in(const char *path)
{
    char here[4096];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(path), 0);
    const int count = count_entries(NULL);
    assert_int_equal(chdir(here), 0);
    return count;
}

static void test_folder(void **state)
{
    (void)state;
    detinit_network n;
    struct stat before, after;
    uint64_t bytes = 0, seen[2] = {0, 0};
    const detinit_run run = {.threads = 2, .progress = count_progress, .context = seen};
    const int entries = count_entries(NULL);
    parse_good(mixed, &n);
    assert_int_equal(detinit_network_save_folder(&n, "new//", &run, &bytes, NULL), DETINIT_OK);
    assert_true(seen[0] == seen[1] && seen[1] > 0);
    assert_int_equal(files_in("new"), n.count + 1);
    check_folder("new", &n);
    assert_int_equal(count_entries(NULL), entries + 1);
    /* An empty one keeps its mode; a link stands for what it points to. */
    assert_int_equal(mkdir("empty", 0700), 0);
    assert_int_equal(symlink("empty", "link"), 0);
    assert_int_equal(detinit_network_save_folder(&n, "link", NULL, NULL, NULL), DETINIT_OK);
    check_folder("empty", &n);
    assert_int_equal(lstat("link", &after), 0);
    assert_true(S_ISLNK(after.st_mode));
    assert_int_equal(stat("empty", &before), 0);
    assert_int_equal(before.st_mode & 07777, 0700);
    /* The same again, of another seed, and of fewer tensors: the old one goes as a whole. */
    n.layers[1].recipe.seed++;
    assert_int_equal(detinit_network_save_folder(&n, "empty", NULL, NULL, NULL), DETINIT_OK);
    check_folder("empty", &n);
    assert_int_equal(stat("empty", &after), 0);
    assert_int_equal(after.st_mode & 07777, 0700);
    assert_int_equal(count_entries(NULL), entries + 3);
    detinit_network_free(&n);
}

/* Wherever a long name is cut, no character of UTF-8 and no escape is. */
static void test_long_names(void **state)
{
    (void)state;
    static const char *const letters[] = {"/", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (size_t n = 0; n < sizeof letters / sizeof letters[0]; n++) {
        for (size_t before = 0; before < 12; before++) {
            char name[2048] = "", stem[FILE_STEM_TEXT], whole[8] = "";
            memset(name, 'x', before);
            for (size_t k = 0; k < 300; k++)
                strcat(name, letters[n]);
            snprintf(whole, sizeof whole, "%s", n == 0 ? "%2F" : letters[n]);
            file_stem_of_name(name, stem);
            assert_true(strlen(stem) <= FILE_STEM_MOST && strlen(stem) > FILE_STEM_MOST - 4);
            const char *at = stem + before;
            while (strncmp(at, whole, strlen(whole)) == 0)
                at += strlen(whole);
            assert_true(strlen(at) > 64 && strspn(at + strlen(at) - 64, "0123456789abcdef") == 64);
            for (; strlen(at) > 64; at++)
                assert_true((unsigned char)*at < 0x80 && isxdigit((unsigned char)*at) == 0);
        }
    }
}

/* Any name is a file in the folder, none like another's, and the manifest has it as it is. */
static void test_folder_names(void **state)
{
    (void)state;
    static const char *const files[][2] = {
        {"encoder/layer_0/kernel:0", "encoder%2Flayer_0%2Fkernel:0.npy"},
        {"..", "%2E..npy"},
        {".", "%2E.npy"},
        {"../../up", "%2E.%2F..%2Fup.npy"},
        {"a/b", "a%2Fb.npy"},
        {"a%2Fb", "a%252Fb.npy"},
        {"manifest", "manifest.npy"},
        {"manifest.json", "manifest.json.npy"},
        {" sp ace ", " sp ace .npy"},
        {"a.b.", "a.b..npy"},
        {"\xc3\xa9", "\xc3\xa9.npy"},
    };
    enum { SHORT = sizeof files / sizeof files[0], LONG = 3, COUNT = SHORT + LONG };
    /* SHA-256 of 248 x and "/a", of 252 x, and of 2,000 e with an acute accent. */
    static const char *const digests[LONG] = {
        "21f66c832281d1a63bc421945e44e9163e783be5dc60ad06a84773ec93b25492",
        "d4e4680fda132078b04db757a09faeee1e9824a84057a627f366d0bd317f01b0",
        "972d88afa1e48c26f6d2d60f131f9568e9c7d106019ad50c808c6411e39a422a"};
    detinit_layer layers[COUNT];
    char names[COUNT][4097], path[400];
    for (size_t n = 0; n < SHORT; n++)
        strcpy(names[n], files[n][0]);
    memset(names[SHORT], 'x', 248);
    strcpy(names[SHORT] + 248, "/a");
    memset(names[SHORT + 1], 'x', 252);
    names[SHORT + 1][252] = '\0';
    for (size_t n = 0; n < 2000; n++)
        strcpy(names[SHORT + 2] + 2 * n, "\xc3\xa9");
    for (size_t n = 0; n < COUNT; n++)
        layers[n] = (detinit_layer){names[n], detinit_recipe_matrix(1, n, 2, 3)};
    const detinit_network network = {.count = COUNT, .layers = layers};
    for (int again = 0; again < 2; again++)
        assert_int_equal(detinit_network_save_folder(&network, "names", NULL, NULL, NULL),
                         DETINIT_OK);
    assert_int_equal(files_in("names"), COUNT + 1);
    for (size_t n = 0; n < SHORT; n++) {
        snprintf(path, sizeof path, "names/%s", files[n][1]);
        assert_true(exists(path));
    }
    for (size_t n = 0; n < LONG; n++) {
        snprintf(path, sizeof path, "names/%.*s%%-%s.npy", n < 2 ? 185 : 184, names[SHORT + n],
                 digests[n]);
        assert_true(exists(path));
    }
    size_t size;
    detinit_network back;
    char *text = (char *)get_file("names/manifest.json", &size);
    parse_good(text, &back);
    for (size_t n = 0; n < COUNT; n++)
        assert_string_equal(back.layers[n].name, names[n]);
    detinit_network_free(&back);
    free(text);
}

static void refuse_folder(const detinit_network *n, const char *path, const char *message)
{
    detinit_error error = {0};
    const int entries = count_entries(NULL);
    assert_int_equal(detinit_network_save_folder(n, path, NULL, NULL, &error), DETINIT_IO);
    assert_string_equal(error.message, message);
    assert_int_equal(count_entries(NULL), entries);
}

static void test_folder_refused(void **state)
{
    (void)state;
    detinit_network n;
    parse_good("{\"tensors\":[{\"name\":\"a\",\"shape\":[2,2]}]}", &n);
    assert_int_equal(mkdir("mine", 0777), 0);
    put_file("mine/a.npy", "old");
    put_file("mine/thesis.tex", "dear");
    refuse_folder(&n, "mine",
                  "cannot write 'mine': it holds 'thesis.tex', which would be lost; name a new or "
                  "an empty folder");
    assert_file_holds("mine/thesis.tex", "dear");
    assert_file_holds("mine/a.npy", "old");
    assert_int_equal(unlink("mine/thesis.tex"), 0);
    assert_int_equal(unlink("mine/a.npy"), 0);
    assert_int_equal(mkdir("mine/a.npy", 0777), 0);
    refuse_folder(&n, "mine/",
                  "cannot write 'mine': it holds 'a.npy', which would be lost; name a new or an "
                  "empty folder");
    put_file("file", "old");
    refuse_folder(&n, "file", "cannot write 'file': Not a directory");
    refuse_folder(&n, "none/there", "cannot write 'none/there': No such file or directory");
    refuse_folder(&n, "", "cannot write '': No such file or directory");
    refuse_folder(&n, ".", "cannot write '.': it is the current directory; name a folder in it");
    detinit_network_free(&n);
}

/* Guarded as a file is.  As nobody, since root is allowed all. */
static void test_folder_protected(void **state)
{
    (void)state;
    detinit_network n;
    struct stat before, after;
    const bool is_root = geteuid() == 0;
    parse_good("{\"tensors\":[{\"name\":\"a\",\"shape\":[2,2]}]}", &n);
    assert_int_equal(mkdir("roots", 0777), 0);
    assert_int_equal(chmod("roots", 0777), 0);
    put_file("roots/a.npy", "old");
    assert_int_equal(chmod(".", 0777), 0);
    if (is_root)
        assert_int_equal(seteuid(65534), 0);
    assert_int_equal(mkdir("locked", 0777), 0);
    put_file("locked/a.npy", "old");
    assert_int_equal(chmod("locked", 0555), 0);
    refuse_folder(&n, "locked", "cannot write 'locked': Permission denied");
    assert_file_holds("locked/a.npy", "old");
    assert_int_equal(stat("roots", &before), 0);
    if (is_root)
        refuse_folder(&n, "roots",
                      "cannot write 'roots': the folder is another user's; name a new one");
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(stat("roots", &after), 0);
    assert_int_equal(after.st_uid, before.st_uid);
    assert_int_equal(chmod("locked", 0777), 0);
    detinit_network_free(&n);
}

/* A folder or a link to another one is at each moment what has the name of an abandoned save. */
static void exchange_for_ever(void)
{
    const char *const name = ".raced.detinit-0123456789abcdef";
    for (;;) {
        struct stat about;
        mkdir(name, 0777);
        if (lstat("other", &about) != 0 && symlink("victim", "other") != 0)
            continue;
        renameat2(AT_FDCWD, name, AT_FDCWD, "other", RENAME_EXCHANGE);
    }
}

/* What is emptied is what was looked at, whatever has its name a moment later. */
static void test_folder_raced(void **state)
{
    (void)state;
    detinit_network n;
    parse_good("{\"tensors\":[{\"name\":\"a\",\"shape\":[2,2]}]}", &n);
    assert_int_equal(mkdir("victim", 0777), 0);
    put_file("victim/dear", "dear");
    const pid_t child = fork();
    if (child == 0)
        exchange_for_ever();
    for (int n_saved = 0; n_saved < 300; n_saved++)
        if (detinit_network_save_folder(&n, "raced", NULL, NULL, NULL) != DETINIT_OK ||
            !exists("victim/dear"))
            break;
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_file_holds("victim/dear", "dear");
    detinit_network_free(&n);
}

static void take_away_for_ever(void)
{
    char name[64];
    for (unsigned n = 0;; n++) {
        snprintf(name, sizeof name, "moved/away-%u", n);
        rename("moved/out", name);
    }
}

/* A folder that somebody takes away meanwhile is one that is new, at whatever moment. */
static void test_folder_taken_away(void **state)
{
    (void)state;
    detinit_network n;
    detinit_error error = {0};
    detinit_status status = DETINIT_OK;
    parse_good("{\"tensors\":[{\"name\":\"a\",\"shape\":[2,2]}]}", &n);
    assert_int_equal(mkdir("moved", 0777), 0);
    const pid_t child = fork();
    if (child == 0)
        take_away_for_ever();
    for (int n_saved = 0; n_saved < 600 && status == DETINIT_OK; n_saved++)
        status = detinit_network_save_folder(&n, "moved/out", NULL, NULL, &error);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_string_equal(error.message, "");
    assert_int_equal(status, DETINIT_OK);
    detinit_network_free(&n);
}

/* At the same time each ends well, the last one wins, and nothing is left beside it. */
static void test_folder_crowded(void **state)
{
    (void)state;
    enum { SAVES = 6, TIMES = 100 };
    detinit_network n;
    pid_t children[SAVES];
    parse_good(mixed, &n);
    assert_int_equal(mkdir("crowd", 0777), 0);
    for (int child = 0; child < SAVES; child++)
        if ((children[child] = fork()) == 0) {
            detinit_error error = {0};
            for (int k = 0; k < TIMES; k++)
                if (detinit_network_save_folder(&n, "crowd/out", NULL, NULL, &error) !=
                    DETINIT_OK) {
                    fprintf(stderr, "# %s\n", error.message);
                    _exit(1);
                }
            _exit(0);
        }
    for (int child = 0; child < SAVES; child++) {
        int result;
        assert_int_equal(waitpid(children[child], &result, 0), children[child]);
        assert_int_equal(result, 0);
    }
    check_folder("crowd/out", &n);
    assert_int_equal(files_in("crowd"), 1);
    detinit_network_free(&n);
}

/* Cancelled, it leaves nothing; killed, what the next save clears away. */
static void test_folder_interrupted(void **state)
{
    (void)state;
    detinit_network n;
    int result;
    const detinit_run run = {.progress = stop_halfway};
    const int entries = count_entries(NULL);
    parse_good(mixed, &n);
    assert_int_equal(detinit_network_save_folder(&n, "half", &run, NULL, NULL), DETINIT_CANCELLED);
    assert_int_equal(count_entries(NULL), entries);
    const pid_t child = fork();
    if (child == 0) {
        const detinit_run dying = {.progress = die_halfway};
        detinit_network_save_folder(&n, "half", &dying, NULL, NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFSIGNALED(result) && WTERMSIG(result) == SIGKILL);
    assert_false(exists("half"));
    assert_int_equal(count_entries(NULL), entries + 1);
    assert_int_equal(detinit_network_save_folder(&n, "half", NULL, NULL, NULL), DETINIT_OK);
    assert_int_equal(count_entries(NULL), entries + 1);
    check_folder("half", &n);
    detinit_network_free(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_save),           cmocka_unit_test(test_save_cancelled),
        cmocka_unit_test(test_save_refused),   cmocka_unit_test(test_folder),
        cmocka_unit_test(test_folder_names),   cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_folder_refused), cmocka_unit_test(test_folder_protected),
        cmocka_unit_test(test_folder_raced),   cmocka_unit_test(test_folder_taken_away),
        cmocka_unit_test(test_folder_crowded), cmocka_unit_test(test_folder_interrupted),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
