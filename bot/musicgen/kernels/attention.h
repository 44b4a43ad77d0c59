// Attention of single positions over their own past, in a cache of fixed slots.
//
// A cache is [layers, slots, chunks, 2, heads, 64 * dim]: sixty-four positions of all heads' keys,
// then of all heads' values, so that it fills, and takes up memory, in order as a sequence grows.
// Keys lie in blocks of sixteen positions, [4, dim, 16], so that sixteen scores are made at once
// with no sums across a register; values lie [64, dim]. A row reads no further than its own
// position: what it costs is its own past, not the slot's size.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "call.h"

namespace zhiyin {

constexpr int kChunk = 64;  // positions

struct Cache {
  float *data;
  int chunks, heads, dim;

  // The cache of one layer out of the tensor at `index`.
  static Cache of(const Call &call, int index, int layer) {
    const int64_t slots = call.dim(index, 1), chunks = call.dim(index, 2);
    const int64_t heads = call.dim(index, 4), span = call.dim(index, 5);
    float *base = call.at<float>(index) + (size_t)layer * slots * chunks * 2 * heads * span;
    return Cache{base, (int)chunks, (int)heads, (int)(span / kChunk)};
  }
  int width() const { return heads * dim; }
  size_t span() const { return (size_t)kChunk * dim; }
  float *keys(int slot, int chunk, int head) const {
    return data + (((size_t)slot * chunks + chunk) * 2 * heads + head) * span();
  }
  float *values(int slot, int chunk, int head) const {
    return keys(slot, chunk, head) + heads * span();
  }

  // Keep one head's key and value [dim] at a position.
  void append(int slot, int head, int position, const float *key, const float *value) const;
};

// Append each row's key and value at its position, then attend over all up to there; qkv
// [rows, 3 * width], y [rows, width]. Rows of one slot may stand at several positions: each sees
// those before it.
void attend_past(const float *qkv, int rows, const Cache &cache, const int32_t *slots,
                 const int32_t *positions, float *y);

// Attend over the first `lengths` positions; queries and y [rows, width].
void attend_text(const float *queries, int rows, const Cache &cache, const int32_t *slots,
                 const int32_t *lengths, float *y);

}  // namespace zhiyin
