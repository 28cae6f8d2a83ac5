#include "emulator/gzip.h"

#include "emulator/memory.h"

#include <stdint.h>

#define HASH_SIZE 8192
#define WINDOW    32768
#define LONGEST   258

struct deflate {
    const unsigned char *data;
    size_t length;
    struct strbuf *out;
    uint32_t bits;
    unsigned bit_count;
    size_t *heads; /* by hash: the last place of those three bytes, plus one */
};

static void bits_add(struct deflate *deflate, uint32_t value, unsigned count)
{
    deflate->bits |= value << deflate->bit_count;
    deflate->bit_count += count;
    for (; deflate->bit_count >= 8; deflate->bit_count -= 8, deflate->bits >>= 8)
        strbuf_add_char(deflate->out, (char)(deflate->bits & 255));
}

/* Huffman codes are sent from their highest bit. */
static void code_add(struct deflate *deflate, uint32_t code, unsigned count)
{
    for (unsigned i = count; i-- > 0;)
        bits_add(deflate, code >> i & 1, 1);
}

/* A literal byte, the end of the block (256), or the code of a length (257…285): RFC 1951, 3.2.6. */
static void symbol_add(struct deflate *deflate, unsigned symbol)
{
    if (symbol < 144)
        code_add(deflate, 0x30 + symbol, 8);
    else if (symbol < 256)
        code_add(deflate, 0x190 + symbol - 144, 9);
    else if (symbol < 280)
        code_add(deflate, symbol - 256, 7);
    else
        code_add(deflate, 0xc0 + symbol - 280, 8);
}

/* The code whose range the value is in, when the ranges double after every `step` codes. */
struct range_code {
    unsigned code, extra_bits, extra;
};

static struct range_code range_find(unsigned value, unsigned step)
{
    unsigned extra_bits = 0, group = step;
    unsigned start = 0, code = 0;

    /* The first two groups have no extra bits. */
    for (unsigned groups = 0; value - start >= group << extra_bits; groups++) {
        start += group << extra_bits;
        code += group;
        if (groups > 0)
            extra_bits++;
    }
    unsigned within = value - start;
    return (struct range_code){code + (within >> extra_bits), extra_bits, within & ((1U << extra_bits) - 1)};
}

static void match_add(struct deflate *deflate, size_t length, size_t distance)
{
    struct range_code code = {28, 0, 0};

    if (length < LONGEST)
        code = range_find((unsigned)length - 3, 4);
    symbol_add(deflate, 257 + code.code);
    bits_add(deflate, code.extra, code.extra_bits);
    code = range_find((unsigned)distance - 1, 2);
    code_add(deflate, code.code, 5);
    bits_add(deflate, code.extra, code.extra_bits);
}

static size_t hash_of(const unsigned char *bytes)
{
    uint32_t three = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];

    return (three * 2654435761U) >> 19;
}

/* How many bytes at place are those before it at the last place with the same hash; *ret_distance is how far back. */
static size_t match_find(const struct deflate *deflate, size_t place, size_t *ret_distance)
{
    size_t length = 0;

    if (place + 3 > deflate->length)
        return 0;
    size_t head = deflate->heads[hash_of(deflate->data + place)];
    if (head == 0 || place - (head - 1) > WINDOW)
        return 0;
    while (length < LONGEST && place + length < deflate->length &&
           deflate->data[head - 1 + length] == deflate->data[place + length])
        length++;
    *ret_distance = place - (head - 1);
    return length < 3 ? 0 : length;
}

static void place_note(struct deflate *deflate, size_t place)
{
    if (place + 3 <= deflate->length)
        deflate->heads[hash_of(deflate->data + place)] = place + 1;
}

static void deflate_run(struct deflate *deflate)
{
    bits_add(deflate, 1, 1); /* the last block */
    bits_add(deflate, 1, 2); /* fixed codes */
    for (size_t place = 0; place < deflate->length;) {
        size_t distance = 0, length = match_find(deflate, place, &distance);
        if (length)
            match_add(deflate, length, distance);
        else
            symbol_add(deflate, deflate->data[place]);
        for (size_t end = place + (length ? length : 1); place < end; place++)
            place_note(deflate, place);
    }
    symbol_add(deflate, 256);
    if (deflate->bit_count)
        bits_add(deflate, 0, 8 - deflate->bit_count);
}

static uint32_t crc_of(const unsigned char *data, size_t length)
{
    uint32_t crc = 0xffffffffU;

    for (size_t i = 0; i < length; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320U : crc >> 1;
    }
    return ~crc;
}

static void word_add(struct strbuf *out, uint32_t word)
{
    for (unsigned i = 0; i < 4; i++)
        strbuf_add_char(out, (char)(word >> 8 * i & 255));
}

void emulator_gzip(const void *data, size_t length, struct strbuf *out)
{
    static const char header[10] = {0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, (char)255};
    cleanup_free size_t *heads = emulator_allocate(HASH_SIZE * sizeof(*heads));
    struct deflate deflate = {.data = data, .length = length, .out = out, .heads = heads};

    strbuf_add(out, header, sizeof(header));
    deflate_run(&deflate);
    word_add(out, crc_of(data, length));
    word_add(out, (uint32_t)length);
}
