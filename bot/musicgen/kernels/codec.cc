// EnCodec's layers as single kernels, over rows in time, [rows, channels], and matrix products of
// some tens of rows.

#include "call.h"
#include "convolution.h"
#include "threads.h"
#include "vector.h"
#include "workspace.h"

namespace zhiyin {
namespace {

constexpr int kEluPiece = 16384;  // floats

void elu_all(const float *x, size_t count, float *y) {
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(y + i, elu(load(x + i)));
  if (i < count) store_part(y + i, elu(load_part(x + i, (int)(count - i))), (int)(count - i));
}

// Rows kept from the previous block, followed by the block's own.
struct BlockRows {
  const float *kept, *x;
  int kept_rows, rows, channels;

  static BlockRows of(const Call &call) {
    return BlockRows{call.at<const float>(0), call.at<const float>(1), (int)call.dim(0, 0),
                     (int)call.dim(1, 0), (int)call.dim(0, 1)};
  }
  size_t count() const { return (size_t)(kept_rows + rows) * channels; }
  const float *row(int at) const {
    return at < kept_rows ? kept + (size_t)at * channels : x + (size_t)(at - kept_rows) * channels;
  }
  // Write the rows that the next block needs: the first, and the last of the others.
  void save_state(float *y) const {
    memcpy(y, kept, channels * sizeof(float));
    for (int i = 1; i < kept_rows; i++)
      memcpy(y + (size_t)i * channels, row(rows + i), channels * sizeof(float));
  }
  // Copy all rows to one buffer, through an ELU.
  void activate(float *y) const {
    const size_t before = (size_t)kept_rows * channels, own = (size_t)rows * channels;
    elu_all(kept, before, y);
    parallel((int)((own + kEluPiece - 1) / kEluPiece), [=](int piece) {
      const size_t i = (size_t)piece * kEluPiece;
      elu_all(x + i, own - i < kEluPiece ? own - i : kEluPiece, y + before + i);
    });
  }
};

template <class Finish>
void multiply(const Windows<float> &windows, const Matrix &matrix, const Finish &finish) {
  matrix.half ? multiply_all<Singles<Half>>(windows, matrix, finish)
              : multiply_all<Singles<float>>(windows, matrix, finish);
}

// Multiply windows of one stream into y.
void multiply_into(float *y, const Windows<float> &windows, const Matrix &matrix) {
  const int columns = matrix.columns;
  multiply(windows, matrix, [=](Place place, int column, Floats value, int width) {
    store_lanes(y + (size_t)place.row * columns + column, value, width);
  });
}

}  // namespace
}  // namespace zhiyin

// y = windows of elu(kept and then x), times weights, plus bias.
// Inputs: kept [rows, channels], x [rows, channels], index [outputs * taps], weights, bias.
// Outputs: y, and the rows to keep for the next block.
ZHIYIN_KERNEL(zhiyin_convolve) {
  using namespace zhiyin;
  const BlockRows input = BlockRows::of(call);
  const int rows = (int)call.dim(5, 0);
  input.save_state(call.at<float>(6));
  float *activated = workspace(Use::kActivated, input.count());
  input.activate(activated);
  const Windows<float> windows{
      activated, call.at<const int32_t>(2), (int)call.dim(2, 0) / rows, input.channels, rows, 1, 0};
  multiply_into(call.at<float>(5), windows, Matrix::of(call, 3));
}

// A residual unit: y = rows of kept and x + elu(convolution of elu(kept and x)) times weights.
// Inputs: kept, x, index, weights, bias [inner], weights, bias [channels]. Outputs: y, and the
// rows to keep for the next block. Besides the first row, kept and x have as many rows before the
// outputs' own as after them.
ZHIYIN_KERNEL(zhiyin_residual) {
  using namespace zhiyin;
  const BlockRows input = BlockRows::of(call);
  const Matrix narrow = Matrix::of(call, 3), widen = Matrix::of(call, 5);
  const int rows = input.rows, inner = narrow.columns, channels = input.channels;
  float *activated = workspace(Use::kActivated, input.count() + (size_t)rows * inner);
  float *hidden = activated + input.count(), *y = call.at<float>(7);
  input.save_state(call.at<float>(8));
  input.activate(activated);
  const int taps = (int)call.dim(2, 0) / rows, centre = (input.kept_rows + 1) / 2;
  multiply(Windows<float>{activated, call.at<const int32_t>(2), taps, channels, rows, 1, 0}, narrow,
           [=](Place place, int column, Floats value, int width) {
             store_lanes(hidden + (size_t)place.row * inner + column, elu(value), width);
           });
  multiply(Windows<float>{hidden, nullptr, 1, inner, rows, 1, 0}, widen,
           [=](Place place, int column, Floats value, int width) {
             const float *own = input.row(centre + place.row) + column;
             store_lanes(y + (size_t)place.row * channels + column, value + load_lanes(own, width),
                         width);
           });
}

// y = x times weights, plus bias. Inputs: x [rows, inputs], weights, bias [columns].
ZHIYIN_KERNEL(zhiyin_product) {
  using namespace zhiyin;
  const Windows<float> windows{
      call.at<const float>(0), nullptr, 1, (int)call.dim(0, 1), (int)call.dim(3, 0), 1, 0};
  multiply_into(call.output(), windows, Matrix::of(call, 1));
}
