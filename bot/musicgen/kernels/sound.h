// The parts of a block of EnCodec's decoder: its layers, from a call's tensors, and their memory.
#pragma once

#include "call.h"
#include "convolution.h"
#include "weights.h"
#include "workspace.h"

namespace zhiyin {

// A call's inputs: the plan, [layers, kPlanColumns] (below); x [streams * frames, inputs]; states
// [streams, floats]; the index of each convolution in turn, [streams, outputs * taps]; weights
// and biases: of the linear layer before all, of each layer of the LSTM (and then the recurrent
// weights), of each convolution.
enum Input { kPlan, kX, kStates, kIndex, kWeights };

// Columns of the plan, for each layer: its kind, how many rows it keeps from the previous block,
// the block's own rows, the outputs, and the taps of its windows.
enum PlanColumn { kKind, kKept, kRows, kOutputs, kTaps, kPlanColumns };

enum class Kind { kLstm, kConvolution, kResidual, kLast };

// A convolution or residual unit. Its rows are a row of zeros, the kept ones, and the block's own.
struct Layer {
  int number;
  Kind kind;
  int kept, rows, outputs, taps, channels;
  const int32_t *index;
  Matrix matrix, second;
  size_t state;    // where its rows are in a stream's state
  bool is_per_stream;  // runs one stream after the other
  bool shares_memory;  // streams use the same memory in turn

  int kept_rows() const { return 1 + kept; }
  size_t numbers() const { return (size_t)(kept_rows() + rows) * channels; }
  size_t indices() const { return (size_t)outputs * taps; }
};

struct Plan {
  static constexpr int kMostLayers = 64;
  // Streams run separately from the first layer from which on all weights are fewer than this.
  static constexpr int kLargeWeights = 512 * 1024;

  const Call &call;
  int layers, lstm_layers = 0, streams, frames, inputs, width, state;
  Layer convolutions[kMostLayers];

  explicit Plan(const Call &call)
      : call(call),
        layers((int)call.dim(kPlan, 0)),
        streams((int)call.dim(kStates, 0)),
        frames((int)call.dim(kX, 0) / streams),
        inputs((int)call.dim(kX, 1)),
        width((int)call.dim(kWeights + 1, 0)),
        state((int)call.dim(kStates, 1)) {
    while (kind(lstm_layers) == Kind::kLstm) lstm_layers++;
    int tensor = kWeights + 2 + 3 * lstm_layers, channels = width;
    size_t at = (size_t)2 * width * lstm_layers;
    const int32_t *index = call.at<const int32_t>(kIndex);
    for (int i = 0; i < layers - lstm_layers; i++) {
      const int32_t *planned = call.at<const int32_t>(kPlan) + (lstm_layers + i) * kPlanColumns;
      const Kind kind = (Kind)planned[kKind];
      const bool residual = kind == Kind::kResidual;
      const Matrix matrix = Matrix::of(call, tensor);
      Layer &layer = convolutions[i];
      layer = Layer{i, kind, planned[kKept], planned[kRows], planned[kOutputs], planned[kTaps],
                    channels, index, matrix, residual ? Matrix::of(call, tensor + 2) : matrix, at,
                    false, false};
      tensor += residual ? 4 : 2;
      at += (size_t)layer.kept * channels * (residual ? 2 : 1);
      index += layer.indices() * streams;
      // The outputs of a place are the next layer's rows, concatenated.
      if (kind == Kind::kConvolution)
        channels = layer.matrix.columns * layer.outputs / next_rows(lstm_layers + i + 1);
    }
    for (int i = layers - lstm_layers - 1; i >= 0; i--) {
      Layer &layer = convolutions[i];
      if ((size_t)layer.matrix.columns * layer.taps * layer.channels >= kLargeWeights) break;
      layer.is_per_stream = true;
      if (i + 1 < layers - lstm_layers) convolutions[i + 1].shares_memory = true;
    }
  }

