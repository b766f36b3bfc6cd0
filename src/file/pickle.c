#include "file/pickle.h"

#include "base/error.h"
#include "base/utf8.h"
#include "file/pickle_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values on the stack at a time. */
#define STACK_MOST ((size_t)1 << 20)

/* Places of the memo that are used in no order. */
#define MEMO_LOOSE ((size_t)1024)

/* ------------------------------------------------------------------ values */

detinit_status pickle_wrong(const pickle_machine *m, const char *what)
{
    return error_set(m->error, DETINIT_INVALID, "'%.200s': at byte %zu of its pickle %s", m->shown,
                     (size_t)(m->at - m->start), what);
}

detinit_status pickle_no_memory(const pickle_machine *m)
{
    if (m->memory->given > m->memory->most / 2)
        return pickle_wrong(m, "there is more than 128 MB of values, the most that is read");
    return error_set(m->error, DETINIT_NO_MEMORY, "no memory for reading '%.200s'", m->shown);
}

pickle_value *pickle_make(pickle_machine *m, pickle_kind kind)
{
    pickle_value *value = arena_new(m->memory, sizeof *value);
    if (value != NULL)
        value->kind = kind;
    else
        pickle_no_memory(m);
    return value;
}

pickle_value *pickle_leave_out(pickle_machine *m, const char *why)
{
    pickle_value *value = pickle_make(m, PICKLE_UNREAD);
    if (value != NULL)
        value->text = why;
    return value;
}

static detinit_status push(pickle_machine *m, pickle_value *value)
{
    if (value == NULL)
        return pickle_no_memory(m);
    if (m->count == STACK_MOST)
        return pickle_wrong(m, "more than a million values wait");
    if (m->count == m->room) {
        const size_t room = m->room * 2 + 64;
        pickle_value **grown = realloc(m->stack, room * sizeof *grown);
        if (grown == NULL)
            return pickle_no_memory(m);
        m->stack = grown;
        m->room = room;
    }
    m->stack[m->count++] = value;
    return DETINIT_OK;
}

/* The value on top of the stack, taken off, or NULL. */
static pickle_value *pop(pickle_machine *m)
{
    if (m->count == 0 || m->stack[m->count - 1] == &m->mark)
        return NULL;
    return m->stack[--m->count];
}

static pickle_value *top(const pickle_machine *m)
{
    return m->count > 0 ? m->stack[m->count - 1] : NULL;
}

static detinit_status too_few(const pickle_machine *m)
{
    return pickle_wrong(m, "values are missing");
}

static detinit_status add_items(pickle_machine *m, pickle_value *to, pickle_value **items,
                                size_t count)
{
    if (count > to->room - to->count) {
        const size_t room = to->count + (count > to->count ? count : to->count);
        pickle_value **grown = arena_new(m->memory, room * sizeof *grown);
        if (grown == NULL)
            return pickle_no_memory(m);
        if (to->count > 0)
            memcpy(grown, to->items, to->count * sizeof *grown);
        to->items = grown;
        to->room = (uint32_t)room;
    }
    if (count > 0)
        memcpy(to->items + to->count, items, count * sizeof *items);
    to->count += (uint32_t)count;
    return DETINIT_OK;
}

/* Takes off what lies above the topmost mark, and the mark; *first gets where that was. */
static bool pop_mark(pickle_machine *m, size_t *first, size_t *count)
{
    size_t n = m->count;
    while (n > 0 && m->stack[n - 1] != &m->mark)
        n--;
    if (n == 0)
        return false;
    *first = n;
    *count = m->count - n;
    m->count = n - 1;
    return true;
}

/* ------------------------------------------------------------------- bytes */

static bool has(const pickle_machine *m, uint64_t bytes)
{
    return bytes <= (uint64_t)(m->end - m->at);
}

static detinit_status ends(const pickle_machine *m)
{
    return pickle_wrong(m, "it ends");
}

/* An unsigned number of so many bytes, little-endian. */
static bool take_number(pickle_machine *m, size_t bytes, uint64_t *out)
{
    if (!has(m, bytes))
        return false;
    *out = 0;
    for (size_t n = bytes; n-- > 0;)
        *out = *out << 8 | m->at[n];
    m->at += bytes;
    return true;
}

static detinit_status push_whole(pickle_machine *m, int64_t whole)
{
    if (whole >= 0 && whole < 256)
        return push(m, &m->small[whole]);
    pickle_value *value = pickle_make(m, PICKLE_WHOLE);
    if (value != NULL)
        value->whole = whole;
    return push(m, value);
}

