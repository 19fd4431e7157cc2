// LZMA (Pavlov 1998) as Python's lzma module writes it raw with pb 2: a range coder over bits, each with a probability of its own, that
// spell literals, matches and repeats of the last four distances. The input is trusted.
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *from;
    uint32_t range, code;
} lzma_coder;

enum { LENGTHS = 2 + 16 * 8 * 2 + 256, LITERALS = 0x300 << 3 };

typedef struct {
    uint16_t match[12][4], repeat[12], repeat0[12], repeat0_long[12][4], repeat1[12], repeat2[12];
    uint16_t slot[4][64], distance[128], align[16], length[LENGTHS], repeat_length[LENGTHS], literal[LITERALS];
} lzma_odds;

static int lzma_bit(lzma_coder *c, uint16_t *odds) {
    if (c->range < 1u << 24) c->range <<= 8, c->code = c->code << 8 | *c->from++;
    uint32_t bound = (c->range >> 11) * *odds;
    if (c->code < bound) {
        c->range = bound;
        *odds = (uint16_t)(*odds + ((2048 - *odds) >> 5));
        return 0;
    }
    c->range -= bound, c->code -= bound;
    *odds = (uint16_t)(*odds - (*odds >> 5));
    return 1;
}

static uint32_t lzma_tree(lzma_coder *c, uint16_t *odds, int bits) {
    uint32_t m = 1;
    for (int i = 0; i < bits; i++) m = m << 1 | (uint32_t)lzma_bit(c, odds + m);
    return m - (1u << bits);
}

static uint32_t lzma_reverse(lzma_coder *c, uint16_t *odds, int bits) {
    uint32_t m = 1, value = 0;
    for (int i = 0; i < bits; i++) {
        uint32_t bit = (uint32_t)lzma_bit(c, odds + m);
        m = m << 1 | bit, value |= bit << i;
    }
    return value;
}

static uint32_t lzma_length(lzma_coder *c, uint16_t *odds, uint32_t position) {
    if (!lzma_bit(c, odds)) return 2 + lzma_tree(c, odds + 2 + position * 8, 3);
    if (!lzma_bit(c, odds + 1)) return 10 + lzma_tree(c, odds + 130 + position * 8, 3);
    return 18 + lzma_tree(c, odds + 258, 8);
}

static uint32_t lzma_distance(lzma_coder *c, lzma_odds *p, uint32_t length) {
    uint32_t slot = lzma_tree(c, p->slot[length < 6 ? length - 2 : 3], 6);
    if (slot < 4) return slot;
    int bits = (int)(slot >> 1) - 1;
    uint32_t distance = (2 | (slot & 1)) << bits;
    if (slot < 14) return distance + lzma_reverse(c, p->distance + distance - slot, bits);
    for (int i = bits - 1; i >= 4; i--) {
        if (c->range < 1u << 24) c->range <<= 8, c->code = c->code << 8 | *c->from++;
        c->range >>= 1;
        if (c->code >= c->range) c->code -= c->range, distance |= 1u << i;
    }
    return distance + lzma_reverse(c, p->align, 4);
}

static uint8_t lzma_literal(lzma_coder *c, uint16_t *odds, uint32_t matched, int after_match) {
    uint32_t m = 1, offset = 0x100;
    while (m < 0x100) {
        if (!after_match) {
            m = m << 1 | (uint32_t)lzma_bit(c, odds + m);
            continue;
        }
        matched <<= 1;
        uint32_t expected = matched & 0x100, bit = (uint32_t)lzma_bit(c, odds + offset + expected + m);
        m = m << 1 | bit;
        // Once a bit is not the expected one, the matched byte tells nothing more.
        if (bit != expected >> 8) after_match = 0;
    }
    return (uint8_t)m;
}

/// The length of a match at one of the last four distances, which becomes the last.
static uint32_t lzma_repeat(lzma_coder *c, lzma_odds *p, uint32_t *last, uint32_t *state, uint32_t position) {
    uint32_t which = 0;
    if (!lzma_bit(c, &p->repeat0[*state])) {
        if (!lzma_bit(c, &p->repeat0_long[*state][position])) {
            *state = *state < 7 ? 9 : 11;
            return 1;
        }
    } else {
        which = !lzma_bit(c, &p->repeat1[*state]) ? 1 : !lzma_bit(c, &p->repeat2[*state]) ? 2 : 3;
    }
    uint32_t distance = last[which];
    for (; which > 0; which--) last[which] = last[which - 1];
    last[0] = distance;
    *state = *state < 7 ? 8 : 11;
    return lzma_length(c, p->repeat_length, position);
}

/// Expands `from` to `count` bytes at `to`. Literals depend on `high` bits of the byte before and `low` bits of their position.
static void lzma_expand(const uint8_t *from, uint8_t *to, size_t count, int high, int low, lzma_odds *p) {
    lzma_coder c = {from + 5, ~0u, (uint32_t)from[1] << 24 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 8 | from[4]};
    uint32_t state = 0, last[4] = {0, 0, 0, 0}, length;
    for (size_t i = 0; i < sizeof *p / 2; i++) ((uint16_t *)p)[i] = 1024;
    for (size_t i = 0; i < count;) {
        uint32_t position = i & 3;
        if (!lzma_bit(&c, &p->match[state][position])) {
            int after = state >= 7;
            size_t context = ((i & ((1u << low) - 1)) << high) + (i ? to[i - 1] >> (8 - high) : 0);
            uint16_t *odds = p->literal + 0x300 * context;
            to[i] = lzma_literal(&c, odds, after ? to[i - last[0] - 1] : 0, after);
            i++, state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
            continue;
        }
        if (lzma_bit(&c, &p->repeat[state])) {
            length = lzma_repeat(&c, p, last, &state, position);
        } else {
            last[3] = last[2], last[2] = last[1], last[1] = last[0];
            length = lzma_length(&c, p->length, position);
            last[0] = lzma_distance(&c, p, length);
            state = state < 7 ? 7 : 10;
        }
        for (; length > 0 && i < count; length--, i++) to[i] = to[i - last[0] - 1];
    }
}
