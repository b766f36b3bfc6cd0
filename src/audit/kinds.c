#include "audit/kinds.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Words that names are made of, whatever the case of their letters. */
static const struct {
    const char *word;
    unsigned says;
} words[] = {
    {"embed", NAME_EMBEDDING},
    {"wte", NAME_EMBEDDING},
    {"wpe", NAME_EMBEDDING},
    {"shared.weight", NAME_EMBEDDING},
    {"lm_head", NAME_HEAD},
    {"unembed", NAME_HEAD},
    {"proj_out", NAME_HEAD},
    {"generator", NAME_HEAD},
    {"predictions", NAME_HEAD},
    {"output.weight", NAME_HEAD},
    {"head.weight", NAME_HEAD},
    {"decoder.weight", NAME_HEAD},
    {"bias", NAME_BIAS | NAME_ZERO | NAME_CONSTANT},
    {"beta", NAME_BIAS | NAME_ZERO | NAME_CONSTANT},
    {"_ih", NAME_RECURRENT},
    {"_hh", NAME_RECURRENT},
    {"rnn", NAME_RECURRENT},
    {"lstm", NAME_RECURRENT},
    {"gru", NAME_RECURRENT},
    {"lora_b", NAME_ZERO},
    {"lora_embedding_b", NAME_ZERO},
    {"zero", NAME_ZERO},
    {"gate", NAME_ZERO | NAME_CONSTANT},
    {"adaln", NAME_ZERO},
    {"modulation", NAME_ZERO},
    {"token", NAME_ZERO},
    {"pos", NAME_ZERO},
    {"norm", NAME_ZERO | NAME_CONSTANT},
    {"scale", NAME_ZERO | NAME_CONSTANT},
    {"gamma", NAME_ZERO | NAME_CONSTANT},
    {"running_", NAME_ZERO | NAME_CONSTANT},
    {"mask", NAME_ZERO | NAME_CONSTANT | NAME_BUFFER},
    {"cache", NAME_ZERO | NAME_CONSTANT | NAME_BUFFER},
    {"freq", NAME_BUFFER},
    {"position", NAME_BUFFER},
    {"relative", NAME_BUFFER},
    {"index", NAME_BUFFER},
    {"attn.bias", NAME_BUFFER},
    {"optimizer", NAME_STATE | NAME_ZERO | NAME_CONSTANT},
    {"exp_avg", NAME_STATE | NAME_ZERO | NAME_CONSTANT},
    {"momentum_buffer", NAME_STATE | NAME_ZERO | NAME_CONSTANT},
    {"ema", NAME_COPY},
    {"teacher", NAME_COPY},
    {"target", NAME_COPY},
    {"kernel", NAME_LAYOUT_IN},
    {"vars/", NAME_LAYOUT_IN},
    {"vars/1", NAME_ZERO},
    {"vars/2", NAME_ZERO},
    {"vars/3", NAME_ZERO},
};

static const struct {
    const char *ending;
    residual_role role;
} residuals[] = {
    {"attn.c_proj.weight", RESIDUAL_MEANT},      {"mlp.c_proj.weight", RESIDUAL_MEANT},
    {"self_attn.o_proj.weight", RESIDUAL_MAY},   {"mlp.down_proj.weight", RESIDUAL_MAY},
    {"self_attn.out_proj.weight", RESIDUAL_MAY}, {"attention.wo.weight", RESIDUAL_MAY},
    {"feed_forward.w2.weight", RESIDUAL_MAY},    {"mlp.dense_4h_to_h.weight", RESIDUAL_MAY},
    {"attention.dense.weight", RESIDUAL_MAY},    {"mlp.fc2.weight", RESIDUAL_MAY},
};

/* Whether `name` has the word, and not within another word of letters before it. */
static bool has_word(const char *name, const char *word)
{
    for (const char *at = name; (at = strcasestr(at, word)) != NULL; at++)
        if (at == name || !isalpha((unsigned char)at[-1]) || !isalpha((unsigned char)*word) ||
            strlen(word) > 4)
            return true;
    return false;
}

static bool ends_so(const char *name, const char *ending)
{
    const size_t length = strlen(name), tail = strlen(ending);
    return length >= tail && strcmp(name + length - tail, ending) == 0;
}