/* A signed number of so many bytes; of more than eight its value does not matter. */
static detinit_status push_signed(pickle_machine *m, uint64_t bytes)
{
    uint64_t bits = 0;
    if (!has(m, bytes))
        return ends(m);
    if (bytes > 8) {
        m->at += bytes;
        return push(m, pickle_make(m, PICKLE_OTHER));
    }
    take_number(m, (size_t)bytes, &bits);
    const unsigned unused = 64 - 8 * (unsigned)bytes;
    return push_whole(m, bytes == 0 ? 0 : (int64_t)(bits << unused) >> unused);
}

/* A text or bytes, behind a length of so many bytes. */
static detinit_status push_text(pickle_machine *m, size_t length_bytes, pickle_kind kind)
{
    uint64_t length;
    if (!take_number(m, length_bytes, &length) || !has(m, length))
        return ends(m);
    const char *text = (const char *)m->at;
    pickle_value *value = pickle_make(m, kind);
    if (value == NULL)
        return pickle_no_memory(m);
    if (kind == PICKLE_TEXT && memchr(text, '\0', (size_t)length) == NULL &&
        !utf8_is_text(text, (size_t)length))
        return pickle_wrong(m, "a text is not UTF-8");
    value->text = arena_text(m->memory, text, (size_t)length);
    value->length = (size_t)length;
    if (value->text == NULL)
        return pickle_no_memory(m);
    m->at += length;
    return push(m, value);
}

static detinit_status push_real(pickle_machine *m)
{
    uint64_t bits = 0;
    if (!has(m, 8))
        return ends(m);
    for (size_t n = 0; n < 8; n++)
        bits = bits << 8 | *m->at++;
    pickle_value *value = pickle_make(m, PICKLE_REAL);
    if (value != NULL)
        memcpy(&value->real, &bits, sizeof bits);
    return push(m, value);
}

/* -------------------------------------------------------------------- memo */

static detinit_status put_memo(pickle_machine *m, uint64_t place)
{
    pickle_value *value = top(m);
    if (value == NULL || value == &m->mark)
        return too_few(m);
    if (place > 2 * m->memo_puts + MEMO_LOOSE)
        return pickle_wrong(m, "a place of the memo is out of all order");
    while (place >= m->memo_room) {
        const size_t room = m->memo_room * 2 + 64;
        pickle_value **grown = realloc(m->memo, room * sizeof *grown);
        if (grown == NULL)
            return pickle_no_memory(m);
        memset(grown + m->memo_room, 0, (room - m->memo_room) * sizeof *grown);
        m->memo = grown;
        m->memo_room = room;
    }
    m->memo_puts++;
    m->memo[place] = value;
    return DETINIT_OK;
}

static detinit_status get_memo(pickle_machine *m, uint64_t place)
{
    if (place >= m->memo_room || m->memo[place] == NULL)
        return pickle_wrong(m, "a place of the memo is empty");
    return push(m, m->memo[place]);
}

static detinit_status of_memo(pickle_machine *m, size_t bytes,
                              detinit_status (*use)(pickle_machine *m, uint64_t place))
{
    uint64_t place;
    return take_number(m, bytes, &place) ? use(m, place) : ends(m);
}

/* ------------------------------------------------------------- collections */

static detinit_status make_tuple(pickle_machine *m, size_t first, size_t count)
{
    pickle_value *tuple = pickle_make(m, PICKLE_TUPLE);
    if (tuple == NULL)
        return pickle_no_memory(m);
    detinit_status status =
        count > 0 ? add_items(m, tuple, m->stack + first, count) : DETINIT_OK; /* or no stack yet */
    return status == DETINIT_OK ? push(m, tuple) : status;
}

static detinit_status tuple_of(pickle_machine *m, size_t count)
{
    if (m->count < count)
        return too_few(m);
    for (size_t n = 0; n < count; n++)
        if (m->stack[m->count - 1 - n] == &m->mark)
            return too_few(m);
    m->count -= count;
    return make_tuple(m, m->count, count);
}

static detinit_status tuple_to_mark(pickle_machine *m, pickle_kind kind)
{
    size_t first, count;
    if (!pop_mark(m, &first, &count))
        return too_few(m);
    detinit_status status = make_tuple(m, first, count);
    if (status == DETINIT_OK)
        top(m)->kind = kind;
    return status;
}

/* Adds what lies above the mark, or so many values, to the collection below. */
static detinit_status add_values(pickle_machine *m, pickle_kind to, size_t count, bool marked)
{
    size_t first = m->count - (m->count < count ? m->count : count);
    if (marked ? !pop_mark(m, &first, &count) : m->count <= count)
        return too_few(m);
    if (!marked)
        m->count = first;
    pickle_value *collection = top(m);
    if (collection == NULL || collection->kind != to || (to == PICKLE_DICT && count % 2 != 0))
        return pickle_wrong(m, "values are added to what does not take them");
    for (size_t n = first; n < first + count; n++)
        if (m->stack[n] == &m->mark)
            return too_few(m);
    return count > 0 ? add_items(m, collection, m->stack + first, count) : DETINIT_OK;
}

