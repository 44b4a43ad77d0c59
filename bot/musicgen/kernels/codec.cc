// EnCodec's layers over rows in time, [rows, channels], and matrix products of some tens of rows.
//
// A convolution is the product of windows, rows side by side that an index names, with weights in
// panels of sixteen columns: [columns / 16, inputs, 16]. The windows are never copied: a tile
// of outputs reads its rows in place.

#include "call.h"
#include "threads.h"
#include "vector.h"
#include "workspace.h"

namespace zhiyin {
namespace {

#if defined(__AVX512F__)
constexpr int kTileRows = 12;
constexpr int kTilePanels = 2;
#else
constexpr int kTileRows = 4;
constexpr int kTilePanels = 1;
#endif

constexpr int kPieceRows = 96;    // rows of one piece of work, where there are many
constexpr int kPieces = 8;        // at least so many pieces, where there are few rows
constexpr int kPrefetch = 1024;    // how many floats ahead weights are prefetched
constexpr int kEluPiece = 16384;  // floats

inline Floats elu(Floats x) {
  const Floats low = exp_of(x < 0.0f ? x : Floats{}) - 1.0f;
  return x > 0.0f ? x : low;
}

void elu_all(const float *x, size_t count, float *y) {
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(y + i, elu(load(x + i)));
  if (i < count) store_part(y + i, elu(part(x + i, (int)(count - i))), (int)(count - i));
}

// Rows kept from the block before, and the block's own after them.
struct Known {
  const float *kept, *x;
  int kept_rows, rows, channels;

  static Known of(const Call &call) {
    return Known{call.at<const float>(0), call.at<const float>(1), (int)call.dim(0, 0),
                 (int)call.dim(1, 0), (int)call.dim(0, 1)};
  }
  size_t count() const { return (size_t)(kept_rows + rows) * channels; }
  const float *row(int at) const {
    return at < kept_rows ? kept + (size_t)at * channels : x + (size_t)(at - kept_rows) * channels;
  }
  // Write the rows that the next block will need: the first, and the last of the others.
  void keep(float *y) const {
    memcpy(y, kept, channels * sizeof(float));
    for (int i = 1; i < kept_rows; i++)
      memcpy(y + (size_t)i * channels, row(rows + i), channels * sizeof(float));
  }
  // Copy all rows to one buffer, through an ELU.
  void bend(float *y) const {
    const size_t before = (size_t)kept_rows * channels, own = (size_t)rows * channels;
    elu_all(kept, before, y);
    parallel((int)((own + kEluPiece - 1) / kEluPiece), [=](int piece) {
      const size_t i = (size_t)piece * kEluPiece;
      elu_all(x + i, own - i < kEluPiece ? own - i : kEluPiece, y + before + i);
    });
  }
};

// Weights, as floats or in half precision.
struct Matrix {
  const void *data;
  bool half;

  static Matrix of(const Call &call, int index) {
    return Matrix{call.at<const void>(index), call.half(index)};
  }
};

// One product: rows of `known` that `index` names, `taps` for each output, times weights.
struct Product {
  const float *known;
  const int32_t *index;  // nullptr: output r reads row r
  int taps, channels;
  Matrix weights;
  const float *bias;
  int rows, columns;
  float *y;
  const Known *residual = nullptr;  // rows added at the end, the first of which is
  int centre = 0;
  bool bend = false;  // an ELU at the end

