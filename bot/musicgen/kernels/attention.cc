#include "attention.h"

#include <math.h>
#include <string.h>

#include "threads.h"
#include "vector.h"

namespace zhiyin {
namespace {

constexpr int kMaxPositions = 8192;

// Write the scores of one query with sixteen keys at a time; return the highest.
float score(const float *query, const Cache &cache, int slot, int head, int length,
            float *scores) {
  const int dim = cache.dim;
  const float scale = 1.0f / sqrtf((float)dim);
  Floats top = splat(-INFINITY);
  for (int t = 0; t < length; t += kLanes) {
    const float *keys = cache.keys(slot, t / kChunk, head) + (size_t)(t % kChunk) * dim;
    Floats part[4] = {};
    for (int i = 0; i < dim; i += 4)
      for (int j = 0; j < 4; j++) part[j] += load(keys + (i + j) * kLanes) * query[i + j];
    Floats sixteen = ((part[0] + part[1]) + (part[2] + part[3])) * scale;
    for (int i = length - t; i < kLanes; i++) sixteen[i] = -INFINITY;
    store(scores + t, sixteen);
    top = larger(top, sixteen);
  }
  return largest(top);
}

// Turn scores into weights that add up to the number returned.
float soften(float *scores, int length, float highest) {
  Floats total{};
  for (int t = 0; t < length; t += kLanes) {
    Floats weight = exp_of(load(scores + t) - highest);
    for (int i = length - t; i < kLanes; i++) weight[i] = 0;
    store(scores + t, weight);
    total += weight;
  }
  return sum(total);
}

// Write the weighted sum of `Parts` times sixteen columns of the values, from `column` on.
template <int Parts>
void mix(const float *weights, float share, const Cache &cache, int slot, int head, int length,
         int column, float *out) {
  Floats part[Parts] = {};
  for (int chunk = 0; chunk * kChunk < length; chunk++) {
    const float *values = cache.values(slot, chunk, head) + column;
    const int first = chunk * kChunk;
    const int count = length - first < kChunk ? length - first : kChunk;
    for (int t = 0; t < count; t++, values += cache.dim)
      for (int j = 0; j < Parts; j++)
        part[j] += load(values + j * kLanes) * weights[first + t];
  }
  for (int j = 0; j < Parts; j++) store(out + column + j * kLanes, part[j] * share);
}

// Write the attention of one query over the first `length` positions.
void attend(const float *query, const Cache &cache, int slot, int head, int length, float *out) {
  float scores[kMaxPositions];
  const float highest = score(query, cache, slot, head, length, scores);
  const float share = 1.0f / soften(scores, length, highest);
  int column = 0;
  for (; column + 4 * kLanes <= cache.dim; column += 4 * kLanes)
    mix<4>(scores, share, cache, slot, head, length, column, out);
  for (; column < cache.dim; column += kLanes)
    mix<1>(scores, share, cache, slot, head, length, column, out);
}

// Do `count` pieces of work over so many positions each: on the team, if that is worth calling it.
template <class Piece>
void share(int count, int positions, int dim, const Piece &piece) {
  constexpr int kWorthCalling = 32 * 1024;
  if ((int64_t)count * positions * dim >= kWorthCalling) return parallel(count, piece);
  for (int index = 0; index < count; index++) piece(index);
}

}  // namespace

void Cache::append(int slot, int head, int position, const float *key, const float *value) const {
  const int chunk = position / kChunk, place = position % kChunk;
  float *block = keys(slot, chunk, head) + (size_t)(place / kLanes) * dim * kLanes + place % kLanes;
  for (int i = 0; i < dim; i++) block[i * kLanes] = key[i];
  memcpy(values(slot, chunk, head) + (size_t)place * dim, value, dim * sizeof(float));
}

void attend_past(const float *qkv, int rows, const Cache &cache, const int32_t *slots,
                 const int32_t *positions, float *y) {
  const int heads = cache.heads, dim = cache.dim, width = cache.width();
  bool shared = false;
  for (int r = 1; r < rows; r++)
    for (int s = 0; s < r; s++) shared |= slots[r] == slots[s];
  const auto append = [&](int index) {
    const int r = index / heads, h = index % heads;
    const float *key = qkv + (size_t)r * 3 * width + width + h * dim;
    cache.append(slots[r], h, positions[r], key, key + width);
  };
  // Rows of one slot need each other's keys before any may look.
  if (shared) parallel(rows * heads, append);
  int longest = 0;
  for (int r = 0; r < rows; r++) longest = positions[r] > longest ? positions[r] : longest;
  share(rows * heads, longest, dim, [&](int index) {
    const int r = index / heads, h = index % heads;
    if (!shared) append(index);
    attend(qkv + (size_t)r * 3 * width + h * dim, cache, slots[r], h, positions[r] + 1,
           y + (size_t)r * width + h * dim);
  });
}

void attend_text(const float *queries, int rows, const Cache &cache, const int32_t *slots,
                 const int32_t *lengths, float *y) {
  const int heads = cache.heads, dim = cache.dim, width = cache.width();
  int longest = 0;
  for (int r = 0; r < rows; r++) longest = lengths[r] > longest ? lengths[r] : longest;
  share(rows * heads, longest, dim, [&](int index) {
    const int r = index / heads, h = index % heads;
    attend(queries + (size_t)r * width + h * dim, cache, slots[r], h, lengths[r],
           y + (size_t)r * width + h * dim);
  });
}

}  // namespace zhiyin