/* ----------------------------------------------------------------- globals */

static detinit_status push_global(pickle_machine *m, const char *module, const char *name)
{
    const pickle_global *global;
    detinit_status status = pickle_find_global(m, module, name, &global);
    if (status != DETINIT_OK)
        return status;
    pickle_value *value = pickle_make(m, PICKLE_GLOBAL);
    if (value != NULL)
        value->global = global;
    return push(m, value);
}

/* A line, without its end; *text is a copy. */
static detinit_status take_line(pickle_machine *m, const char **text)
{
    const unsigned char *end = memchr(m->at, '\n', (size_t)(m->end - m->at));
    if (end == NULL)
        return ends(m);
    const size_t length = (size_t)(end - m->at);
    if (!utf8_is_text((const char *)m->at, length))
        return pickle_wrong(m, "a text is not UTF-8");
    *text = arena_text(m->memory, (const char *)m->at, length);
    m->at = end + 1;
    return *text != NULL ? DETINIT_OK : pickle_no_memory(m);
}

static detinit_status global_of_lines(pickle_machine *m)
{
    const char *module, *name;
    detinit_status status = take_line(m, &module);
    if (status == DETINIT_OK)
        status = take_line(m, &name);
    return status == DETINIT_OK ? push_global(m, module, name) : status;
}

static detinit_status global_of_stack(pickle_machine *m)
{
    const pickle_value *name = pop(m), *module = pop(m);
    if (module == NULL || name == NULL || module->kind != PICKLE_TEXT || name->kind != PICKLE_TEXT)
        return pickle_wrong(m, "a global has no name");
    return push_global(m, module->text, name->text);
}

static detinit_status reduce(pickle_machine *m)
{
    const pickle_value *arguments = pop(m), *what = pop(m);
    pickle_value *made = NULL;
    if (what != NULL && what->kind == PICKLE_GLOBAL && what->global->why != NULL)
        return push(m, pickle_leave_out(m, what->global->why));
    if (what == NULL || arguments->kind != PICKLE_TUPLE || what->kind != PICKLE_GLOBAL ||
        what->global->call == NULL)
        return pickle_wrong(m, "something is called that is no function");
    detinit_status status = what->global->call(m, arguments, &made);
    return status == DETINIT_OK ? push(m, made) : status;
}

/* State that is set on what was built: an OrderedDict's _metadata; nothing is made of it. */
static detinit_status build(pickle_machine *m)
{
    const pickle_value *state = pop(m), *what = top(m);
    if (state == NULL || what == NULL || what->kind != PICKLE_DICT || state->kind != PICKLE_DICT)
        return pickle_wrong(m, "state is set on what has none");
    return DETINIT_OK;
}

static detinit_status push_storage(pickle_machine *m)
{
    const pickle_value *id = pop(m);
    pickle_value *storage = NULL;
    if (id == NULL)
        return too_few(m);
    detinit_status status = pickle_find_storage(m, id, &storage);
    return status == DETINIT_OK ? push(m, storage) : status;
}

/* ----------------------------------------------------------------- opcodes */

static detinit_status signed_behind(pickle_machine *m, size_t length_bytes)
{
    uint64_t bytes;
    return take_number(m, length_bytes, &bytes) ? push_signed(m, bytes) : ends(m);
}

static detinit_status unsigned_of(pickle_machine *m, size_t bytes)
{
    uint64_t number;
    return take_number(m, bytes, &number) ? push_whole(m, (int64_t)number) : ends(m);
}

static detinit_status skip(pickle_machine *m, size_t bytes)
{
    uint64_t number;
    return take_number(m, bytes, &number) ? DETINIT_OK : ends(m);
}

static detinit_status discard(pickle_machine *m)
{
    if (m->count == 0)
        return too_few(m);
    m->count--;
    return DETINIT_OK;
}

static detinit_status discard_to_mark(pickle_machine *m)
{
    size_t first, count;
    return pop_mark(m, &first, &count) ? DETINIT_OK : too_few(m);
}

static detinit_status unknown(pickle_machine *m, unsigned char op)
{
    char what[64];
    snprintf(what, sizeof what, "the instruction 0x%02x is none that is read", op);
    return pickle_wrong(m, what);
}