/* The name with a '#' for each run of digits behind what is no letter, and the first of them. */
static const char *pattern_of(arena *texts, const char *name, uint64_t *number)
{
    char *pattern = arena_text(texts, name, strlen(name)), *to = pattern;
    bool first = true;
    if (pattern == NULL)
        return NULL;
    while (*name != '\0') {
        if (!isdigit((unsigned char)*name)) {
            *to++ = *name++;
            continue;
        }
        const uint64_t value = strtoull(name, (char **)&name, 10);
        *number = first ? value : *number;
        first = false;
        *to++ = '#';
    }
    *to = '\0';
    return pattern;
}

static bool is_vector(const detinit_tensor *tensor)
{
    size_t above = 0;
    for (size_t n = 0; n < tensor->rank; n++)
        above += tensor->shape[n] > 1;
    return above < 2;
}

static bool find_facts(kinds *k, const detinit_tensor *tensor, name_facts *facts)
{
    *facts = (name_facts){.vector = is_vector(tensor)};
    facts->pattern = pattern_of(&k->texts, tensor->name, &facts->number);
    for (size_t n = 0; n < sizeof words / sizeof *words; n++)
        if (has_word(tensor->name, words[n].word))
            facts->says |= words[n].says;
    for (size_t n = 0; n < sizeof residuals / sizeof *residuals; n++)
        if (ends_so(tensor->name, residuals[n].ending))
            facts->residual = residuals[n].role;
    return facts->pattern != NULL;
}

/* ------------------------------------------------------------------- sorting */

typedef struct sorting {
    const detinit_tensorfile *file;
    const name_facts *facts;
} sorting;

static int compare_kinds(const sorting *s, size_t a, size_t b)
{
    const int by_name = strcmp(s->facts[a].pattern, s->facts[b].pattern);
    const size_t rank_a = detinit_tensorfile_tensor(s->file, a)->rank;
    const size_t rank_b = detinit_tensorfile_tensor(s->file, b)->rank;
    return by_name != 0 ? by_name : (rank_a > rank_b) - (rank_a < rank_b);
}

static int compare(const void *a, const void *b, void *context)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;
    const int by_kind = compare_kinds(context, x, y);
    return by_kind != 0 ? by_kind : (x > y) - (x < y);
}

static int ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t count_layers(const kinds *k, const layer_kind *of, uint64_t *numbers)
{
    uint64_t layers = 1;
    for (size_t n = 0; n < of->count; n++)
        numbers[n] = k->facts[k->order[of->first + n]].number;
    qsort(numbers, of->count, sizeof *numbers, ascending);
    for (size_t n = 1; n < of->count; n++)
        layers += numbers[n] != numbers[n - 1];
    return layers;
}

static bool cut_into_kinds(kinds *k, const sorting *s)
{
    uint64_t *numbers = calloc(k->count + 1, sizeof *numbers);
    if (numbers == NULL)
        return false;
    for (size_t n = 0; n < k->count; n++) {
        if (n == 0 || compare_kinds(s, k->order[n - 1], k->order[n]) != 0)
            k->kinds[k->kind_count++] = (layer_kind){.first = n};
        k->kinds[k->kind_count - 1].count++;
        k->facts[k->order[n]].kind = k->kind_count - 1;
    }
    for (size_t n = 0; n < k->kind_count; n++)
        k->kinds[n].layers = count_layers(k, &k->kinds[n], numbers);
    free(numbers);
    return true;
}

bool kinds_of(const detinit_tensorfile *file, kinds *k)
{
    *k = (kinds){.count = detinit_tensorfile_count(file)};
    k->facts = calloc(k->count + 1, sizeof *k->facts);
    k->order = calloc(k->count + 1, sizeof *k->order);
    k->kinds = calloc(k->count + 1, sizeof *k->kinds);
    if (k->facts == NULL || k->order == NULL || k->kinds == NULL)
        return false;
    for (size_t n = 0; n < k->count; n++) {
        k->order[n] = n;
        if (!find_facts(k, detinit_tensorfile_tensor(file, n), &k->facts[n]))
            return false;
    }
    sorting s = {file, k->facts};
    qsort_r(k->order, k->count, sizeof *k->order, compare, &s);
    return cut_into_kinds(k, &s);
}

void kinds_free(kinds *k)
{
    free(k->facts);
    free(k->order);
    free(k->kinds);
    arena_free(&k->texts);
    *k = (kinds){0};
}
