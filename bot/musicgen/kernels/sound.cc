// EnCodec's decoder for a block of frames as one kernel: from windows of embedded codes to samples,
// for several streams (channels of any clips). Large weights are read once for all streams; layers
// with small ones run stream by stream, so that a stream's rows stay in the caches.
// Each layer writes its outputs, after the ELU, where the next one reads them, behind the rows kept
// from the previous block. A stream's sums do not depend on the other streams.

#include "call.h"
#include "convolution.h"
#include "lstm.h"
#include "sound.h"
#include "threads.h"
#include "vector.h"
#include "workspace.h"

namespace zhiyin {
namespace {

template <class Number, class Finish>
void multiply(const Windows<Number> &windows, const Matrix &matrix, const Finish &finish) {
  with_kind<Number>(matrix.half, [&](auto kind) {
    multiply_all<decltype(kind)>(windows, matrix, finish);
  });
}

template <class Number>
class Block {
 public:
  explicit Block(const Call &call) : plan_(call), memory_(plan_) {}

  void run() {
    const int convolutions = plan_.layers - plan_.lstm_layers;
    run_lstm();
    int first = 0;
    for (; first < convolutions && !plan_.is_per_stream(first); first++)
      run(first, 0, plan_.streams);
    for (int stream = 0; stream < plan_.streams; stream++)
      for (int i = first; i < convolutions; i++) run(i, stream, 1);
  }

 private:
  // The LSTM with the linear layer before it, its inputs added to its outputs at the end.
  void run_lstm() {
    const int width = plan_.width, frames = plan_.frames, rows = plan_.streams * frames;
    const int inputs = plan_.inputs;
    const float *x = plan_.x();
    for (size_t i = 0; i < (size_t)rows * inputs; i += kLanes) {
      const int left = (int)((size_t)rows * inputs - i);
      store_lanes(memory_.x + i, load_lanes(x + i, left < kLanes ? left : kLanes),
                  left < kLanes ? left : kLanes);
    }
    multiply(Windows<Number>{memory_.x, nullptr, 1, inputs, rows, 1, 0}, plan_.head(),
             [&](Place place, int column, Floats value, int lanes) {
               const size_t at = (size_t)place.row * width + column;
               store_lanes(memory_.residual + at, value, lanes);
               store_lanes(memory_.states + at, value, lanes);
             });
    for (int layer = 0; layer < plan_.lstm_layers; layer++) {
      multiply(Windows<Number>{memory_.states, nullptr, 1, width, rows, 1, 0}, plan_.gates(layer),
               [&](Place place, int column, Floats value, int lanes) {
                 store_lanes(memory_.gates + (size_t)place.row * 4 * width + column, value, lanes);
               });
      run_lstm(layer);
    }
    const Layer &next = plan_.convolution(0);
    parallel(rows, [&](int row) {
      for (int i = 0; i < width; i += kLanes) {
        const int lanes = width - i < kLanes ? width - i : kLanes;
        const size_t at = (size_t)row * width + i;
        write(next, 0, Place{row / frames, row % frames}, width, i,
              load_lanes(memory_.residual + at, lanes) + load_lanes(memory_.outputs + at, lanes),
              lanes);
      }
    });
  }

  void run_lstm(int layer) {
    const int width = plan_.width, frames = plan_.frames;
    const size_t apart = (size_t)frames * width, state = plan_.state;
    float *kept = plan_.new_states() + (size_t)layer * 2 * width;
    for (int s = 0; s < plan_.streams; s++) {
      const float *before = plan_.states() + s * state + (size_t)layer * 2 * width;
      for (int i = 0; i < width; i++) narrow(before[i], memory_.before + (size_t)s * width + i);
      memcpy(kept + s * state + width, before + width, width * sizeof(float));
    }
    Frame<Number> frame{width,          plan_.streams,       memory_.gates, 4 * apart,
                        memory_.before, (size_t)width,       kept + width,  memory_.outputs,
                        state,          apart,               memory_.states};
    for (int i = 0; i < frames; i++) {
      with_kind<Number>(plan_.is_recurrent_half(layer), [&](auto kind) {
        typedef decltype(kind) Kind;
        run_lstm_frame<Kind>(plan_.recurrent<typename Kind::Weight>(layer), frame);
      });
      frame.before = memory_.states + (size_t)i * width;
      frame.before_stride = apart;
      frame.inputs += 4 * width;
      frame.after += width;
      frame.narrow_after += width;
    }
    for (int s = 0; s < plan_.streams; s++)
      memcpy(kept + s * state, memory_.outputs + s * apart + (size_t)(frames - 1) * width,
             width * sizeof(float));
  }

  // Where a row of a stream begins.
  size_t begin(const Layer &layer, int stream, int row) const {
    return (layer.shares_memory ? 0 : stream * layer.numbers()) + (size_t)row * layer.channels;
  }
  Number *activated(const Layer &layer, int stream, int row) const {
    return memory_.activated[layer.number] + begin(layer, stream, row);
  }
  float *skip(const Layer &layer, int stream, int row) const {
    return memory_.skip[layer.number] + begin(layer, stream, row);
  }

  // Write outputs of the previous layer, `columns` of which belong to one place, to where `layer`
  // reads them.
  void write(const Layer &layer, int first, Place place, int columns, int column, Floats value,
             int lanes) const {
    const size_t at = (size_t)place.row * columns + column;
    store_lanes(activated(layer, first + place.stream, layer.kept_rows()) + at, elu(value), lanes);
    if (layer.kind == Kind::kResidual)
      store_lanes(skip(layer, first + place.stream, layer.kept_rows()) + at, value, lanes);
  }

