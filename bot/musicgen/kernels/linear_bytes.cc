// Linear layers with int8 or int4 weights and int8 activations.
//
// A group's sum is accumulated in integers, hence exact, and the same on every CPU.

#include "byte_rows.h"
#include "dot_product.h"
#include "product.h"
#include "threads.h"
#include "vector.h"

namespace zhiyin {

const int kByteTileRows = 4;

namespace {

inline int least(int a, int b) { return a < b ? a : b; }

// The layout of int8 weights in a panel, the group size of a row's scales, and how many bytes ahead
// weights are prefetched: kAhead for one tile of rows, kFarAhead for several tiles, which prefetch
// whole groups ahead.
struct Int8 {
  static constexpr int kInputs = kInt8Group, kRowGroup = 64, kInputsOfLine = 4,
                       kOffset = kInt8Offset;
  static constexpr int kScaleBytes = kPanelColumns * sizeof(float);
  static constexpr int kAhead = 2048, kFarAhead = 2 * (kScaleBytes + kInputs * kPanelColumns);

  static Floats scale(const Byte *scales, int p) {
    return load(reinterpret_cast<const float *>(scales) + p * kLanes);
  }
  template <int Rows>
  static void add(Accumulators (&sums)[kPanelVectors][Rows], Ints weights, int p,
                  const int32_t (&of_rows)[2][Rows]) {
    for (int r = 0; r < Rows; r++) sums[p][r].add(weights, of_rows[0][r]);
  }
};

// The same of int4 weights.
struct Int4 {
  static constexpr int kInputs = kInt4Group, kRowGroup = 32, kInputsOfLine = 8;
  static constexpr int kOffset = kInt4Offset;
  static constexpr int kScaleBytes = kPanelColumns * sizeof(Half);
  static constexpr int kAhead = 1152, kFarAhead = 9216;

  static Floats scale(const Byte *scales, int p) {
    return load(reinterpret_cast<const Half *>(scales) + p * kLanes);
  }
  template <int Rows>
  static void add(Accumulators (&sums)[kPanelVectors][Rows], Ints weights, int p,
                  const int32_t (&of_rows)[2][Rows]) {
    const Ints first = weights & 0x0f0f0f0f, second = weights >> 4 & 0x0f0f0f0f;
    for (int r = 0; r < Rows; r++) sums[p][r].add(first, of_rows[0][r]);
    for (int r = 0; r < Rows; r++) sums[p][r].add(second, of_rows[1][r]);
  }
};

// Rows times one panel.
template <class Kind>
struct Panel {
  static constexpr int kLineBytes = kPanelColumns * 4, kPerLine = kLineBytes / kPanelVectors;
  static constexpr int kRowGroup = Kind::kRowGroup;
  static_assert(Kind::kInputs % kRowGroup == 0, "a row's group lies within a group of weights");

  const ByteRows &bytes;
  const Byte *weights;
  int inputs;

  // Accumulate the products with `Tiles` tiles of rows. All tiles use a group's weights, while they
  // are in the cache, before the next group.
  template <int Rows, int Tiles>
  void add(int first_tile, Floats *__restrict sums) const {
    const Byte *at = weights;
    for (int first = 0; first < inputs; first += Kind::kInputs) {
      const int width = least(Kind::kInputs, inputs - first);
      for (int t = 0; t < Tiles; t++)
        add_group<Rows, Tiles>(at, (first_tile + t) * Rows, t, first, width,
                               sums + t * kPanelVectors * Rows);
      at += Kind::kScaleBytes + width / Kind::kInputsOfLine * kLineBytes;
    }
  }

