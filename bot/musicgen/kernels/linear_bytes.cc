// Linear layers with int8 or int4 weights and activations in eight bits.
//
// A group's sum is one of whole numbers, hence exact, and the same on every processor.

#include "byte_rows.h"
#include "dot_product.h"
#include "product.h"
#include "threads.h"
#include "vector.h"

namespace zhiyin {

const int kByteTileRows = 4;

namespace {

inline int least(int a, int b) { return a < b ? a : b; }

// How int8 weights lie in a panel, how many inputs of a row share a scale beside them, and how many
// bytes ahead they are prefetched: where one tile of rows takes them, and where several share the
// work, which is best done whole groups ahead.
struct Bytes {
  static constexpr int kInputs = kGroup, kRowGroup = 64, kInputsOfLine = 4, kOffset = kByteOffset;
  static constexpr int kScaleBytes = kWideColumns * sizeof(float);
  static constexpr int kAhead = 2048, kFarAhead = 2 * (kScaleBytes + kInputs * kWideColumns);

  static Floats scale(const Byte *scales, int p) {
    return load(reinterpret_cast<const float *>(scales) + p * kLanes);
  }
  template <int Rows>
  static void add(Sums (&sums)[kWide][Rows], Ints weights, int p,
                  const int32_t (&of_rows)[2][Rows]) {
    for (int r = 0; r < Rows; r++) sums[p][r].add(weights, of_rows[0][r]);
  }
};

// How int4 weights do.
struct Nibbles {
  static constexpr int kInputs = kNibbleGroup, kRowGroup = 32, kInputsOfLine = 8;
  static constexpr int kOffset = kNibbleOffset;
  static constexpr int kScaleBytes = kWideColumns * sizeof(Half);
  static constexpr int kAhead = 1152, kFarAhead = 9216;

  static Floats scale(const Byte *scales, int p) {
    return load(reinterpret_cast<const Half *>(scales) + p * kLanes);
  }
  template <int Rows>
  static void add(Sums (&sums)[kWide][Rows], Ints weights, int p,
                  const int32_t (&of_rows)[2][Rows]) {
    const Ints first = weights & 0x0f0f0f0f, second = weights >> 4 & 0x0f0f0f0f;
    for (int r = 0; r < Rows; r++) sums[p][r].add(first, of_rows[0][r]);
    for (int r = 0; r < Rows; r++) sums[p][r].add(second, of_rows[1][r]);
  }
};

// Rows times one panel.
template <class Kind>
struct Panel {
  static constexpr int kLineBytes = kWideColumns * 4, kPerLine = kLineBytes / kWide;
  static constexpr int kRowGroup = Kind::kRowGroup;
  static_assert(Kind::kInputs % kRowGroup == 0, "no row's group may lie in two of weights");

  const ByteRows &bytes;
  const Byte *weights;
  int inputs;

  // Add the products with `tiles` tiles of rows. Every tile takes a group's weights, which by then
  // are near, before the next group.
  template <int Rows, int Tiles>
  void add(int first_tile, Floats *__restrict sums) const {
    const Byte *at = weights;
    for (int first = 0; first < inputs; first += Kind::kInputs) {
      const int width = least(Kind::kInputs, inputs - first);
      for (int t = 0; t < Tiles; t++)
        add_group<Rows, Tiles>(at, (first_tile + t) * Rows, t, first, width,
                               sums + t * kWide * Rows);
      at += Kind::kScaleBytes + width / Kind::kInputsOfLine * kLineBytes;
    }
  }

  template <int Rows, int Tiles>
  void add_group(const Byte *group, int first_row, int part, int first, int width,
                 Floats *__restrict sums) const {
    // A tile's missing rows repeat the last one; their results are dropped.
    int index[Rows];
    for (int r = 0; r < Rows; r++) index[r] = least(first_row + r, bytes.rows - 1);
    Floats scaled[kWide][Rows] = {};
    const Byte *at = group + Kind::kScaleBytes;
    for (int done = 0; done < width; done += kRowGroup) {
      const int here = least(kRowGroup, width - done);
      const int8_t *rows[Rows];
      Sums whole[kWide][Rows];
      for (int r = 0; r < Rows; r++) {
        rows[r] = bytes.row(index[r]) + first + done;
        const int32_t start = -Kind::kOffset * bytes.totals[bytes.group(index[r], first + done)];
        for (int p = 0; p < kWide; p++) whole[p][r] = Sums::of(start);
      }
      for (int k = 0; k < here; k += Kind::kInputsOfLine, at += kLineBytes) {
        int32_t of_rows[2][Rows];
        for (int r = 0; r < Rows; r++) {
          of_rows[0][r] = word(rows[r] + k);
          if (Kind::kInputsOfLine == 8) of_rows[1][r] = word(rows[r] + k + 4);
        }
        // Each tile calls for its share of the groups to come.
        for (int p = 0; p < kWide; p += Tiles)
          call_for<Tiles == 1 ? Kind::kAhead : Kind::kFarAhead>(at + (p + part) * kPerLine);
        for (int p = 0; p < kWide; p++) Kind::add(whole, words(at + p * kPerLine), p, of_rows);
      }
      for (int r = 0; r < Rows; r++) {
        const float scale = bytes.scales[bytes.group(index[r], first + done)];
        for (int p = 0; p < kWide; p++) scaled[p][r] += whole[p][r].floats() * scale;
      }
    }
    for (int p = 0; p < kWide; p++) {
      const Floats scale = Kind::scale(group, p);
      for (int r = 0; r < Rows; r++) sums[p * Rows + r] += scaled[p][r] * scale;
    }
  }
};

template <class Kind, int Rows, int Tiles>
void multiply_tiles(const Product &product, const Panel<Kind> &panel, int column, int first_tile) {
  for (int t = 0; t < Tiles; t++)
    for (int p = 0; p < kWide; p++)
      product.call_for_output(first_tile + t, column + p * kLanes);
  Floats sums[Tiles * kWide * Rows] = {};
  panel.template add<Rows, Tiles>(first_tile, sums);
  for (int t = 0; t < Tiles; t++)
    for (int p = 0; p < kWide; p++)
      product.write(sums + (t * kWide + p) * Rows, first_tile + t, column + p * kLanes);
}

template <class Kind, int Rows>
void multiply_panels(const Product &product, const ByteRows &bytes, int from, int to) {
  const Weights &weights = product.weights;
  for (int index = from; index < to; index++) {
    const Panel<Kind> panel{bytes, weights.panel<Byte>(index), weights.inputs};
    const int column = index * kWideColumns, tiles = product.tiles.count();
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
  product.share(1, [&](int from, int to) {
    switch (product.tiles.wide) {
      case 1: return multiply_panels<Kind, 1>(product, bytes, from, to);
      case 2: return multiply_panels<Kind, 2>(product, bytes, from, to);
      default: return multiply_panels<Kind, 4>(product, bytes, from, to);
    }
  });
}

}  // namespace

void multiply_bytes(const float *x, const Product &product) {
  product.weights.number == Number::kByte ? multiply<Bytes>(x, product)
                                          : multiply<Nibbles>(x, product);
}

}  // namespace zhiyin

// Tell whether int8 is multiplied by instructions for it here, and not in floats.
extern "C" int zhiyin_multiplies_bytes() {
#if defined(__AVX512VNNI__)
  return 1;
#else
  return 0;
#endif
}