  int inputs() const { return taps * channels; }
  int panels() const { return (columns + kLanes - 1) / kLanes; }
};

template <int Panels, class Weight>
void tile(const Product &p, int first_row, int count, int panel) {
  Floats sum[kTileRows][Panels];
  for (int r = 0; r < kTileRows; r++)
    for (int q = 0; q < Panels; q++) sum[r][q] = Floats{};
  const size_t step = (size_t)p.inputs() * kLanes;
  const Weight *weights = static_cast<const Weight *>(p.weights.data) + panel * step;
  for (int tap = 0; tap < p.taps; tap++) {
    const float *row[kTileRows];
    for (int r = 0; r < kTileRows; r++) {
      // Rows past the last compute the last once more.
      const int at = first_row + (r < count ? r : count - 1);
      row[r] = p.known + (size_t)(p.index ? p.index[at * p.taps + tap] : at) * p.channels;
    }
    const Weight *w = weights + (size_t)tap * p.channels * kLanes;
    for (int k = 0; k < p.channels; k++) {
      Floats weight[Panels];
      for (int q = 0; q < Panels; q++) {
        weight[q] = load(w + q * step + (size_t)k * kLanes);
        __builtin_prefetch(w + q * step + (size_t)k * kLanes + kPrefetch);
      }
      for (int r = 0; r < kTileRows; r++)
        for (int q = 0; q < Panels; q++) sum[r][q] += weight[q] * row[r][k];
    }
  }
  for (int q = 0; q < Panels; q++) {
    const int column = (panel + q) * kLanes;
    const int width = p.columns - column < kLanes ? p.columns - column : kLanes;
    const Floats bias = width == kLanes ? load(p.bias + column) : part(p.bias + column, width);
    for (int r = 0; r < count; r++) {
      const size_t at = (size_t)(first_row + r) * p.columns + column;
      Floats value = sum[r][q] + bias;
      if (p.bend) value = elu(value);
      const float *more = p.residual ? p.residual->row(p.centre + first_row + r) + column : nullptr;
      if (width == kLanes) {
        if (more) value += load(more);
        store(p.y + at, value);
      } else {
        if (more) value += part(more, width);
        store_part(p.y + at, value, width);
      }
    }
  }
}

template <class Weight>
void multiply_as(const Product &p) {
  const int piece_rows = p.rows < kPieceRows ? p.rows : kPieceRows;
  const int row_pieces = (p.rows + piece_rows - 1) / piece_rows;
  const int pairs = (p.panels() + kTilePanels - 1) / kTilePanels;
  int column_pieces = row_pieces >= kPieces ? 1 : (kPieces + row_pieces - 1) / row_pieces;
  // Weights far larger than the nearest cache are handed out in smaller pieces.
  if (p.rows <= kPieceRows && column_pieces < pairs / 4) column_pieces = pairs / 4;
  if (column_pieces > pairs) column_pieces = pairs;
  const int piece_pairs = (pairs + column_pieces - 1) / column_pieces;
  parallel(row_pieces * column_pieces, [&, piece_rows](int piece) {
    const int first = piece / column_pieces * piece_rows;
    const int end = first + piece_rows < p.rows ? first + piece_rows : p.rows;
    const int from = piece % column_pieces * piece_pairs * kTilePanels;
    int to = from + piece_pairs * kTilePanels;
    if (to > p.panels()) to = p.panels();
    for (int panel = from; panel < to; panel += kTilePanels)
      for (int row = first; row < end; row += kTileRows) {
        const int count = end - row < kTileRows ? end - row : kTileRows;
        if (panel + kTilePanels <= to)
          tile<kTilePanels, Weight>(p, row, count, panel);
        else
          tile<1, Weight>(p, row, count, panel);
      }
  });
}

void multiply(const Product &p) { p.weights.half ? multiply_as<Half>(p) : multiply_as<float>(p); }

}  // namespace
}  // namespace zhiyin

// y = windows of elu(kept and then x), times weights, plus bias.
// Inputs: kept [rows, channels], x [rows, channels], index [outputs * taps], weights, bias.
// Outputs: y, and the rows to keep for the next block.
ZHIYIN_KERNEL(zhiyin_convolve) {
  using namespace zhiyin;
  const Known known = Known::of(call);
  const int rows = (int)call.dim(5, 0);
  known.keep(call.at<float>(6));
  float *bent = workspace(Use::kBent, known.count());
  known.bend(bent);
  multiply(Product{bent, call.at<const int32_t>(2), (int)call.dim(2, 0) / rows, known.channels,
                   Matrix::of(call, 3), call.at<const float>(4), rows, (int)call.dim(5, 1),
                   call.at<float>(5)});
}

// A residual unit: y = rows of kept and x + elu(convolution of elu(kept and x)) times weights.
// Inputs: kept, x, index, weights, bias [inner], weights, bias [channels]. Outputs: y, and the
// rows to keep for the next block. Of kept and x, besides the first row, as many rows lie before
// the outputs' own as after them.
ZHIYIN_KERNEL(zhiyin_residual) {
  using namespace zhiyin;
  const Known known = Known::of(call);
  const int rows = known.rows, inner = (int)call.dim(4, 0);
  float *bent = workspace(Use::kBent, known.count() + (size_t)rows * inner);
  float *middle = bent + known.count();
  known.keep(call.at<float>(8));
  known.bend(bent);
  Product first{bent, call.at<const int32_t>(2), (int)call.dim(2, 0) / rows, known.channels,
                Matrix::of(call, 3), call.at<const float>(4), rows, inner, middle};
  first.bend = true;
  multiply(first);
  Product second{middle, nullptr, 1, inner, Matrix::of(call, 5), call.at<const float>(6),
                 rows, known.channels, call.at<float>(7)};
  second.residual = &known;
  second.centre = (known.kept_rows + 1) / 2;
  multiply(second);
}

// y = x times weights, plus bias. Inputs: x [rows, inputs], weights, bias [columns].
ZHIYIN_KERNEL(zhiyin_product) {
  using namespace zhiyin;
  multiply(Product{call.at<const float>(0), nullptr, 1, (int)call.dim(0, 1),
                   Matrix::of(call, 1), call.at<const float>(2), (int)call.dim(3, 0),
                   (int)call.dim(3, 1), call.output()});
}