  template <int Rows, int Tiles>
  void add_group(const Byte *group, int first_row, int part, int first, int width,
                 Floats *__restrict sums) const {
    // Missing rows of a tile repeat the last one; their results are discarded.
    int index[Rows];
    for (int r = 0; r < Rows; r++) index[r] = least(first_row + r, bytes.rows - 1);
    Floats scaled[kPanelVectors][Rows] = {};
    const Byte *at = group + Kind::kScaleBytes;
    for (int done = 0; done < width; done += kRowGroup) {
      const int here = least(kRowGroup, width - done);
      const int8_t *rows[Rows];
      Accumulators whole[kPanelVectors][Rows];
      for (int r = 0; r < Rows; r++) {
        rows[r] = bytes.row(index[r]) + first + done;
        const int32_t start = -Kind::kOffset * bytes.totals[bytes.group(index[r], first + done)];
        for (int p = 0; p < kPanelVectors; p++) whole[p][r] = Accumulators::of(start);
      }
      for (int k = 0; k < here; k += Kind::kInputsOfLine, at += kLineBytes) {
        int32_t of_rows[2][Rows];
        for (int r = 0; r < Rows; r++) {
          of_rows[0][r] = word(rows[r] + k);
          if (Kind::kInputsOfLine == 8) of_rows[1][r] = word(rows[r] + k + 4);
        }
        // Each tile prefetches its share of the next groups.
        for (int p = 0; p < kPanelVectors; p += Tiles)
          prefetch<Tiles == 1 ? Kind::kAhead : Kind::kFarAhead>(at + (p + part) * kPerLine);
        for (int p = 0; p < kPanelVectors; p++)
          Kind::add(whole, words(at + p * kPerLine), p, of_rows);
      }
      for (int r = 0; r < Rows; r++) {
        const float scale = bytes.scales[bytes.group(index[r], first + done)];
        for (int p = 0; p < kPanelVectors; p++) scaled[p][r] += whole[p][r].floats() * scale;
      }
    }
    for (int p = 0; p < kPanelVectors; p++) {
      const Floats scale = Kind::scale(group, p);
      for (int r = 0; r < Rows; r++) sums[p * Rows + r] += scaled[p][r] * scale;
    }
  }
};

template <class Kind, int Rows, int Tiles>
void multiply_tiles(const Product &product, const Panel<Kind> &panel, int column, int first_tile) {
  for (int t = 0; t < Tiles; t++)
    for (int p = 0; p < kPanelVectors; p++)
      product.prefetch_output(first_tile + t, column + p * kLanes);
  Floats sums[Tiles * kPanelVectors * Rows] = {};
  panel.template add<Rows, Tiles>(first_tile, sums);
  for (int t = 0; t < Tiles; t++)
    for (int p = 0; p < kPanelVectors; p++)
      product.write(sums + (t * kPanelVectors + p) * Rows, first_tile + t, column + p * kLanes);
}

template <class Kind, int Rows>
void multiply_panels(const Product &product, const ByteRows &bytes, int from, int to) {
  const Weights &weights = product.weights;
  for (int index = from; index < to; index++) {
    const Panel<Kind> panel{bytes, weights.panel<Byte>(index), weights.inputs};
    const int column = index * kPanelColumns, tiles = product.tiles.count();
    int tile = 0;
    for (; tile + 4 <= tiles; tile += 4)
      multiply_tiles<Kind, Rows, 4>(product, panel, column, tile);
    if (tile + 2 <= tiles) {
      multiply_tiles<Kind, Rows, 2>(product, panel, column, tile);
      tile += 2;
    }
    if (tile < tiles) multiply_tiles<Kind, Rows, 1>(product, panel, column, tile);
  }
}

template <class Kind>
void multiply(const float *x, const Product &product) {
  const ByteRows bytes =
      ByteRows::of(x, product.tiles.rows, product.weights.inputs, Kind::kRowGroup);
  product.for_panel_ranges(1, [&](int from, int to) {
    switch (product.tiles.tile_rows) {
      case 1: return multiply_panels<Kind, 1>(product, bytes, from, to);
      case 2: return multiply_panels<Kind, 2>(product, bytes, from, to);
      default: return multiply_panels<Kind, 4>(product, bytes, from, to);
    }
  });
}

}  // namespace

void multiply_bytes(const float *x, const Product &product) {
  product.weights.type == DataType::kInt8 ? multiply<Int8>(x, product) : multiply<Int4>(x, product);
}

}  // namespace zhiyin

// Return whether int8 is multiplied by dot product instructions here, and not in floats.
extern "C" int zhiyin_multiplies_bytes() {
#if defined(__AVX512VNNI__)
  return 1;
#else
  return 0;
#endif
}
