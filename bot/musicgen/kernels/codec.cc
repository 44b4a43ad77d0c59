// EnCodec's layers over rows in time, [rows, channels], and matrix products of some tens of rows.
//
// A convolution is the product of windows, rows side by side that an index names, with weights in
// panels of sixteen columns: [columns / 16, inputs, 16]. The windows are never laid out: a tile
// of outputs reads its rows where they are.

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
constexpr int kPrefetch = 1024;    // floats that weights are called for ahead of the sums
constexpr int kEluPiece = 16384;  // floats

inline Floats elu(Floats x) {
  const Floats low = exp_of(x < 0.0f ? x : Floats{}) - 1.0f;
  return x > 0.0f ? x : low;
}

inline Floats part(const float *from, int width) {
  Floats value{};
  for (int i = 0; i < width; i++) value[i] = from[i];
  return value;
}

inline void store_part(float *to, Floats value, int width) {
  for (int i = 0; i < width; i++) to[i] = value[i];
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
  // Lay all rows out in one piece, bent by an ELU.
  void bend(float *y) const {
    const size_t before = (size_t)kept_rows * channels, own = (size_t)rows * channels;
    elu_all(kept, before, y);
    parallel((int)((own + kEluPiece - 1) / kEluPiece), [=](int piece) {
      const size_t i = (size_t)piece * kEluPiece;
      elu_all(x + i, own - i < kEluPiece ? own - i : kEluPiece, y + before + i);
    });
  }
};

// One product: rows of `known` that `index` names, `taps` for each output, times weights.
struct Product {
  const float *known;
  const int32_t *index;  // nullptr: output r reads row r
  int taps, channels;
  const float *weights, *bias;
  int rows, columns;
  float *y;
  const Known *residual = nullptr;  // rows added at the end, the first of which is
  int centre = 0;
  bool bend = false;  // an ELU at the end

  int inputs() const { return taps * channels; }
  int panels() const { return (columns + kLanes - 1) / kLanes; }
};

template <int Panels>
void tile(const Product &p, int first_row, int count, int panel) {
  Floats sum[kTileRows][Panels];
  for (int r = 0; r < kTileRows; r++)
    for (int q = 0; q < Panels; q++) sum[r][q] = Floats{};
  const size_t step = (size_t)p.inputs() * kLanes;
  const float *weights = p.weights + panel * step;
  for (int tap = 0; tap < p.taps; tap++) {
    const float *row[kTileRows];
    for (int r = 0; r < kTileRows; r++) {
      // Rows past the last compute the last once more.
      const int at = first_row + (r < count ? r : count - 1);
      row[r] = p.known + (size_t)(p.index ? p.index[at * p.taps + tap] : at) * p.channels;
    }
    const float *w = weights + (size_t)tap * p.channels * kLanes;
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

void multiply(const Product &p) {
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
          tile<kTilePanels>(p, row, count, panel);
        else
          tile<1>(p, row, count, panel);
      }
  });
}

inline Floats sigmoid(Floats x) {
  const Floats e = exp_of(x < 0.0f ? x : -x);
  return (x < 0.0f ? e : Floats{} + 1.0f) / (1.0f + e);
}

inline Floats tanh_of(Floats x) {
  const Floats e = exp_of(-2.0f * (x < 0.0f ? -x : x));
  const Floats size = (1.0f - e) / (1.0f + e);
  return x < 0.0f ? -size : size;
}

// Sixteen units of one frame: all four gates, then cell and output.
template <int Channels, class Weight>
void units(const Weight *__restrict w, const float *__restrict known, int width, int unit,
           const float *__restrict before, float *__restrict cell, float *__restrict after) {
  Floats sum[4][Channels];
  for (int g = 0; g < 4; g++)
    for (int c = 0; c < Channels; c++) sum[g][c] = Floats{};
  for (int k = 0; k < width; k++, w += 4 * kLanes)
    for (int g = 0; g < 4; g++) {
      const Floats weight = load(w + g * kLanes);
      __builtin_prefetch(w + g * kLanes + kPrefetch);
      for (int c = 0; c < Channels; c++) sum[g][c] += weight * before[(size_t)c * width + k];
    }
  const int lanes = width - unit < kLanes ? width - unit : kLanes;
  for (int c = 0; c < Channels; c++) {
    const float *inputs = known + (size_t)c * 4 * width + unit;
    Floats gate[4];
    for (int g = 0; g < 4; g++)
      gate[g] = sum[g][c] + (lanes == kLanes ? load(inputs + (size_t)g * width)
                                             : part(inputs + (size_t)g * width, lanes));
    float *at = cell + (size_t)c * width + unit;
    const Floats old = lanes == kLanes ? load(at) : part(at, lanes);
    const Floats now = sigmoid(gate[1]) * old + sigmoid(gate[0]) * (2.0f * sigmoid(gate[2]) - 1.0f);
    const Floats out = sigmoid(gate[3]) * tanh_of(now);
    store_part(at, now, lanes);
    store_part(after + (size_t)c * width + unit, out, lanes);
  }
}

