// Causal attention of single positions over a KV cache of fixed slots.
//
// A cache is [layers, slots, chunks, 2, heads, elements]: sixty-four positions of all heads' keys,
// then of all heads' values, so that its pages are touched in order as a sequence grows. Keys lie
// in blocks of sixteen positions, [4, dim, 16], so that sixteen scores are computed at once without
// horizontal sums; values lie [64, dim]. A row reads no further than its own position: its cost
// depends on its length, not on the slot's size.
//
// Elements are fp32, bfloat16 or int8. With int8 each position has a scale: the sixty-four
// scales, in fp32, follow a head's keys or values. For dot product instructions, which take four
// bytes at a time, its keys lie [4, dim / 4, 16, 4], stored plus 128, and its values [16, dim, 4].
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "call.h"
#include "weights.h"

namespace zhiyin {

constexpr int kChunk = 64;  // positions

struct Cache {
  char *data;
  DataType type;
  int chunks, heads, dim;
  size_t span;  // bytes of a head's keys or values in a chunk

  // The cache of one layer out of the tensor at `index`.
  static Cache of(const Call &call, int index, int layer) {
    const DataType type = data_type_named(call.types[index]);
    const int64_t slots = call.dim(index, 1), chunks = call.dim(index, 2);
    const int64_t heads = call.dim(index, 4), numbers = call.dim(index, 5);
    const size_t span = numbers * bytes_of(type);
    const int scales = type == DataType::kInt8 ? sizeof(float) : 0;
    return Cache{call.at<char>(index) + (size_t)layer * slots * chunks * 2 * heads * span,
                 type,
                 (int)chunks,
                 (int)heads,
                 (int)(numbers / kChunk) - scales,
                 span};
  }
  int width() const { return heads * dim; }
  template <class Value>
  Value *keys(int slot, int chunk, int head) const {
    return reinterpret_cast<Value *>(data +
                                     (((size_t)slot * chunks + chunk) * 2 * heads + head) * span);
  }
  template <class Value>
  Value *values(int slot, int chunk, int head) const {
    return reinterpret_cast<Value *>(keys<char>(slot, chunk, head) + heads * span);
  }
  // The scales of a head's int8 keys or values.
  float *scales(void *bytes) const {
    return reinterpret_cast<float *>(static_cast<char *>(bytes) + kChunk * dim);
  }

  // Store one head's key and value [dim] at a position.
  void append(int slot, int head, int position, const float *key, const float *value) const;
};

// Append each row's key and value at its position, then attend over all up to there; qkv
// [rows, 3 * width], y [rows, width]. Rows of one slot may be at several positions: each attends to
// those before it.
void attend_past(const float *qkv, int rows, const Cache &cache, const int32_t *slots,
                 const int32_t *positions, float *y);

// Attend over the first `lengths` positions; queries and y [rows, width].
void attend_text(const float *queries, int rows, const Cache &cache, const int32_t *slots,
                 const int32_t *lengths, float *y);

}  // namespace zhiyin