  // Load the rows before a block's own from the state, or save its last ones for the next block.
  void take_state(const Layer &layer, int stream) const {
    const float *from = plan_.states() + stream * (size_t)plan_.state + layer.state;
    const int count = layer.kept * layer.channels;
    Number *to = activated(layer, stream, 0);
    memset(static_cast<void *>(to), 0, layer.channels * sizeof(Number));
    for (int i = 0; i < count; i++) narrow(from[i], to + layer.channels + i);
    if (layer.kind == Kind::kResidual)
      memcpy(skip(layer, stream, 1), from + count, count * sizeof(float));
  }
  void keep_state(const Layer &layer, int stream) const {
    float *to = plan_.new_states() + stream * (size_t)plan_.state + layer.state;
    const int count = layer.kept * layer.channels;
    const Number *from = activated(layer, stream, layer.rows + 1);
    for (int i = 0; i < count; i++) to[i] = widened(from[i]);
    if (layer.kind == Kind::kResidual)
      memcpy(to + count, skip(layer, stream, layer.rows + 1), count * sizeof(float));
  }

  // Run a layer for some streams.
  void run(int number, int first, int streams) {
    const Layer &layer = plan_.convolution(number);
    for (int s = first; s < first + streams; s++) take_state(layer, s);
    const Windows<Number> windows{activated(layer, first, 0),
                                  layer.index + first * layer.indices(),
                                  layer.taps,
                                  layer.channels,
                                  layer.outputs,
                                  streams,
                                  layer.shares_memory ? 0 : layer.numbers()};
    if (layer.kind == Kind::kLast) {
      run_last(layer, first, windows);
    } else {
      const Layer &next = plan_.convolution(number + 1);
      const int columns = layer.kind == Kind::kResidual ? layer.channels : layer.matrix.columns;
      if (layer.kind == Kind::kResidual) {
        const int centre = 1 + layer.kept / 2;
        run_residual(layer, windows, [&](Place place, int column, Floats value, int lanes) {
          const float *own = skip(layer, first + place.stream, centre + place.row) + column;
          write(next, first, place, columns, column, value + load_lanes(own, lanes), lanes);
        });
      } else {
        multiply(windows, layer.matrix, [&](Place place, int column, Floats value, int lanes) {
          write(next, first, place, columns, column, value, lanes);
        });
      }
    }
    for (int s = first; s < first + streams; s++) keep_state(layer, s);
  }

  template <class Finish>
  void run_residual(const Layer &layer, const Windows<Number> &windows, const Finish &finish) {
    const int inner = layer.matrix.columns, rows = windows.outputs();
    Number *hidden = memory_.hidden;
    const auto activate = [=](Place place, int column, Floats value, int lanes) {
      const int row = place.stream * windows.count + place.row;
      store_lanes(hidden + (size_t)row * inner + column, elu(value), lanes);
    };
    const Windows<Number> between{
        hidden, nullptr, 1, inner, windows.count, windows.streams, (size_t)windows.count * inner};
    if (rows < kPieces * kPieceRows) {
      multiply(windows, layer.matrix, activate);
      multiply(between, layer.second, finish);
      return;
    }
    // Both products of a piece at once, so that the intermediate values stay in the cache.
    with_kind<Number>(layer.matrix.half, [&](auto kind) {
      parallel((rows + kPieceRows - 1) / kPieceRows, [&](int piece) {
        const int from = piece * kPieceRows;
        const int end = from + kPieceRows < rows ? from + kPieceRows : rows;
        multiply_piece<decltype(kind)>(windows, layer.matrix, from, end, 0, layer.matrix.panels(),
                                       activate);
        multiply_piece<decltype(kind)>(between, layer.second, from, end, 0, layer.second.panels(),
                                       finish);
      });
    });
  }

  // The last convolution: each output is one sum.
  void run_last(const Layer &layer, int stream, const Windows<Number> &windows) {
    const Number *weights = static_cast<const Number *>(layer.matrix.weights);
    float *samples = plan_.samples() + (size_t)stream * windows.count;
    const int rows = windows.outputs();
    parallel((rows + kPieceRows - 1) / kPieceRows, [&](int piece) {
      const int end = (piece + 1) * kPieceRows < rows ? (piece + 1) * kPieceRows : rows;
      for (int row = piece * kPieceRows; row < end; row++) {
        const Number *from = windows.rows + row / windows.count * windows.stride;
        float total = layer.matrix.bias[0];
        Floats sums{};
        for (int tap = 0; tap < windows.taps; tap++) {
          const int named = windows.index[row * windows.taps + tap];
          total += dot(from + (size_t)named * windows.channels,
                       weights + (size_t)tap * windows.channels, windows.channels, &sums);
        }
        samples[row] = total + horizontal_sum(sums);
      }
    });
  }

  const Plan plan_;
  const Memory<Number> memory_;
};

}  // namespace
}  // namespace zhiyin

// Inputs: see sound.h. Outputs: the samples [streams, outputs], and the new states.
ZHIYIN_KERNEL(zhiyin_sound) {
  using namespace zhiyin;
#if defined(__AVX512BF16__)
  if (data_type_named(call.types[kWeights]) == DataType::kBFloat16)
    return Block<BFloat16>(call).run();
#endif
  Block<float>(call).run();
}

// Return whether bfloat16 rows are multiplied by instructions for it.
#if defined(__AVX512BF16__)
extern "C" int zhiyin_multiplies_pairs() { return 1; }
#else
extern "C" int zhiyin_multiplies_pairs() { return 0; }
#endif
