// Products of windows, which are concatenated rows chosen by an index, with weights in panels of
// sixteen columns. Windows are never copied: a tile of outputs reads its rows in place.
//
// A kind defines the arithmetic. Rows of floats go with weights [columns / 16, inputs, 16]
// as floats or in half precision; rows of bfloat16 with weights [columns / 16, inputs / 2, 16, 2]
// in bfloat16: one instruction adds the products of two inputs to each of sixteen float sums.
#pragma once

#include "call.h"
#include "threads.h"
#include "vector.h"

namespace zhiyin {

// Register blocking: the maximum number of panels in a tile, and its rows. Their sums fill the
// registers.
#if defined(__AVX512F__)
constexpr int kTilePanels = 4;
constexpr int tile_rows(int panels) { return panels == 4 ? 6 : 12; }
#else
constexpr int kTilePanels = 1;
constexpr int tile_rows(int) { return 4; }
#endif

constexpr int kPieceRows = 96;       // rows of a piece of work, if there are many
constexpr int kPieces = 8;           // the minimum number of pieces, if there are few rows
constexpr int kWeightsAhead = 2048;  // how many bytes ahead weights are prefetched

template <class Stored>
struct Singles {
  typedef float Number;
  typedef Stored Weight;
  typedef Floats Factor;
  static constexpr int kInputs = 1;

  static Factor factor(const Weight *from) { return load(from); }
  static float read(const float *from) { return *from; }
  static void add(Floats &sum, Factor weights, float number) { sum += weights * number; }
};

#if defined(__AVX512BF16__)
struct Pairs {
  typedef BFloat16 Number;
  typedef BFloat16 Weight;
  typedef Ints Factor;
  static constexpr int kInputs = 2;

  static Factor factor(const Weight *from) {
    Factor pairs;
    memcpy(&pairs, from, sizeof(pairs));
    return pairs;
  }
  static int32_t read(const BFloat16 *from) {
    int32_t pair;
    memcpy(&pair, from, sizeof(pair));
    return pair;
  }
  static void add(Floats &sum, Factor weights, int32_t pair) {
    const __m512i alike = _mm512_set1_epi32(pair);
    sum = (Floats)_mm512_dpbf16_ps((__m512)sum, (__m512bh)weights, (__m512bh)alike);
  }
};

inline void store(BFloat16 *to, Floats value) {
  const __m256bh narrow = _mm512_cvtneps_pbh((__m512)value);
  memcpy(to, &narrow, sizeof(narrow));
}

inline void store_part(BFloat16 *to, Floats value, int width) {
  BFloat16 all[kLanes];
  store(all, value);
  memcpy(to, all, width * sizeof(BFloat16));
}
#endif

inline Floats elu(Floats x) {
  const Floats low = exp_of(x < 0.0f ? x : Floats{}) - 1.0f;
  return x > 0.0f ? x : low;
}

// Store sixteen lanes, or fewer at the end of a row.
template <class Number>
inline void store_lanes(Number *to, Floats value, int width) {
  width == kLanes ? store(to, value) : store_part(to, value, width);
}

inline Floats load_lanes(const float *from, int width) {
  return width == kLanes ? load(from) : load_part(from, width);
}

// An output: the stream and the row of it.
struct Place {
  int stream, row;

  void advance(int count) {
    if (++row == count) row = 0, stream++;
  }
};

// The rows of windows, of one stream or of several that are `stride` elements apart. `index` has
// the `taps` rows of each output, within its stream; with nullptr output r reads row r.
template <class Number>
struct Windows {
  const Number *rows;
  const int32_t *index;
  int taps, channels;
  int count;   // outputs of a stream
  int streams;
  size_t stride;

  int outputs() const { return count * streams; }
  int inputs() const { return taps * channels; }
  const Number *row(const Place &place, int tap) const {
    const size_t at = ((size_t)place.stream * count + place.row) * taps + tap;
    return rows + place.stream * stride + (size_t)(index ? index[at] : place.row) * channels;
  }
};

// Weights and biases of a product.
struct Matrix {
  const void *weights;
  const float *bias;
  int columns;
  bool half;