/* Numbers, texts and constants. */
static detinit_status run_constant(pickle_machine *m, unsigned char op)
{
    switch (op) {
    case 'N':
        return push(m, &m->none);
    case 0x88:
        return push(m, &m->yes);
    case 0x89:
        return push(m, &m->no);
    case 'K':
        return unsigned_of(m, 1);
    case 'M':
        return unsigned_of(m, 2);
    case 'J':
        return push_signed(m, 4);
    case 0x8A:
        return signed_behind(m, 1);
    case 0x8B:
        return signed_behind(m, 4);
    case 'G':
        return push_real(m);
    case 0x8C:
        return push_text(m, 1, PICKLE_TEXT);
    case 'X':
        return push_text(m, 4, PICKLE_TEXT);
    case 0x8D:
        return push_text(m, 8, PICKLE_TEXT);
    case 'U':
    case 'C':
        return push_text(m, 1, PICKLE_BYTES);
    case 'T':
    case 'B':
        return push_text(m, 4, PICKLE_BYTES);
    case 0x8E:
    case 0x96:
        return push_text(m, 8, PICKLE_BYTES);
    default:
        return unknown(m, op);
    }
}

/* Collections. */
static detinit_status run_collection(pickle_machine *m, unsigned char op)
{
    switch (op) {
    case ')':
        return make_tuple(m, m->count, 0);
    case 0x85:
    case 0x86:
    case 0x87:
        return tuple_of(m, (size_t)op - 0x84);
    case 't':
        return tuple_to_mark(m, PICKLE_TUPLE);
    case 0x91:
        return tuple_to_mark(m, PICKLE_SET);
    case ']':
        return push(m, pickle_make(m, PICKLE_LIST));
    case '}':
        return push(m, pickle_make(m, PICKLE_DICT));
    case 0x8F:
        return push(m, pickle_make(m, PICKLE_SET));
    case 'a':
        return add_values(m, PICKLE_LIST, 1, false);
    case 'e':
        return add_values(m, PICKLE_LIST, 0, true);
    case 's':
        return add_values(m, PICKLE_DICT, 2, false);
    case 'u':
        return add_values(m, PICKLE_DICT, 0, true);
    case 0x90:
        return add_values(m, PICKLE_SET, 0, true);
    default:
        return run_constant(m, op);
    }
}

static detinit_status run_instruction(pickle_machine *m, unsigned char op)
{
    switch (op) {
    case '(':
        return push(m, &m->mark);
    case '0':
        return discard(m);
    case '1':
        return discard_to_mark(m);
    case 'q':
        return of_memo(m, 1, put_memo);
    case 'r':
        return of_memo(m, 4, put_memo);
    case 0x94:
        return put_memo(m, m->memo_puts);
    case 'h':
        return of_memo(m, 1, get_memo);
    case 'j':
        return of_memo(m, 4, get_memo);
    case 0x95:
        return skip(m, 8); /* a frame: how many bytes follow */
    case 'c':
        return global_of_lines(m);
    case 0x93:
        return global_of_stack(m);
    case 'R':
        return reduce(m);
    case 'b':
        return build(m);
    case 'Q':
        return push_storage(m);
    default:
        return run_collection(m, op);
    }
}

static detinit_status run(pickle_machine *m)
{
    detinit_status status = DETINIT_OK;
    if (m->end - m->at < 2 || m->at[0] != 0x80 || m->at[1] < 2 || m->at[1] > 5)
        return pickle_wrong(m, "protocol 2, 3, 4 or 5 was expected");
    m->at += 2;
    while (status == DETINIT_OK) {
        if (m->at == m->end)
            return ends(m);
        const unsigned char op = *m->at++;
        if (op == '.')
            return m->count == 1 && top(m) != &m->mark ? DETINIT_OK : too_few(m);
        status = run_instruction(m, op);
    }
    return status;
}

detinit_status pickle_load(const unsigned char *bytes, size_t size, const char *shown,
                           arena *memory, pickle_value **out, detinit_error *error)
{
    memory->most = PICKLE_MEMORY_MOST;
    pickle_machine *m = arena_new(memory, sizeof *m);
    if (m == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for reading '%.200s'", shown);
    *m = (pickle_machine){.at = bytes,
                          .start = bytes,
                          .end = bytes + size,
                          .shown = shown,
                          .memory = memory,
                          .mark.kind = PICKLE_MARK,
                          .yes = {.kind = PICKLE_BOOL, .yes = true},
                          .no.kind = PICKLE_BOOL,
                          .error = error};
    for (int n = 0; n < 256; n++)
        m->small[n] = (pickle_value){.kind = PICKLE_WHOLE, .whole = n};
    detinit_status status = run(m);
    if (status == DETINIT_OK)
        *out = top(m);
    free(m->stack);
    free(m->memo);
    return status;
}
