// Attention of single positions over an int8 cache.
#pragma once

#include "attention.h"

namespace zhiyin {

constexpr int kHeadGroup = 4;

// Write the attention of the queries [heads, dim] of up to kHeadGroup heads, from `first` on,
// over the first `length` positions.
void attend_bytes(const float *queries, const Cache &cache, int slot, int first, int heads,
                  int length, float *out);

// Store one head's key and value [dim] at a position.
void append_bytes(const Cache &cache, int slot, int head, int position, const float *key,
                  const float *value);

}  // namespace zhiyin