template <class Weight>
void recur(const Call &call, const Weight *weights) {
  const float *known = call.at<const float>(0);
  const int channels = (int)call.dim(2, 0) / 2, width = (int)call.dim(2, 1);
  const int frames = (int)call.dim(0, 0) / channels, row = channels * width;
  const float *before = call.at<const float>(2);
  float *after = call.output(), *cell = after + (size_t)frames * row;
  memcpy(cell, before + row, row * sizeof(float));
  for (int frame = 0; frame < frames; frame++) {
    parallel((width + kLanes - 1) / kLanes, [=](int panel) {
      const Weight *w = weights + (size_t)panel * width * 4 * kLanes;
      const float *inputs = known + (size_t)frame * 4 * row;
      const int unit = panel * kLanes;
      switch (channels) {
        case 1: return units<1>(w, inputs, width, unit, before, cell, after);
        case 2: return units<2>(w, inputs, width, unit, before, cell, after);
        default:
          for (int c = 0; c < channels; c++)
            units<1>(w, inputs + (size_t)c * 4 * width, width, unit, before + (size_t)c * width,
                     cell + (size_t)c * width, after + (size_t)c * width);
      }
    });
    before = after;
    after += row;
  }
}

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
                   call.at<const float>(3), call.at<const float>(4), rows, (int)call.dim(5, 1),
                   call.at<float>(5)});
}

// A residual unit: y = rows of kept and x + elu(convolution of elu(kept and x)) times weights.
// Inputs: kept, x, index, weights, bias [inner], weights, bias [channels]. Outputs: y, and the
// rows to keep for the next block. Of kept and x, besides the first row, as many rows lie before
// those that the outputs stand on as after them.
ZHIYIN_KERNEL(zhiyin_residual) {
  using namespace zhiyin;
  const Known known = Known::of(call);
  const int rows = known.rows, inner = (int)call.dim(4, 0);
  float *bent = workspace(Use::kBent, known.count() + (size_t)rows * inner);
  float *middle = bent + known.count();
  known.keep(call.at<float>(8));
  known.bend(bent);
  Product first{bent, call.at<const int32_t>(2), (int)call.dim(2, 0) / rows, known.channels,
                call.at<const float>(3), call.at<const float>(4), rows, inner, middle};
  first.bend = true;
  multiply(first);
  Product second{middle, nullptr, 1, inner, call.at<const float>(5), call.at<const float>(6),
                 rows, known.channels, call.at<float>(7)};
  second.residual = &known;
  second.centre = (known.kept_rows + 1) / 2;
  multiply(second);
}

// y = x times weights, plus bias. Inputs: x [rows, inputs], weights, bias [columns].
ZHIYIN_KERNEL(zhiyin_product) {
  using namespace zhiyin;
  multiply(Product{call.at<const float>(0), nullptr, 1, (int)call.dim(0, 1),
                   call.at<const float>(1), call.at<const float>(2), (int)call.dim(3, 0),
                   (int)call.dim(3, 1), call.output()});
}

// An LSTM layer. Inputs: what the inputs give the gates, [frames * channels, 4 * width], weights
// [width / 16, width, 4, 16], state [2 * channels, width]: outputs, then cells. Output: the
// outputs of every frame, then the last cells, [(frames + 1) * channels, width]. The third gate's
// inputs and weights come doubled: its tanh is taken as 2 * sigmoid(2x) - 1.
ZHIYIN_KERNEL(zhiyin_lstm) {
  using namespace zhiyin;
  if (call.half(1))
    recur(call, call.at<const Half>(1));
  else
    recur(call, call.at<const float>(1));
}
