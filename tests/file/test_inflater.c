/* Deflated data read forwards, backwards and at random: every byte is the one that was deflated. */
#include "check.h"

#include "file/inflater.h"
#include "number/address.h"

#include <zlib.h>

/* Long enough for more parts than are kept, and more points to go on from than there are. */
#define MEGABYTE ((size_t)1 << 20)
#define LARGE    ((size_t)420 * MEGABYTE - 12345)
#define PIECE    ((size_t)4096)

typedef struct sample {
    unsigned char *stored;
    input in;
    deflated d;
    uint64_t salt;
} sample;

/* The bytes of a piece: all the same, but for the first eight. */
static void make_piece(uint64_t salt, uint64_t number, unsigned char *bytes)
{
    const uint64_t word = hash64(number ^ salt << 40);
    memset(bytes, (int)(word & 0xFF), PIECE);
    memcpy(bytes, &word, sizeof word);
}

static void begin(sample *s, uint64_t salt, size_t size)
{
    z_stream z = {0};
    unsigned char piece[PIECE];
    const size_t room = size / 50 + 4096;
    *s = (sample){.stored = allocate(room), .salt = salt};
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = s->stored;
    z.avail_out = (uInt)room;
    for (size_t at = 0; at < size; at += PIECE) {
        const size_t count = size - at < PIECE ? size - at : PIECE;
        make_piece(salt, at / PIECE, piece);
        s->d.crc = (uint32_t)crc32(s->d.crc, piece, (uInt)count);
        z.next_in = piece;
        z.avail_in = (uInt)count;
        assert_int_equal(deflate(&z, at + count == size ? Z_FINISH : Z_NO_FLUSH),
                         at + count == size ? Z_STREAM_END : Z_OK);
    }
    assert_int_equal(input_of_memory(&s->in, s->stored, room - z.avail_out, "archive", NULL),
                     DETINIT_OK);
    s->d = (deflated){&s->in, 0, room - z.avail_out, size, s->d.crc, "member"};
    deflateEnd(&z);
}

static void end(sample *s)
{
    input_close(&s->in);
    free(s->stored);
}

/* Reads two pieces' worth of bytes from anywhere, and looks at each. */
static void check_at(inflater *f, const sample *s, uint64_t offset)
{
    unsigned char read[2 * PIECE], expected[3 * PIECE];
    const uint64_t left = s->d.size - offset;
    const size_t count = left < sizeof read ? (size_t)left : sizeof read;
    for (size_t n = 0; n < 3; n++)
        make_piece(s->salt, offset / PIECE + n, expected + n * PIECE);
    assert_int_equal(inflater_read(f, &s->d, offset, read, count, NULL), DETINIT_OK);
    assert_memory_equal(read, expected + offset % PIECE, count);
}

static void reads_any_place_of_large_data(void **state)
{
    (void)state;
    sample s;
    begin(&s, 1, LARGE);
    inflater *f = inflater_new();
    for (uint64_t at = 0; at < LARGE; at += 7 * MEGABYTE - 1000)
        check_at(f, &s, at);
    check_at(f, &s, LARGE - 5); /* to the end, whose sum is looked at */
    for (uint64_t at = LARGE - 60 * MEGABYTE; at > LARGE - 100 * MEGABYTE; at -= 3 * MEGABYTE)
        check_at(f, &s, at);
    for (uint64_t n = 0; n < 12; n++)
        check_at(f, &s, detinit_hash64(n) % LARGE);
    check_at(f, &s, 0);
    inflater_free(f);
    end(&s);
}

static void reads_many_at_once(void **state)
{
    (void)state;
    enum { COUNT = 6 }; /* more than there are streams */
    sample samples[COUNT];
    inflater *f = inflater_new();
    for (uint64_t n = 0; n < COUNT; n++)
        begin(&samples[n], n + 2, 20 * MEGABYTE + n);
    for (uint64_t k = 0; k < 60; k++)
        check_at(f, &samples[k * 5 % COUNT], detinit_hash64(k) % samples[k * 5 % COUNT].d.size);
    inflater_forget(f, &samples[0].d);
    check_at(f, &samples[0], 12345);
    inflater_free(f);
    for (uint64_t n = 0; n < COUNT; n++)
        end(&samples[n]);
}

/* Refused, and again where it is asked anew. */
static void assert_wrong(const sample *s, uint64_t offset, const char *expected)
{
    unsigned char byte;
    detinit_error error;
    inflater *f = inflater_new();
    for (int n = 0; n < 2; n++) {
        assert_int_equal(inflater_read(f, &s->d, offset, &byte, 1, &error), DETINIT_INVALID);
        assert_string_equal(error.message, expected);
    }
    inflater_free(f);
}

static void tells_what_is_damaged(void **state)
{
    (void)state;
    sample s;
    begin(&s, 9, 3 * MEGABYTE);
    const deflated good = s.d;
    const uint64_t last = good.size - 1;
    assert_wrong(&s, good.size, "'member' is damaged: it ends before what it should hold");
    s.d.crc++;
    assert_wrong(&s, last, "'member' is damaged: its CRC-32 is not the one that it should have");
    s.d = good;
    s.d.size++;
    assert_wrong(&s, last + 1, "'member' is damaged: its data become shorter than they should");
    s.d.size = 4 * MEGABYTE;
    assert_wrong(&s, last + 1, "'member' is damaged: its data become shorter than they should");
    s.d = good;
    s.d.size = 3 * MEGABYTE - 1;
    assert_wrong(&s, last - 1, "'member' is damaged: its data become longer than they should");
    s.d = good;
    s.d.stored /= 2; /* cut off */
    assert_wrong(&s, last, "'member' is damaged: its data become shorter than they should");
    s.d = good;
    memset(s.stored + good.stored / 2, 0xFF, 64);
    assert_wrong(&s, last, "'member' is damaged: its data cannot be inflated");
    end(&s);
    inflater_forget(NULL, &good);
    inflater_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_any_place_of_large_data),
        cmocka_unit_test(reads_many_at_once),
        cmocka_unit_test(tells_what_is_damaged),
    };
    return cmocka_run_group_tests_name("inflater", tests, NULL, NULL);
}
