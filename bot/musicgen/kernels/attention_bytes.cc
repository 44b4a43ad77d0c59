// Attention over an int8 cache.
//
// Queries and softmax weights are quantized to sixteen bits, precise enough beside the cache's
// eight, and split into two digits of a byte each: 256 * high + low.

#include "attention_bytes.h"

#include <math.h>

#include "dot_product.h"
#include "softmax.h"
#include "vector.h"

namespace zhiyin {
namespace {

constexpr int kOffset = 128;   // keys are stored plus this
constexpr int kMaxDim = 256;   // of a head

typedef int8_t Sixteen __attribute__((vector_size(kLanes)));

// Two digits of `Count` numbers, the scale of 256 * high + low, and the digits' sums.
template <int Count>
struct Digits {
  int8_t high[Count], low[Count];
  float scale;
  int32_t of_high, of_low;
};

void split(const float *query, int dim, Digits<kMaxDim> *digits) {
  constexpr float kMost = 127 * 256;
  Floats most{};
  for (int i = 0; i < dim; i += kLanes) {
    const Floats value = load(query + i);
    most = max_of(most, max_of(value, -value));
  }
  const float highest = horizontal_max(most), steps = highest > 0 ? kMost / highest : 0;
  Floats of_high{}, of_low{};
  for (int i = 0; i < dim; i += kLanes) {
    const Ints whole = round_to_ints(load(query + i) * steps);
    const Ints high = (whole + 128) >> 8, low = whole - (high << 8);
    of_high += __builtin_convertvector(high, Floats);
    of_low += __builtin_convertvector(low, Floats);
    const Sixteen high_bytes = __builtin_convertvector(high, Sixteen);
    const Sixteen low_bytes = __builtin_convertvector(low, Sixteen);
    memcpy(digits->high + i, &high_bytes, kLanes);
    memcpy(digits->low + i, &low_bytes, kLanes);
  }
  digits->scale = highest / kMost;
  digits->of_high = (int32_t)horizontal_sum(of_high);
  digits->of_low = (int32_t)horizontal_sum(of_low);
}

// Prefetch one of `parts` parts of what is read next: the next head's bytes of a chunk. The
// hardware prefetcher stops at the end of a page, which is about as much.
inline void prefetch(const char *next, int span, int part, int parts) {
  constexpr int kLine = 64;
  const int from = span * part / parts / kLine * kLine, to = span * (part + 1) / parts;
  for (int i = from; i < to; i += kLine) __builtin_prefetch(next + i, 0, 2);
}

// Some heads of one slot, over the first `length` positions. All heads' part of a chunk is read
// before the next chunk, since in memory they follow each other.
struct Heads {
  const Cache &cache;
  int slot, first, heads, length;

  int chunks() const { return (length - 1) / kChunk + 1; }
  int count(int chunk) const {
    const int left = length - chunk * kChunk;
    return left < kChunk ? left : kChunk;
  }
  char *keys(int chunk, int head) const { return cache.keys<char>(slot, chunk, first + head); }
  char *values(int chunk, int head) const { return cache.values<char>(slot, chunk, first + head); }
  // Return what is read after one head's keys or values of a chunk.
  const char *after_keys(int chunk, int head) const {
    if (head + 1 < heads) return keys(chunk, head + 1);
    return chunk + 1 < chunks() ? keys(chunk + 1, 0) : values(0, 0);
  }
  const char *after_values(int chunk, int head) const {
    if (head + 1 < heads) return values(chunk, head + 1);
    return values(chunk + 1 < chunks() ? chunk + 1 : 0, 0);
  }

  // Write the scores of a head's query with a chunk's keys; return the highest of each lane.
  Floats score(const Digits<kMaxDim> &query, int chunk, int head, float *scores) const {
    const int dim = cache.dim;
    const float scale = query.scale / sqrtf((float)dim);
    char *keys = this->keys(chunk, head);
    const float *scales = cache.scales(keys);
    const char *next = after_keys(chunk, head);
    Floats top = splat(-INFINITY);
    for (int t = 0; t < count(chunk); t += kLanes) {
      prefetch(next, (int)cache.span, t / kLanes, kChunk / kLanes);
      Accumulators high = Accumulators::of(-kOffset * query.of_high),
                   low = Accumulators::of(-kOffset * query.of_low);
      for (int i = 0; i < dim; i += 4) {
        const Ints four = words(keys + (size_t)t * dim + i * kLanes);
        high.add(four, word(query.high + i));
        low.add(four, word(query.low + i));
      }
      Floats sixteen = high.with_low(low) * scale * load(scales + t);
      for (int i = count(chunk) - t; i < kLanes; i++) sixteen[i] = -INFINITY;
      store(scores + t, sixteen);
      top = max_of(top, sixteen);
    }
    return top;
  }

