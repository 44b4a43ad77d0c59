// Linear layers over a few rows, on all threads.
//
// What they cost is reading the weights from memory, so these are read once, in order, in the
// narrowest type that holds them exactly. They lie in panels of sixteen columns:
// [columns / 16, inputs, 16]. A row's sums are added up in the same order however many rows there
// are: what one request gets never depends on who shares the batch.
#pragma once

#include <stddef.h>

#include "call.h"

namespace zhiyin {

// The weights of one layer out of a tensor [layers, columns / 16, inputs, 16].
struct Weights {
  const void *data;
  bool half;
  int inputs, columns;

  static Weights of(const Call &call, int index, int layer, int columns) {
    const int inputs = (int)call.dim(index, 2);
    const size_t size = call.half(index) ? 2 : 4;
    const size_t offset = (size_t)layer * call.dim(index, 1) * inputs * call.dim(index, 3) * size;
    return Weights{call.at<const char>(index) + offset, call.half(index), inputs, columns};
  }
};

// What is done with a layer's sums before they are written.
enum class Finish { kPlain, kGelu, kAdd };

// y[rows, columns] = finish(x[rows, inputs] weights); kAdd adds residual[rows, columns].
void linear(const float *x, int rows, const Weights &weights, Finish finish, const float *residual,
            float *y);

// y[rows, width] = x normalised to mean 0 and variance 1, times gain, plus bias.
void normalise(const float *x, int rows, int width, const float *gain, const float *bias, float *y);

}  // namespace zhiyin