  // Those at `index` of a call, and the biases after them.
  static Matrix of(const Call &call, int index) {
    return Matrix{call.at<const void>(index), call.at<const float>(index + 1),
                  (int)call.dim(index + 1, 0), call.half(index)};
  }
  int panels() const { return (columns + kLanes - 1) / kLanes; }
};

// Multiply a tile of outputs from `first` on, and give the sums with their biases to
// finish(place, column, sums, width).
template <class Kind, int Panels, class Finish>
void multiply_tile(const Windows<typename Kind::Number> &windows, const Matrix &matrix, int first,
                   int count, int panel, const Finish &finish) {
  typedef typename Kind::Number Number;
  typedef typename Kind::Weight Weight;
  constexpr int kRows = tile_rows(Panels);
  Place places[kRows];
  // Rows past the end repeat the last one.
  places[0] = Place{first / windows.count, first % windows.count};
  for (int r = 1; r < kRows; r++) {
    places[r] = places[r - 1];
    if (r < count) places[r].advance(windows.count);
  }
  const size_t step = (size_t)windows.inputs() * kLanes;
  const Weight *w = static_cast<const Weight *>(matrix.weights) + panel * step;
  Floats sums[kRows][Panels];
  {
    // Only indexed by constants, so that it is kept in registers.
    Floats sum[kRows][Panels];
    for (int r = 0; r < kRows; r++)
      for (int q = 0; q < Panels; q++) sum[r][q] = Floats{};
    for (int tap = 0; tap < windows.taps; tap++) {
      const Number *row[kRows];
      for (int r = 0; r < kRows; r++) row[r] = windows.row(places[r], tap);
      for (int k = 0; k < windows.channels; k += Kind::kInputs, w += kLanes * Kind::kInputs) {
        typename Kind::Factor factors[Panels];
        for (int q = 0; q < Panels; q++) {
          factors[q] = Kind::factor(w + q * step);
          __builtin_prefetch(reinterpret_cast<const char *>(w + q * step) + kWeightsAhead);
        }
#pragma GCC unroll 12
        for (int r = 0; r < kRows; r++) {
          const auto number = Kind::read(row[r] + k);
#pragma GCC unroll 4
          for (int q = 0; q < Panels; q++) Kind::add(sum[r][q], factors[q], number);
        }
      }
    }
#pragma GCC unroll 12
    for (int r = 0; r < kRows; r++)
#pragma GCC unroll 4
      for (int q = 0; q < Panels; q++) sums[r][q] = sum[r][q];
  }
  for (int q = 0; q < Panels; q++) {
    const int column = (panel + q) * kLanes;
    const int width = matrix.columns - column < kLanes ? matrix.columns - column : kLanes;
    const Floats bias = load_lanes(matrix.bias + column, width);
    for (int r = 0; r < count; r++) finish(places[r], column, sums[r][q] + bias, width);
  }
}

// Multiply the outputs from `first` to `end` by `Panels` panels.
template <class Kind, int Panels, class Finish>
void multiply_rows(const Windows<typename Kind::Number> &windows, const Matrix &matrix, int first,
                   int end, int panel, const Finish &finish) {
  constexpr int kRows = tile_rows(Panels);
  for (int row = first; row < end; row += kRows)
    multiply_tile<Kind, Panels>(windows, matrix, row, end - row < kRows ? end - row : kRows, panel,
                                finish);
}

// Multiply the outputs from `first` to `end` by the panels `from` to `to`.
template <class Kind, class Finish>
void multiply_piece(const Windows<typename Kind::Number> &windows, const Matrix &matrix, int first,
                    int end, int from, int to, const Finish &finish) {
  int panel = from;
  for (; panel + kTilePanels <= to; panel += kTilePanels)
    multiply_rows<Kind, kTilePanels>(windows, matrix, first, end, panel, finish);
  if constexpr (kTilePanels > 2)
    for (; panel + 2 <= to; panel += 2)
      multiply_rows<Kind, 2>(windows, matrix, first, end, panel, finish);
  for (; panel < to; panel++) multiply_rows<Kind, 1>(windows, matrix, first, end, panel, finish);
}

// Multiply all outputs, on all threads.
template <class Kind, class Finish>
void multiply_all(const Windows<typename Kind::Number> &windows, const Matrix &matrix,
                  const Finish &finish) {
  const int rows = windows.outputs(), panels = matrix.panels();
  const int piece_rows = rows < kPieceRows ? rows : kPieceRows;
  const int row_pieces = (rows + piece_rows - 1) / piece_rows;
  const int tiles = (panels + kTilePanels - 1) / kTilePanels;
  int column_pieces = row_pieces >= kPieces ? 1 : (kPieces + row_pieces - 1) / row_pieces;
  // Weights far larger than the cache are split into smaller pieces.
  if (rows <= kPieceRows && column_pieces < tiles / 2) column_pieces = tiles / 2;
  if (column_pieces > tiles) column_pieces = tiles;
  const int piece_tiles = (tiles + column_pieces - 1) / column_pieces;
  parallel(row_pieces * column_pieces, [&](int piece) {
    const int first = piece / column_pieces * piece_rows;
    const int end = first + piece_rows < rows ? first + piece_rows : rows;
    const int from = piece % column_pieces * piece_tiles * kTilePanels;
    const int to = from + piece_tiles * kTilePanels;
    multiply_piece<Kind>(windows, matrix, first, end, from, to < panels ? to : panels, finish);
  });
}

}  // namespace zhiyin
