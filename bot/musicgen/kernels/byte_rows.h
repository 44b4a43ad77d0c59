// Activations in eight bits, for linear layers whose sums are of whole numbers.
#pragma once

#include "weights.h"

namespace zhiyin {

constexpr int kMostTogether = 64;

// Rows of bytes, each from -127 to 127, with a scale for every few inputs. What is exact in sums of
// whole numbers is so in any order: on every processor, and whatever a row's company.
struct ByteRows {
  int rows, inputs;
  int together, groups;  // how many inputs share a scale, and how many scales a row has
  int8_t *bytes;    // [rows, inputs]
  float *scales;    // [rows, groups]
  int32_t *totals;  // [rows, groups]: the sum of a group's bytes

  // Quantize x [rows, inputs], on all threads if that pays off; `together` is at most kMostTogether
  // and a multiple of the vector's width.
  static ByteRows of(const float *x, int rows, int inputs, int together);

  const int8_t *row(int index) const { return bytes + (size_t)index * inputs; }
  int group(int row, int input) const { return row * groups + input / together; }

 private:
  void take(const float *x, int row) const;
};

}  // namespace zhiyin