  Kind kind(int layer) const {
    return (Kind)call.at<const int32_t>(kPlan)[layer * kPlanColumns + kKind];
  }
  int next_rows(int layer) const {
    return call.at<const int32_t>(kPlan)[layer * kPlanColumns + kRows];
  }
  const float *x() const { return call.at<const float>(kX); }
  const float *states() const { return call.at<const float>(kStates); }
  Matrix head() const { return Matrix::of(call, kWeights); }
  Matrix gates(int layer) const { return Matrix::of(call, kWeights + 2 + 3 * layer); }
  bool is_recurrent_half(int layer) const { return call.half(kWeights + 4 + 3 * layer); }
  template <class Weight>
  const Weight *recurrent(int layer) const {
    return call.at<const Weight>(kWeights + 4 + 3 * layer);
  }
  const Layer &convolution(int index) const { return convolutions[index]; }
  bool is_per_stream(int index) const { return convolutions[index].is_per_stream; }
  float *samples() const { return call.at<float>(call.count - 2); }
  float *new_states() const { return call.at<float>(call.count - 1); }
};

// The memory of a block's layers.
template <class Number>
struct Memory {
  Number *x, *states, *before;  // of the LSTM
  float *residual, *gates, *outputs;
  Number *hidden;  // of a residual unit
  Number *activated[Plan::kMostLayers];
  float *skip[Plan::kMostLayers];

  explicit Memory(const Plan &plan) {
    char *base = nullptr;
    const size_t bytes = lay_out(plan, base);
    base = reinterpret_cast<char *>(workspace(Use::kSound, bytes / sizeof(float)));
    lay_out(plan, base);
  }

 private:
  template <class Value>
  static void allocate(char *base, size_t *used, size_t count, Value **value) {
    constexpr size_t kLine = 64;
    *value = reinterpret_cast<Value *>(base + *used);
    *used += (count * sizeof(Value) + kLine - 1) / kLine * kLine;
  }

  // Set the pointers into the memory at `base`; return how many bytes it takes.
  size_t lay_out(const Plan &plan, char *base) {
    const size_t rows = (size_t)plan.streams * plan.frames, width = plan.width;
    size_t used = 0, most = 0;
    allocate(base, &used, rows * plan.inputs, &x);
    allocate(base, &used, rows * width, &states);
    allocate(base, &used, plan.streams * width, &before);
    allocate(base, &used, rows * width, &residual);
    allocate(base, &used, rows * 4 * width, &gates);
    allocate(base, &used, rows * width, &outputs);
    for (int i = 0; i < plan.layers - plan.lstm_layers; i++) {
      const Layer &layer = plan.convolution(i);
      const int streams = layer.shares_memory ? 1 : plan.streams;
      allocate(base, &used, streams * layer.numbers(), activated + i);
      if (layer.kind != Kind::kResidual) continue;
      allocate(base, &used, streams * layer.numbers(), skip + i);
      const size_t between =
          (size_t)(layer.is_per_stream ? 1 : streams) * layer.outputs * layer.matrix.columns;
      most = between > most ? between : most;
    }
    allocate(base, &used, most, &hidden);
    return used;
  }
};

// Call run(kind) with the arithmetic for rows of a type.
template <class Number, class Run>
void with_kind(bool half, const Run &run) {
  if constexpr (sizeof(Number) == sizeof(float)) {
    half ? run(Singles<Half>{}) : run(Singles<float>{});
  } else {
#if defined(__AVX512BF16__)
    run(Pairs{});
#endif
  }
}

inline float widened(float number) { return number; }
inline void narrow(float from, float *to) { *to = from; }
inline void narrow(float from, BFloat16 *to) { *to = to_bfloat16(from); }
inline float widened(BFloat16 number) {
  const uint32_t bits = (uint32_t)number << 16;
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

// Add the products of two rows to sixteen sums; return the sum of the remaining products.
template <class Number>
float dot(const Number *a, const Number *b, int count, Floats *sums) {
  constexpr int kTogether = 64 / sizeof(Number);
  int i = 0;
  for (; i + kTogether <= count; i += kTogether) {
    if constexpr (sizeof(Number) == sizeof(float)) {
      *sums += load(a + i) * load(b + i);
    } else {
#if defined(__AVX512BF16__)
      const __m512bh x = (__m512bh)_mm512_loadu_si512(a + i);
      const __m512bh y = (__m512bh)_mm512_loadu_si512(b + i);
      *sums = (Floats)_mm512_dpbf16_ps((__m512)*sums, x, y);
#endif
    }
  }
  float left = 0;
  for (; i < count; i++) left += widened(a[i]) * widened(b[i]);
  return left;
}

}  // namespace zhiyin
