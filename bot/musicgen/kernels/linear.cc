// Linear layers over a few rows. What they cost is reading the weights from memory, so these are
// read once, in order, in the narrowest type that holds them exactly, by all threads at once.
//
// Weights lie in panels of sixteen columns: [layers, columns / 16, inputs, 16]. Activations are
// [rows, inputs], of which the first `rows` count are computed and the others left alone. A row's
// sums are added up in the same order however many rows there are: what one request gets never
// depends on who shares the batch.

#include <math.h>
#include <stdlib.h>

#include "call.h"
#include "threads.h"
#include "vector.h"

namespace zhiyin {
namespace {

// Rows one tile handles: as many sums as there are registers for.
#if defined(__AVX512F__)
constexpr int kTileRows = 16;
#else
constexpr int kTileRows = 4;
#endif

constexpr int kBytesPerPiece = 512 * 1024;  // of weights, so that handing out costs nothing

// How far ahead of the sums weights are called for. Left to itself the processor looks less far
// than many rows' sums take: with sixteen rows this is a third of the time.
constexpr int kPrefetchBytes = 4096;

// What a layer does with its sums before they are written.
enum class Finish { kPlain, kGelu, kAdd };

struct Shape {
  int rows, inputs, columns;
  int tile_rows;  // rows in a tile: a power of two up to kTileRows
  int panels() const { return (columns + kLanes - 1) / kLanes; }
  int tiles() const { return (rows + tile_rows - 1) / tile_rows; }
};

Shape shape_of(int rows, int inputs, int columns) {
  int tile_rows = 1;
  while (tile_rows < rows && tile_rows < kTileRows) tile_rows *= 2;
  return Shape{rows, inputs, columns, tile_rows};
}

// Memory that lives as long as the process and grows to the largest need.
float *workspace(size_t floats) {
  static float *memory = nullptr;
  static size_t size = 0;
  if (floats > size) {
    free(memory);
    size = floats;
    if (posix_memalign(reinterpret_cast<void **>(&memory), 64, size * sizeof(float)) != 0) abort();
  }
  return memory;
}

// Lay rows side by side, [tiles, inputs, tile_rows], so that a tile reads them in order.
void interleave(const float *x, const Shape &shape, float *out) {
  constexpr int kSpan = 512;
  const int spans = (shape.inputs + kSpan - 1) / kSpan;
  parallel(shape.tiles() * spans, [=](int index) {
    const int tile = index / spans, from = index % spans * kSpan;
    const int to = from + kSpan < shape.inputs ? from + kSpan : shape.inputs;
    const int width = shape.tile_rows, first = tile * width;
    const int filled = shape.rows - first < width ? shape.rows - first : width;
    float *at = out + ((size_t)tile * shape.inputs + from) * width;
    for (int k = from; k < to; k++, at += width) {
      for (int r = 0; r < filled; r++) at[r] = x[(size_t)(first + r) * shape.inputs + k];
      for (int r = filled; r < width; r++) at[r] = 0;
    }
  });
}

template <int Rows, int Panels, class Weight>
void multiply(const float *__restrict x, const Weight *__restrict weights, int inputs,
              Floats *__restrict sums) {
  constexpr int kPerLine = 64 / (kLanes * sizeof(Weight));
  const size_t panel = (size_t)inputs * kLanes;
  Floats sum[Panels][Rows];
  for (int p = 0; p < Panels; p++)
    for (int r = 0; r < Rows; r++) sum[p][r] = Floats{};
  for (int k = 0; k < inputs; k++)
    for (int p = 0; p < Panels; p++) {
      const Weight *at = weights + p * panel + (size_t)k * kLanes;
      if (k % kPerLine == 0) __builtin_prefetch((const char *)at + kPrefetchBytes, 0, 2);
      const Floats weight = load(at);
      for (int r = 0; r < Rows; r++) sum[p][r] += weight * x[k * Rows + r];
    }
  for (int p = 0; p < Panels; p++)
    for (int r = 0; r < Rows; r++) sums[p * Rows + r] = sum[p][r];
}

template <int Finishing>
void write(const Floats *sums, const Shape &shape, int first_row, int column, const float *residual,
           float *y) {
  const int last = shape.rows - first_row < shape.tile_rows ? shape.rows - first_row : shape.tile_rows;
  const int width = shape.columns - column < kLanes ? shape.columns - column : kLanes;
  for (int r = 0; r < last; r++) {
    const size_t at = (size_t)(first_row + r) * shape.columns + column;
    Floats value = sums[r];
    if (Finishing == (int)Finish::kGelu) value = gelu(value);
    if (width == kLanes) {
      if (Finishing == (int)Finish::kAdd) value += load(residual + at);
      store(y + at, value);
    } else {
      for (int i = 0; i < width; i++)
        y[at + i] = value[i] + (Finishing == (int)Finish::kAdd ? residual[at + i] : 0);
    }
  }
}

// Multiply panels [from, to) with every tile of rows.
template <int Rows, int Panels, int Finishing, class Weight>
void columns(const float *x, const Shape &shape, const Weight *weights, int from, int to,
             const float *residual, float *y) {
  const size_t panel = (size_t)shape.inputs * kLanes;
  Floats sums[Panels * Rows];
  int p = from;
  for (; p + Panels <= to; p += Panels)
    for (int tile = 0; tile < shape.tiles(); tile++) {
      multiply<Rows, Panels>(x + (size_t)tile * shape.inputs * Rows, weights + p * panel,
                             shape.inputs, sums);
      for (int q = 0; q < Panels; q++)
        write<Finishing>(sums + q * Rows, shape, tile * Rows, (p + q) * kLanes, residual, y);
    }
  if constexpr (Panels > 1)
    if (p < to) columns<Rows, 1, Finishing>(x, shape, weights, p, to, residual, y);
}

template <int Finishing, class Weight>
void linear(const float *x, const Shape &shape, const Weight *weights, const float *residual,
            float *y) {
  float *packed = workspace((size_t)2 * shape.tiles() * shape.tile_rows * shape.inputs);
  interleave(x, shape, packed);
  const int panel_bytes = shape.inputs * kLanes * (int)sizeof(Weight);
  int per_piece = (kBytesPerPiece / panel_bytes + 3) / 4 * 4;
  if (per_piece < 4) per_piece = 4;
  const int panels = shape.panels();
  parallel((panels + per_piece - 1) / per_piece, [=, &shape](int piece) {
    const int from = piece * per_piece;
    const int to = from + per_piece < panels ? from + per_piece : panels;
    switch (shape.tile_rows) {
      case 1: return columns<1, 4, Finishing>(packed, shape, weights, from, to, residual, y);
      case 2: return columns<2, 4, Finishing>(packed, shape, weights, from, to, residual, y);
#if defined(__AVX512F__)
      case 4: return columns<4, 4, Finishing>(packed, shape, weights, from, to, residual, y);
      case 8: return columns<8, 2, Finishing>(packed, shape, weights, from, to, residual, y);
      default: return columns<16, 1, Finishing>(packed, shape, weights, from, to, residual, y);
#else
      default: return columns<4, 1, Finishing>(packed, shape, weights, from, to, residual, y);
#endif
    }
  });
}

template <int Finishing>
void linear_in_stored_type(const Call &call, int weights, int layer, const float *x, int rows,
                           int inputs, const float *residual) {
  const int columns = (int)call.dim(call.count - 1, 1);
  const Shape shape = shape_of(rows, inputs, columns);
  const size_t offset = (size_t)layer * shape.panels() * inputs * kLanes;
  if (call.half(weights))
    linear<Finishing>(x, shape, call.at<const Half>(weights) + offset, residual, call.output());
  else
    linear<Finishing>(x, shape, call.at<const float>(weights) + offset, residual, call.output());
}

void normalise(const float *x, const float *gain, const float *bias, int width, float *y) {
  constexpr float kEpsilon = 1e-5f;
  float total = 0, squares = 0;
  int i = 0;
  Floats part{};
  for (; i + kLanes <= width; i += kLanes) part += load(x + i);
  total = sum(part);
  for (; i < width; i++) total += x[i];
  const float mean = total / width;
  part = Floats{};
  for (i = 0; i + kLanes <= width; i += kLanes) {
    const Floats away = load(x + i) - mean;
    part += away * away;
  }
  squares = sum(part);
  for (; i < width; i++) squares += (x[i] - mean) * (x[i] - mean);
  const float scale = 1.0f / sqrtf(squares / width + kEpsilon);
  for (i = 0; i + kLanes <= width; i += kLanes)
    store(y + i, (load(x + i) - mean) * scale * load(gain + i) + load(bias + i));
  for (; i < width; i++) y[i] = (x[i] - mean) * scale * gain[i] + bias[i];
}

// Inputs: x, gains and biases [norms, inputs], weights, norm, layer, rows.
template <int Finishing>
void norm_linear(const Call &call) {
  const int inputs = (int)call.dim(0, 1);
  const int norm = *call.at<int32_t>(4), layer = *call.at<int32_t>(5), rows = *call.at<int32_t>(6);
  if (rows == 0) return;
  const float *x = call.at<const float>(0);
  const float *gain = call.at<const float>(1) + (size_t)norm * inputs;
  const float *bias = call.at<const float>(2) + (size_t)norm * inputs;
  // The upper half of the workspace; linear() packs into the lower.
  const Shape shape = shape_of(rows, inputs, 0);
  const size_t half = (size_t)shape.tiles() * shape.tile_rows * inputs;
  float *normal = workspace(2 * half) + half;
  for (int r = 0; r < rows; r++)
    normalise(x + (size_t)r * inputs, gain, bias, inputs, normal + (size_t)r * inputs);
  linear_in_stored_type<Finishing>(call, 3, layer, normal, rows, inputs, nullptr);
}

}  // namespace
}  // namespace zhiyin

