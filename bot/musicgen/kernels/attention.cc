#include "attention.h"

#include <math.h>

#include "attention_bytes.h"
#include "softmax.h"
#include "threads.h"
#include "vector.h"

namespace zhiyin {
namespace {

constexpr int kChunksAhead = 2;  // how many chunks ahead the cache is prefetched

// Prefetch `count` elements. The hardware prefetcher stops at the end of a page, and a head has
// about one page in each chunk.
template <class Value>
inline void prefetch(const Value *values, int count) {
  constexpr int kLine = 64;
  const char *at = reinterpret_cast<const char *>(values);
  for (int i = 0; i < count * (int)sizeof(Value); i += kLine) __builtin_prefetch(at + i);
}

// Return what is read kChunksAhead chunks after chunk `index` of a head: its keys are read first,
// then its values, then the next head's.
template <class Value>
const Value *ahead(const Cache &cache, int slot, int head, int length, int index) {
  const int chunks = (length - 1) / kChunk + 1, later = index + kChunksAhead;
  const int whose = head + later / (2 * chunks), chunk = later % chunks;
  return later / chunks % 2 ? cache.values<Value>(slot, chunk, whose)
                            : cache.keys<Value>(slot, chunk, whose);
}

// Write the scores of one query with sixteen keys at a time; return the highest.
template <class Value>
float score(const float *query, const Cache &cache, int slot, int head, int length,
            float *scores) {
  const int dim = cache.dim;
  const float scale = 1.0f / sqrtf((float)dim);
  Floats top = splat(-INFINITY);
  for (int t = 0; t < length; t += kLanes) {
    const int chunk = t / kChunk;
    const Value *first = cache.keys<Value>(slot, chunk, head);
    const Value *keys = first + (size_t)(t % kChunk) * dim;
    prefetch(ahead<Value>(cache, slot, head, length, chunk) + (size_t)(t % kChunk) * dim,
             kLanes * dim);
    Floats part[4] = {};
    for (int i = 0; i < dim; i += 4)
      for (int j = 0; j < 4; j++) part[j] += load(keys + (i + j) * kLanes) * query[i + j];
    Floats sixteen = ((part[0] + part[1]) + (part[2] + part[3])) * scale;
    for (int i = length - t; i < kLanes; i++) sixteen[i] = -INFINITY;
    store(scores + t, sixteen);
    top = max_of(top, sixteen);
  }
  return horizontal_max(top);
}

// Write the weighted sum of `Parts` times sixteen columns of the values, from `column` on.
template <int Parts, class Value>
void mix(const float *weights, float share, const Cache &cache, int slot, int head, int length,
         int column, float *out) {
  Floats part[Parts] = {};
  const int chunks = (length - 1) / kChunk + 1;
  for (int chunk = 0; chunk < chunks; chunk++) {
    const Value *values = cache.values<Value>(slot, chunk, head) + column;
    const int first = chunk * kChunk;
    const int count = length - first < kChunk ? length - first : kChunk;
    const Value *next = ahead<Value>(cache, slot, head, length, chunks + chunk);
    for (int t = 0; t < count; t++, values += cache.dim) {
      if (column == 0) prefetch(next + (size_t)t * cache.dim, cache.dim);
      for (int j = 0; j < Parts; j++)
        part[j] += load(values + j * kLanes) * weights[first + t];
    }
  }
  for (int j = 0; j < Parts; j++) store(out + column + j * kLanes, part[j] * share);
}

// Write the attention of one query over the first `length` positions.
template <class Value>
void attend(const float *query, const Cache &cache, int slot, int head, int length, float *out) {
  float scores[kMaxPositions];
  const float highest = score<Value>(query, cache, slot, head, length, scores);
  const float share = 1.0f / unnormalised_softmax(scores, length, highest);
  int column = 0;
  for (; column + 4 * kLanes <= cache.dim; column += 4 * kLanes)
    mix<4, Value>(scores, share, cache, slot, head, length, column, out);
  for (; column < cache.dim; column += kLanes)
    mix<1, Value>(scores, share, cache, slot, head, length, column, out);
}

template <class Value>
void attend_each(const float *queries, const Cache &cache, int slot, int first, int heads,
                 int length, float *out) {
  for (int h = 0; h < heads; h++)
    attend<Value>(queries + h * cache.dim, cache, slot, first + h, length, out + h * cache.dim);
}

void attend(const float *queries, const Cache &cache, int slot, int first, int heads, int length,
            float *out) {
  switch (cache.type) {
    case DataType::kBFloat16:
      return attend_each<BFloat16>(queries, cache, slot, first, heads, length, out);
    case DataType::kInt8: return attend_bytes(queries, cache, slot, first, heads, length, out);
    default: return attend_each<float>(queries, cache, slot, first, heads, length, out);
  }
}

// Store sixteen floats in the cache's type.
inline void store_as_type(Floats values, float *to) { store(to, values); }
inline void store_as_type(Floats values, BFloat16 *to) {
  for (int i = 0; i < kLanes; i++) to[i] = to_bfloat16(values[i]);
}

template <class Value>
void append(const Cache &cache, int slot, int head, int position, const float *key,
            const float *value) {
  const int chunk = position / kChunk, place = position % kChunk, dim = cache.dim;
  Value *keys = cache.keys<Value>(slot, chunk, head);
  Value *values = cache.values<Value>(slot, chunk, head);
  Value *block = keys + (size_t)(place / kLanes) * dim * kLanes + place % kLanes;
  Value sixteen[kLanes];
  for (int i = 0; i < dim; i += kLanes) {
    store_as_type(load(key + i), sixteen);
    for (int j = 0; j < kLanes; j++) block[(i + j) * kLanes] = sixteen[j];
    store_as_type(load(value + i), values + (size_t)place * dim + i);
  }
}

// Call piece(row, first head, heads) for all heads of all rows, which attend to up to `positions`
// positions: on all threads, if that pays off.
template <class Piece>
void for_head_groups(int rows, const Cache &cache, int positions, const Piece &piece) {
  constexpr int kMinParallelWork = 32 * 1024;
  const int groups = (cache.heads + kHeadGroup - 1) / kHeadGroup;
  const auto group = [&](int index) {
    const int first = index % groups * kHeadGroup, left = cache.heads - first;
    piece(index / groups, first, left < kHeadGroup ? left : kHeadGroup);
  };
  if ((int64_t)rows * cache.width() * positions >= kMinParallelWork)
    return parallel(rows * groups, group);
  for (int index = 0; index < rows * groups; index++) group(index);
}

}  // namespace

void Cache::append(int slot, int head, int position, const float *key, const float *value) const {
  switch (type) {
    case DataType::kBFloat16:
      return zhiyin::append<BFloat16>(*this, slot, head, position, key, value);
    case DataType::kInt8: return append_bytes(*this, slot, head, position, key, value);
    default: return zhiyin::append<float>(*this, slot, head, position, key, value);
  }
}

void attend_past(const float *qkv, int rows, const Cache &cache, const int32_t *slots,
                 const int32_t *positions, float *y) {
  const int heads = cache.heads, dim = cache.dim, width = cache.width();
  bool shared = false;
  for (int r = 1; r < rows; r++)
    for (int s = 0; s < r; s++) shared |= slots[r] == slots[s];
  const auto append = [&](int r, int h) {
    const float *key = qkv + (size_t)r * 3 * width + width + h * dim;
    cache.append(slots[r], h, positions[r], key, key + width);
  };
  // Rows of one slot need each other's keys before any of them attends.
  if (shared) parallel(rows * heads, [&](int index) { append(index / heads, index % heads); });
  int longest = 0;
  for (int r = 0; r < rows; r++) longest = positions[r] > longest ? positions[r] : longest;
  for_head_groups(rows, cache, longest, [&](int r, int first, int count) {
    for (int h = first; h < first + count && !shared; h++) append(r, h);
    attend(qkv + (size_t)r * 3 * width + first * dim, cache, slots[r], first, count,
           positions[r] + 1, y + (size_t)r * width + first * dim);
  });
}

void attend_text(const float *queries, int rows, const Cache &cache, const int32_t *slots,
                 const int32_t *lengths, float *y) {
  const int dim = cache.dim, width = cache.width();
  int longest = 0;
  for (int r = 0; r < rows; r++) longest = lengths[r] > longest ? lengths[r] : longest;
  for_head_groups(rows, cache, longest, [&](int r, int first, int count) {
    const size_t at = (size_t)r * width + first * dim;
    attend(queries + at, cache, slots[r], first, count, lengths[r], y + at);
  });
}

}  // namespace zhiyin
