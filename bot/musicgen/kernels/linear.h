// Linear layers over a few rows, on all threads.
//
// They are bound by memory bandwidth, so the weights are read once, in order, in a narrow type. A
// row's sums are accumulated in the same order however many rows there are: a request's results
// never depend on the rest of the batch.
#pragma once

#include "weights.h"

namespace zhiyin {

// The epilogue: what is done with a layer's sums before they are written.
enum class Finish { kPlain, kGelu, kAdd };

// y[rows, columns] = finish(x[rows, inputs] weights); kAdd adds residual[rows, columns].
void linear(const float *x, int rows, const Weights &weights, Finish finish, const float *residual,
            float *y);

// y[rows, width] = x normalised to mean 0 and variance 1, times gain, plus bias.
void normalise(const float *x, int rows, int width, const float *gain, const float *bias, float *y);

}  // namespace zhiyin
