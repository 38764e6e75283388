/* See data.h. One loop per type, in two forms: one for contiguous items in the machine's byte order, which
 * the compiler vectorises (memcpy of one item is a plain load, aligned or not), and one for everything else.
 */
#include "data.h"
#include <string.h>

/* Copies one item of `size` bytes from p to v, reversing its bytes if it is in the other byte order. */
static inline void load_item(void *v, size_t size, const char *p, int swapped) {
    if (!swapped) {
        memcpy(v, p, size);
        return;
    }
    char reversed[8];
    for (size_t i = 0; i < size; ++i) reversed[i] = p[size - 1 - i];
    memcpy(v, reversed, size);
}

/* float16 to float32, exactly, from its bits: 1 sign, 5 exponent (bias 15), 10 fraction. */
static inline float half_value(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16, magnitude = half & 0x7FFFu;
    uint32_t bits = (magnitude << 13) + (112u << 23);        /* bias 15 -> 127 */
    if (magnitude >= 0x7C00u) bits += 112u << 23;            /* infinity, NaN: exponent 31 -> 255 */
    const float tiny = (float)(int32_t)magnitude * 0x1p-24f; /* of a denormal: units of 2^-24 */
    uint32_t tiny_bits;
    memcpy(&tiny_bits, &tiny, sizeof tiny_bits);
    bits = (magnitude < 0x0400u ? tiny_bits : bits) | sign;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#define GATHER(TYPE, VALUE)                                                                               \
    do {                                                                                                  \
        TYPE v;                                                                                           \
        if (!offset && !s->swapped) {                                                                     \
            for (int64_t c = 0; c < cols; ++c) {                                                          \
                memcpy(&v, from + c * (int64_t)sizeof v, sizeof v);                                       \
                out[c] = (real)(VALUE);                                                                   \
            }                                                                                             \
        } else {                                                                                          \
            for (int64_t c = 0; c < cols; ++c) {                                                          \
                load_item(&v, sizeof v, from + (offset ? offset[c] : c * (int64_t)sizeof v), s->swapped); \
                out[c] = (real)(VALUE);                                                                   \
            }                                                                                             \
        }                                                                                                 \
    } while (0)

static void gather_row(const pynn_source *s, int64_t row, real *out) {
    const int64_t cols = s->cols, *offset = s->col_offset;
    const char *from = s->base + row * s->row_stride;
    switch ((enum pynn_dtype)s->dtype) {
    case PYNN_BOOL: GATHER(uint8_t, v != 0); break;
    case PYNN_U8: GATHER(uint8_t, v); break;
    case PYNN_I8: GATHER(int8_t, v); break;
    case PYNN_U16: GATHER(uint16_t, v); break;
    case PYNN_I16: GATHER(int16_t, v); break;
    case PYNN_U32: GATHER(uint32_t, v); break;
    case PYNN_I32: GATHER(int32_t, v); break;
    case PYNN_U64: GATHER(uint64_t, v); break;
    case PYNN_I64: GATHER(int64_t, v); break;
    case PYNN_FLOAT16: GATHER(uint16_t, half_value(v)); break;
    case PYNN_FLOAT32: GATHER(float, v); break;
    case PYNN_FLOAT64: GATHER(double, v); break;
    }
}
#undef GATHER