  // Split a chunk's weights, times the scales of its values, into unsigned digits.
  void split_weights(const float *weights, int chunk, int head, Digits<kChunk> *digits) const {
    constexpr float kMost = 65535;
    const float *scales = cache.scales(values(chunk, head));
    Floats scaled[kChunk / kLanes], most{};
    const int vectors = (count(chunk) + kLanes - 1) / kLanes;
    for (int i = 0; i < vectors; i++) {
      scaled[i] = load(weights + i * kLanes) * load(scales + i * kLanes);
      most = max_of(most, scaled[i]);
    }
    const float highest = horizontal_max(most), steps = highest > 0 ? kMost / highest : 0;
    for (int i = 0; i < vectors; i++) {
      const Ints whole = round_to_ints(scaled[i] * steps);
      const Sixteen high = __builtin_convertvector(whole >> 8, Sixteen);
      const Sixteen low = __builtin_convertvector(whole & 255, Sixteen);
      memcpy(digits->high + i * kLanes, &high, kLanes);
      memcpy(digits->low + i * kLanes, &low, kLanes);
    }
    digits->scale = highest / kMost;
  }

  // Add the weighted sum of `Parts` times sixteen columns of a chunk's values, from `column` on.
  template <int Parts>
  void mix(const Digits<kChunk> &digits, int chunk, int head, int column, float *sums) const {
    const char *at = values(chunk, head) + column * 4, *next = after_values(chunk, head);
    Accumulators high[Parts], low[Parts];
    for (int j = 0; j < Parts; j++) high[j] = low[j] = Accumulators::of(0);
    for (int t = 0; t < count(chunk); t += 4, at += cache.dim * 4) {
      if (column == 0 && t % kLanes == 0)
        prefetch(next, (int)cache.span, t / kLanes, kChunk / kLanes);
      const int32_t of_high = word(digits.high + t), of_low = word(digits.low + t);
      for (int j = 0; j < Parts; j++) {
        const Ints four = words(at + j * 4 * kLanes);
        high[j].add(of_high, four);
        low[j].add(of_low, four);
      }
    }
    for (int j = 0; j < Parts; j++) {
      float *to = sums + column + j * kLanes;
      store(to, load(to) + high[j].with_low(low[j]) * digits.scale);
    }
  }
};

// Quantize a vector to `whole`, [dim]; return its scale.
float quantize(const float *values, int dim, int8_t *whole) {
  Floats most{};
  for (int i = 0; i < dim; i += kLanes) {
    const Floats value = load(values + i);
    most = max_of(most, max_of(value, -value));
  }
  const float highest = horizontal_max(most), steps = highest > 0 ? 127 / highest : 0;
  for (int i = 0; i < dim; i += kLanes) {
    const Sixteen narrow =
        __builtin_convertvector(round_to_ints(load(values + i) * steps), Sixteen);
    memcpy(whole + i, &narrow, kLanes);
  }
  return highest / 127;
}

}  // namespace

void attend_bytes(const float *queries, const Cache &cache, int slot, int first, int heads,
                  int length, float *out) {
  const int dim = cache.dim;
  const Heads group{cache, slot, first, heads, length};
  Digits<kMaxDim> digits[kHeadGroup];
  Floats top[kHeadGroup];
  float scores[kHeadGroup][kMaxPositions], share[kHeadGroup];
  for (int h = 0; h < heads; h++) {
    split(queries + h * dim, dim, digits + h);
    top[h] = splat(-INFINITY);
  }
  for (int chunk = 0; chunk < group.chunks(); chunk++)
    for (int h = 0; h < heads; h++)
      top[h] = max_of(top[h], group.score(digits[h], chunk, h, scores[h] + chunk * kChunk));
  for (int h = 0; h < heads; h++)
    share[h] = 1.0f / unnormalised_softmax(scores[h], length, horizontal_max(top[h]));
  for (int i = 0; i < heads * dim; i += kLanes) store(out + i, Floats{});
  for (int chunk = 0; chunk < group.chunks(); chunk++)
    for (int h = 0; h < heads; h++) {
      Digits<kChunk> weights;
      group.split_weights(scores[h] + chunk * kChunk, chunk, h, &weights);
      int column = 0;
      for (; column + 4 * kLanes <= dim; column += 4 * kLanes)
        group.mix<4>(weights, chunk, h, column, out + h * dim);
      for (; column < dim; column += kLanes) group.mix<1>(weights, chunk, h, column, out + h * dim);
    }
  for (int h = 0; h < heads; h++)
    for (int i = h * dim; i < (h + 1) * dim; i += kLanes) store(out + i, load(out + i) * share[h]);
}

void append_bytes(const Cache &cache, int slot, int head, int position, const float *key,
                  const float *value) {
  const int chunk = position / kChunk, place = position % kChunk, dim = cache.dim;
  uint8_t *keys = cache.keys<uint8_t>(slot, chunk, head);
  int8_t *values = cache.values<int8_t>(slot, chunk, head), whole[kMaxDim];
  cache.scales(keys)[place] = quantize(key, dim, whole);
  uint8_t *block = keys + (size_t)(place / kLanes) * dim * kLanes + place % kLanes * 4;
  for (int i = 0; i < dim; i += 4) {
    const uint32_t four = (uint32_t)word(whole + i) ^ 0x80808080u;  // plus 128
    memcpy(block + i * kLanes, &four, sizeof(four));
  }
  cache.scales(values)[place] = quantize(value, dim, whole);
  int8_t *quad = values + (size_t)(place / 4) * dim * 4 + place % 4;
  for (int i = 0; i < dim; i++) quad[i * 4] = whole[i];
}

}  // namespace zhiyin
