#include "linear.h"

#include <math.h>

#include "threads.h"
#include "vector.h"
#include "workspace.h"

namespace zhiyin {
namespace {

// Rows one tile handles: as many sums as there are registers for.
#if defined(__AVX512F__)
constexpr int kTileRows = 16;
#else
constexpr int kTileRows = 4;
#endif

// Of weights: so many that handing out costs nothing, or fewer where some threads would get none.
constexpr int kBytesPerPiece = 512 * 1024;
constexpr int kPiecesPerThread = 2;

constexpr int kFloatsPerPiece = 8192;  // of rows that are laid side by side

// How far ahead of the sums weights are called for. Left to itself the processor looks less far
// than many rows' sums take: with sixteen rows this is a third of the time.
constexpr int kPrefetchBytes = 4096;

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

// Lay rows side by side, [tiles, inputs, tile_rows], so that a tile reads them in order.
void interleave(const float *x, const Shape &shape, float *out) {
  const int span = kFloatsPerPiece / shape.tile_rows;
  const int spans = (shape.inputs + span - 1) / span;
  parallel(shape.tiles() * spans, [=](int index) {
    const int tile = index / spans, from = index % spans * span;
    const int to = from + span < shape.inputs ? from + span : shape.inputs;
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

// One product: the interleaved rows, the weights, and where the result goes.
template <class Weight>
struct Product {
  Shape shape;
  const float *x;
  const Weight *weights;
  Finish finish;
  const float *residual;
  float *y;

  void write(const Floats *sums, int first_row, int column) const {
    const int left = shape.rows - first_row;
    const int rows = left < shape.tile_rows ? left : shape.tile_rows;
    const int width = shape.columns - column < kLanes ? shape.columns - column : kLanes;
    for (int r = 0; r < rows; r++) {
      const size_t at = (size_t)(first_row + r) * shape.columns + column;
      const Floats value = finish == Finish::kGelu ? gelu(sums[r]) : sums[r];
      if (width == kLanes) {
        store(y + at, finish == Finish::kAdd ? value + load(residual + at) : value);
      } else {
        for (int i = 0; i < width; i++)
          y[at + i] = finish == Finish::kAdd ? value[i] + residual[at + i] : value[i];
      }
    }
  }

  // Multiply panels [from, to) with every tile of rows.
  template <int Rows, int Panels>
  void panels(int from, int to) const {
    const size_t panel = (size_t)shape.inputs * kLanes;
    Floats sums[Panels * Rows];
    int p = from;
    for (; p + Panels <= to; p += Panels)
      for (int tile = 0; tile < shape.tiles(); tile++) {
        multiply<Rows, Panels>(x + (size_t)tile * shape.inputs * Rows, weights + p * panel,
                               shape.inputs, sums);
        for (int q = 0; q < Panels; q++) write(sums + q * Rows, tile * Rows, (p + q) * kLanes);
      }
    if constexpr (Panels > 1)
      if (p < to) panels<Rows, 1>(p, to);
  }

  void run() const {
    const int panel_bytes = shape.inputs * kLanes * (int)sizeof(Weight);
    const int all = shape.panels(), pieces = team_size() * kPiecesPerThread;
    int per_piece = kBytesPerPiece / panel_bytes;
    if (per_piece > all / pieces) per_piece = all / pieces;
    per_piece = (per_piece + 3) / 4 * 4;
    if (per_piece < 4) per_piece = 4;
    parallel((all + per_piece - 1) / per_piece, [=](int piece) {
      const int from = piece * per_piece;
      const int to = from + per_piece < all ? from + per_piece : all;
      switch (shape.tile_rows) {
        case 1: return panels<1, 4>(from, to);
        case 2: return panels<2, 4>(from, to);
#if defined(__AVX512F__)
        case 4: return panels<4, 4>(from, to);
        case 8: return panels<8, 2>(from, to);
        default: return panels<16, 1>(from, to);
#else
        default: return panels<4, 1>(from, to);
#endif
      }
    });
  }
};

void normalise_row(const float *x, int width, const float *gain, const float *bias, float *y) {
  constexpr float kEpsilon = 1e-5f;
  Floats part{};
  int i = 0;
  for (; i + kLanes <= width; i += kLanes) part += load(x + i);
  float total = sum(part);
  for (; i < width; i++) total += x[i];
  const float mean = total / width;
  part = Floats{};
  for (i = 0; i + kLanes <= width; i += kLanes) {
    const Floats away = load(x + i) - mean;
    part += away * away;
  }
  float squares = sum(part);
  for (; i < width; i++) squares += (x[i] - mean) * (x[i] - mean);
  const float scale = 1.0f / sqrtf(squares / width + kEpsilon);
  for (i = 0; i + kLanes <= width; i += kLanes)
    store(y + i, (load(x + i) - mean) * scale * load(gain + i) + load(bias + i));
  for (; i < width; i++) y[i] = (x[i] - mean) * scale * gain[i] + bias[i];
}

}  // namespace

void linear(const float *x, int rows, const Weights &weights, Finish finish, const float *residual,
            float *y) {
  const Shape shape = shape_of(rows, weights.inputs, weights.columns);
  float *side_by_side =
      workspace(Use::kInterleaved, (size_t)shape.tiles() * shape.tile_rows * shape.inputs);
  interleave(x, shape, side_by_side);
  if (weights.half)
    Product<Half>{shape, side_by_side, static_cast<const Half *>(weights.data), finish, residual, y}
        .run();
  else
    Product<float>{shape,  side_by_side, static_cast<const float *>(weights.data),
                   finish, residual,     y}
        .run();
}

void normalise(const float *x, int rows, int width, const float *gain, const float *bias,
               float *y) {
  for (int r = 0; r < rows; r++)
    normalise_row(x + (size_t)r * width, width, gain, bias, y + (size_t)r * width);
}

}  // namespace zhiyin