// y = norm(x) weights
ZHIYIN_KERNEL(zhiyin_norm_linear) { zhiyin::norm_linear<(int)zhiyin::Finish::kPlain>(call); }

// y = gelu(norm(x) weights)
ZHIYIN_KERNEL(zhiyin_norm_linear_gelu) { zhiyin::norm_linear<(int)zhiyin::Finish::kGelu>(call); }

// y = x weights. Inputs: x, weights, layer, rows.
ZHIYIN_KERNEL(zhiyin_linear) {
  const int rows = *call.at<int32_t>(3);
  if (rows == 0) return;
  zhiyin::linear_in_stored_type<(int)zhiyin::Finish::kPlain>(
      call, 1, *call.at<int32_t>(2), call.at<const float>(0), rows, (int)call.dim(0, 1), nullptr);
}

// y = residual + x weights; rows past the count are the residual. Inputs: x, residual, weights,
// layer, rows.
ZHIYIN_KERNEL(zhiyin_linear_add) {
  const int rows = *call.at<int32_t>(4), all = (int)call.dim(0, 0);
  const size_t width = (size_t)call.dim(call.count - 1, 1);
  const float *residual = call.at<const float>(1);
  if (rows > 0)
    zhiyin::linear_in_stored_type<(int)zhiyin::Finish::kAdd>(
        call, 2, *call.at<int32_t>(3), call.at<const float>(0), rows, (int)call.dim(0, 1), residual);
  memcpy(call.output() + rows * width, residual + rows * width,
         (all - rows) * width * sizeof(float));
}
