// Attention of single positions over a cache of int8.
#pragma once

#include "attention.h"

namespace zhiyin {

constexpr int kHeadsTogether = 4;

// Write the attention of the queries [heads, dim] of up to kHeadsTogether heads, from `first` on,
// over the first `length` positions.
void attend_bytes(const float *queries, const Cache &cache, int slot, int first, int heads,
                  int length, float *out);

// Store one head's key and value [dim] at a position.
void append_bytes(const Cache &cache, int slot, int head, int position, const float *key,
                  const float *value);

}  // namespace zhiyin
