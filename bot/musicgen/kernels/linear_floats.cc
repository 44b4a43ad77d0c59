// Linear layers accumulated in floats, for weights of any kind.

#include "product.h"
#include "threads.h"
#include "vector.h"
#include "workspace.h"

namespace zhiyin {
namespace {

constexpr int kFloatsPerPiece = 8192;  // of rows to interleave

// Interleave rows, [tiles, inputs, tile rows], so that a tile reads them sequentially.
void interleave(const float *x, int inputs, const Tiles &tiles, float *out) {
  const int span = kFloatsPerPiece / tiles.tile_rows;
  const int spans = (inputs + span - 1) / span;
  parallel(tiles.count() * spans, [=](int index) {
    const int tile = index / spans, from = index % spans * span;
    const int to = from + span < inputs ? from + span : inputs;
    const int width = tiles.tile_rows, first = tile * width, filled = tiles.filled(tile);
    float *at = out + ((size_t)tile * inputs + from) * width;
    for (int k = from; k < to; k++, at += width) {
      for (int r = 0; r < filled; r++) at[r] = x[(size_t)(first + r) * inputs + k];
      for (int r = filled; r < width; r++) at[r] = 0;
    }
  });
}

// A tile of interleaved rows, times panels.
template <class Weight>
struct FloatTile {
  const float *x;
  const Weights &weights;

  template <int Rows, int Panels>
  void run(int panel, int tile, Floats *__restrict sums) const {
    constexpr int kPerLine = 64 / (kLanes * sizeof(Weight));
    const float *__restrict row = x + (size_t)tile * weights.inputs * Rows;
    Floats sum[Panels][Rows] = {};
    const Weight *at[Panels];
    for (int p = 0; p < Panels; p++) at[p] = weights.panel<Weight>(panel + p);
    for (int k = 0; k < weights.inputs; k++)
      for (int p = 0; p < Panels; p++) {
        if (k % kPerLine == 0) prefetch(at[p] + (size_t)k * kLanes);
        const Floats weight = load(at[p] + (size_t)k * kLanes);
        for (int r = 0; r < Rows; r++) sum[p][r] += weight * row[k * Rows + r];
      }
    for (int p = 0; p < Panels; p++)
      for (int r = 0; r < Rows; r++) sums[p * Rows + r] = sum[p][r];
  }
};

// Multiply `Panels` panels at a time, and the remaining ones one at a time.
template <int Rows, int Panels, class Weight>
void multiply_range(int from, int to, const Product &product, const FloatTile<Weight> &multiply) {
  Floats sums[Panels * Rows];
  int panel = from;
  for (; panel + Panels <= to; panel += Panels)
    for (int tile = 0; tile < product.tiles.count(); tile++) {
      multiply.template run<Rows, Panels>(panel, tile, sums);
      for (int p = 0; p < Panels; p++)
        product.write(sums + p * Rows, tile, (panel + p) * kLanes);
    }
  if constexpr (Panels > 1)
    if (panel < to) multiply_range<Rows, 1>(panel, to, product, multiply);
}

template <class Weight>
void multiply(const float *x, const Product &product) {
  const FloatTile<Weight> rows{x, product.weights};
  product.for_panel_ranges(4, [&](int from, int to) {
    switch (product.tiles.tile_rows) {
      case 1: return multiply_range<1, 4>(from, to, product, rows);
      case 2: return multiply_range<2, 4>(from, to, product, rows);
#if defined(__AVX512F__)
      case 4: return multiply_range<4, 4>(from, to, product, rows);
      case 8: return multiply_range<8, 2>(from, to, product, rows);
      default: return multiply_range<16, 1>(from, to, product, rows);
#else
      default: return multiply_range<4, 1>(from, to, product, rows);
#endif
    }
  });
}

}  // namespace

// As many accumulators as fit into the registers.
#if defined(__AVX512F__)
const int kFloatTileRows = 16;
#else
const int kFloatTileRows = 4;
#endif

void multiply_floats(const float *x, const Product &product) {
  const Tiles &tiles = product.tiles;
  const int inputs = product.weights.inputs;
  float *interleaved =
      workspace(Use::kInterleaved, (size_t)tiles.count() * tiles.tile_rows * inputs);
  interleave(x, inputs, tiles, interleaved);
  switch (product.weights.type) {
    case DataType::kFloat32: return multiply<float>(interleaved, product);
    case DataType::kFloat16: return multiply<Half>(interleaved, product);
    case DataType::kBFloat16: return multiply<BFloat16>(interleaved, product);
    default: return;  // see linear_bytes.cc
  }
}

}  // namespace zhiyin
