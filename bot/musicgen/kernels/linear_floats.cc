// Linear layers accumulated in floats, for weights of any kind.

#include "product.h"
#include "threads.h"
#include "vector.h"
#include "workspace.h"

namespace zhiyin {
namespace {

constexpr int kFloatsPerPiece = 8192;  // of rows that are laid side by side

// Lay rows side by side, [tiles, inputs, tile rows], so that a tile reads them in order.
void interleave(const float *x, int inputs, const Tiles &tiles, float *out) {
  const int span = kFloatsPerPiece / tiles.wide;
  const int spans = (inputs + span - 1) / span;
  parallel(tiles.count() * spans, [=](int index) {
    const int tile = index / spans, from = index % spans * span;
    const int to = from + span < inputs ? from + span : inputs;
    const int width = tiles.wide, first = tile * width, filled = tiles.filled(tile);
    float *at = out + ((size_t)tile * inputs + from) * width;
    for (int k = from; k < to; k++, at += width) {
      for (int r = 0; r < filled; r++) at[r] = x[(size_t)(first + r) * inputs + k];
      for (int r = filled; r < width; r++) at[r] = 0;
    }
  });
}

// Rows laid side by side, times panels.
template <class Weight>
struct OfFloats {
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
        if (k % kPerLine == 0) call_for(at[p] + (size_t)k * kLanes);
        const Floats weight = load(at[p] + (size_t)k * kLanes);
        for (int r = 0; r < Rows; r++) sum[p][r] += weight * row[k * Rows + r];
      }
    for (int p = 0; p < Panels; p++)
      for (int r = 0; r < Rows; r++) sums[p * Rows + r] = sum[p][r];
  }
};

// Make the sums of `Panels` panels at a time, and of what is left one at a time.
template <int Rows, int Panels, class Weight>
void over(int from, int to, const Product &product, const OfFloats<Weight> &multiply) {
  Floats sums[Panels * Rows];
  int panel = from;
  for (; panel + Panels <= to; panel += Panels)
    for (int tile = 0; tile < product.tiles.count(); tile++) {
      multiply.template run<Rows, Panels>(panel, tile, sums);
      for (int p = 0; p < Panels; p++)
        product.write(sums + p * Rows, tile, (panel + p) * kLanes);
    }
  if constexpr (Panels > 1)
    if (panel < to) over<Rows, 1>(panel, to, product, multiply);
}

template <class Weight>
void multiply(const float *x, const Product &product) {
  const OfFloats<Weight> rows{x, product.weights};
  product.share(4, [&](int from, int to) {
    switch (product.tiles.wide) {
      case 1: return over<1, 4>(from, to, product, rows);
      case 2: return over<2, 4>(from, to, product, rows);
#if defined(__AVX512F__)
      case 4: return over<4, 4>(from, to, product, rows);
      case 8: return over<8, 2>(from, to, product, rows);
      default: return over<16, 1>(from, to, product, rows);
#else
      default: return over<4, 1>(from, to, product, rows);
#endif
    }
  });
}

}  // namespace

// As many sums as there are registers for.
#if defined(__AVX512F__)
const int kFloatTileRows = 16;
#else
const int kFloatTileRows = 4;
#endif

void multiply_floats(const float *x, const Product &product) {
  const Tiles &tiles = product.tiles;
  const int inputs = product.weights.inputs;
  float *side_by_side =
      workspace(Use::kInterleaved, (size_t)tiles.count() * tiles.wide * inputs);
  interleave(x, inputs, tiles, side_by_side);
  switch (product.weights.number) {
    case Number::kFloat: return multiply<float>(side_by_side, product);
    case Number::kHalf: return multiply<Half>(side_by_side, product);
    case Number::kBrief: return multiply<Brief>(side_by_side, product);
    default: return;  // see linear_bytes.cc
  }
}

}  // namespace zhiyin
