#include "linear.h"

#include <math.h>

#include "product.h"
#include "vector.h"

namespace zhiyin {
namespace {

void normalise_row(const float *x, int width, const float *gain, const float *bias, float *y) {
  constexpr float kEpsilon = 1e-5f;
  Floats part{};
  int i = 0;
  for (; i + kLanes <= width; i += kLanes) part += load(x + i);
  float total = horizontal_sum(part);
  for (; i < width; i++) total += x[i];
  const float mean = total / width;
  part = Floats{};
  for (i = 0; i + kLanes <= width; i += kLanes) {
    const Floats away = load(x + i) - mean;
    part += away * away;
  }
  float squares = horizontal_sum(part);
  for (; i < width; i++) squares += (x[i] - mean) * (x[i] - mean);
  const float scale = 1.0f / sqrtf(squares / width + kEpsilon);
  for (i = 0; i + kLanes <= width; i += kLanes)
    store(y + i, (load(x + i) - mean) * scale * load(gain + i) + load(bias + i));
  for (; i < width; i++) y[i] = (x[i] - mean) * scale * gain[i] + bias[i];
}

}  // namespace

void linear(const float *x, int rows, const Weights &weights, Finish finish, const float *residual,
            float *y) {
  const Tiles tiles = Tiles::of(rows, weights.is_quantized() ? kByteTileRows : kFloatTileRows);
  const Product product{weights, finish, residual, y, tiles};
  weights.is_quantized() ? multiply_bytes(x, product) : multiply_floats(x, product);
}

void normalise(const float *x, int rows, int width, const float *gain, const float *bias,
               float *y) {
  for (int r = 0; r < rows; r++)
    normalise_row(x + (size_t)r * width, width, gain, bias, y + (size_t)r * width);
}

}  // namespace zhiyin
