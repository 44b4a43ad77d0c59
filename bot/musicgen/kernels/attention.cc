// Attention of single positions over their own past, in a cache of fixed slots.
//
// A cache is [layers, slots, 2, heads, positions * dim]: all keys of a head, then, in the second
// half, all values. Keys lie in blocks of sixteen positions, [positions / 16, dim, 16], so that
// sixteen scores are made at once with no sums across a register; values lie [positions, dim].
// A row reads no further than its own position: what it costs is its own past, not the slot's size.

#include <math.h>

#include "call.h"
#include "threads.h"
#include "vector.h"

namespace zhiyin {
namespace {

constexpr int kMaxPositions = 8192;
constexpr int kMaxDim = 256;

struct Cache {
  float *data;
  int heads, positions, dim;

  // The cache of one layer out of the tensor at `index`; heads and dim as the activations have them.
  static Cache of(const Call &call, int index, int layer, int dim) {
    const int64_t slots = call.dim(index, 1), heads = call.dim(index, 3), span = call.dim(index, 4);
    float *base = call.at<float>(index) + (size_t)layer * slots * 2 * heads * span;
    return Cache{base, (int)heads, (int)(span / dim), dim};
  }
  size_t span() const { return (size_t)positions * dim; }
  float *keys(int slot, int head) const { return data + ((size_t)slot * 2 * heads + head) * span(); }
  float *values(int slot, int head) const { return keys(slot, head) + (size_t)heads * span(); }

  void append(int slot, int head, int position, const float *key, const float *value) const {
    float *block = keys(slot, head) + (size_t)(position / kLanes) * dim * kLanes + position % kLanes;
    for (int i = 0; i < dim; i++) block[i * kLanes] = key[i];
    memcpy(values(slot, head) + (size_t)position * dim, value, dim * sizeof(float));
  }
};

// Write the attention of one query over the first `length` positions.
void attend(const float *query, const float *keys, const float *values, int length, int dim,
            float *out) {
  const float scale = 1.0f / sqrtf((float)dim);
  float scores[kMaxPositions];
  Floats top = splat(-INFINITY);
  for (int t = 0; t < length; t += kLanes, keys += (size_t)dim * kLanes) {
    Floats part[4] = {};
    for (int i = 0; i < dim; i += 4)
      for (int j = 0; j < 4; j++) part[j] += load(keys + (i + j) * kLanes) * query[i + j];
    Floats score = ((part[0] + part[1]) + (part[2] + part[3])) * scale;
    for (int i = length - t; i < kLanes; i++) score[i] = -INFINITY;
    store(scores + t, score);
    top = larger(top, score);
  }
  const float highest = largest(top);
  Floats total{};
  for (int t = 0; t < length; t += kLanes) {
    Floats weight = exp_of(load(scores + t) - highest);
    for (int i = length - t; i < kLanes; i++) weight[i] = 0;
    store(scores + t, weight);
    total += weight;
  }
  const float share = 1.0f / sum(total);
  for (int i = 0; i < dim; i += kLanes * 4) {
    const int lanes = dim - i < kLanes * 4 ? (dim - i) / kLanes : 4;
    Floats part[4] = {};
    if (lanes == 4) {
      for (int t = 0; t < length; t++)
        for (int j = 0; j < 4; j++)
          part[j] += load(values + (size_t)t * dim + i + j * kLanes) * scores[t];
    } else {
      for (int t = 0; t < length; t++)
        for (int j = 0; j < lanes; j++)
          part[j] += load(values + (size_t)t * dim + i + j * kLanes) * scores[t];
    }
    for (int j = 0; j < lanes; j++) store(out + i + j * kLanes, part[j] * share);
  }
}

}  // namespace
}  // namespace zhiyin

// Append each row's key and value at its position, then attend over all up to there.
// Inputs: qkv [rows, 3 * width], cache, slots, positions, layer, rows. Rows of one slot may stand
// at several positions: each sees those before it.
ZHIYIN_KERNEL(zhiyin_attend) {
  using namespace zhiyin;
  const float *qkv = call.at<const float>(0);
  const int32_t *slots = call.at<const int32_t>(2), *positions = call.at<const int32_t>(3);
  const int layer = *call.at<int32_t>(4), rows = *call.at<int32_t>(5);
  const int width = (int)call.dim(call.count - 1, 1), heads = (int)call.dim(1, 3);
  const int dim = width / heads;
  const Cache cache = Cache::of(call, 1, layer, dim);
  float *out = call.output();
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
  parallel(rows * heads, [&](int index) {
    const int r = index / heads, h = index % heads;
    if (!shared) append(index);
    attend(qkv + (size_t)r * 3 * width + h * dim, cache.keys(slots[r], h),
           cache.values(slots[r], h), positions[r] + 1, dim, out + (size_t)r * width + h * dim);
  });
}

// Attend over a text. Inputs: queries [rows, width], cache, slots, lengths, layer, rows.
ZHIYIN_KERNEL(zhiyin_attend_text) {
  using namespace zhiyin;
  const float *queries = call.at<const float>(0);
  const int32_t *slots = call.at<const int32_t>(2), *lengths = call.at<const int32_t>(3);
  const int layer = *call.at<int32_t>(4), rows = *call.at<int32_t>(5);
  const int width = (int)call.dim(call.count - 1, 1), heads = (int)call.dim(1, 3);
  const int dim = width / heads;
  const Cache cache = Cache::of(call, 1, layer, dim);
  float *out = call.output();
  parallel(rows, [&](int r) {
    for (int h = 0; h < heads; h++)
      attend(queries + (size_t)r * width + h * dim, cache.keys(slots[r], h),
             cache.values(slots[r], h), lengths[r], dim, out + (size_t)r * width + h * dim);
  });
}

// Fill a slot of a text's cache. Inputs: pairs [rows, 2 * width] of keys and values, cache, slot,
// layer, rows, first position.
ZHIYIN_KERNEL(zhiyin_keep_text) {
  using namespace zhiyin;
  const float *pairs = call.at<const float>(0);
  const int slot = *call.at<int32_t>(2), layer = *call.at<int32_t>(3), rows = *call.at<int32_t>(4);
  const int first = *call.at<int32_t>(5);
  const int width = (int)call.dim(0, 1) / 2, heads = (int)call.dim(1, 3), dim = width / heads;
  const Cache cache = Cache::of(call, 1, layer, dim);
  for (int r = 0; r < rows; r++)
    for (int h = 0; h < heads; h++) {
      const float *key = pairs + (size_t)r * 2 * width + h * dim;
      cache.append(slot, h, first + r, key, key + width);
    }
  call.output()[0] = 0;
}
