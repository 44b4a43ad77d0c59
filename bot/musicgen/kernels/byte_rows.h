// Activations quantized to int8, for linear layers that accumulate integers.
#pragma once

#include "weights.h"

namespace zhiyin {

constexpr int kMaxGroupSize = 64;

// Rows of int8, each from -127 to 127, with a scale per group of inputs. Integer sums are exact in
// any order: on every CPU, and whatever other rows are in the batch.
struct ByteRows {
  int rows, inputs;
  int group_size, groups;  // how many inputs share a scale, and how many scales a row has
  int8_t *bytes;    // [rows, inputs]
  float *scales;    // [rows, groups]
  int32_t *totals;  // [rows, groups]: the sum of a group's bytes

  // Quantize x [rows, inputs], on all threads if that pays off; `group_size` is at most
  // kMaxGroupSize and a multiple of the vector's width.
  static ByteRows of(const float *x, int rows, int inputs, int group_size);

  const int8_t *row(int index) const { return bytes + (size_t)index * inputs; }
  int group(int row, int input) const { return row * groups + input / group_size; }

 private:
  void quantize_row(const float *x, int row) const;
};

}  // namespace zhiyin
