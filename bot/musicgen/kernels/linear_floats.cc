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
  void run(int panel, int tile, int, Floats *__restrict sums) const {
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

// The same with bytes, for processors that have no instructions for them: see weights.h.
template <>
template <int Rows, int Panels>
void OfFloats<Byte>::run(int panel, int tile, int, Floats *__restrict sums) const {
  for (int p = 0; p < Panels; p++) {
    const float *__restrict row = x + (size_t)tile * weights.inputs * Rows;
    const Byte *at = weights.panel<Byte>(panel + p);
    Floats total[Rows] = {};
    for (int first = 0; first < weights.inputs; first += kGroup) {
      const int count = weights.inputs - first < kGroup ? weights.inputs - first : kGroup;
      const Floats scale = load(reinterpret_cast<const float *>(at));
      at += kScaleBytes;
      Floats sum[Rows] = {};
      for (int k = 0; k < count; k += 4, at += 4 * kLanes) {
        call_for(at);
        Ints four;
        memcpy(&four, at, sizeof(four));
        for (int j = 0; j < 4; j++, row += Rows) {
          const Floats weight = __builtin_convertvector((four >> 8 * j & 255) - 128, Floats);
          for (int r = 0; r < Rows; r++) sum[r] += weight * row[r];
        }
      }
      for (int r = 0; r < Rows; r++) total[r] += sum[r] * scale;
    }
    for (int r = 0; r < Rows; r++) sums[p * Rows + r] = total[r];
  }
}

template <class Weight>
void multiply(const float *x, const Product &product) {
  const OfFloats<Weight> rows{x, product.weights};
  product.share([&](int from, int to) {
    switch (product.tiles.wide) {
      case 1: return product.over<1, 4, 1>(from, to, rows);
      case 2: return product.over<2, 4, 1>(from, to, rows);
#if defined(__AVX512F__)
      case 4: return product.over<4, 4, 1>(from, to, rows);
      case 8: return product.over<8, 2, 1>(from, to, rows);
      default: return product.over<16, 1, 1>(from, to, rows);
#else
      default: return product.over<4, 1, 1>(from, to, rows);
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
    case Number::kByte: return multiply<Byte>(side_by_side, product);
  }
}

}  // namespace zhiyin
