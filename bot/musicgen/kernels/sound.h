// What a block of EnCodec's decoder is made of: the layers, out of a call's tensors, and the memory
// in which they work.
#pragma once

#include "call.h"
#include "convolution.h"
#include "weights.h"
#include "workspace.h"

namespace zhiyin {

// A call's inputs: the plan, [layers, kPlanned] (below); x [streams * frames, inputs]; states
// [streams, numbers]; the index of each convolution in turn, [streams, outputs * taps]; weights
// and biases: of the linear layer before all, of each layer of the LSTM (and then the recurrent
// weights), of each convolution.
enum Input { kPlan, kX, kStates, kIndex, kWeights };

// Of a layer: what it is, how many rows it keeps from the block before, the block's own rows, the
// outputs and the taps of its windows.
enum Planned { kKind, kKept, kRows, kOutputs, kTaps, kPlanned };

enum class Kind { kRecurrence, kConvolution, kResidual, kEnd };

// A convolution or residual unit. Its rows are a row of zeros, those kept, and the block's own.
struct Layer {
  int number;
  Kind kind;
  int kept, rows, outputs, taps, channels;
  const int32_t *index;
  Matrix matrix, second;
  size_t state;    // where its rows are in a stream's state
  bool is_alone;   // one stream after the other
  bool is_shared;  // streams take turns in one memory

  int kept_rows() const { return 1 + kept; }
  size_t numbers() const { return (size_t)(kept_rows() + rows) * channels; }
  size_t indices() const { return (size_t)outputs * taps; }
};

struct Plan {
  static constexpr int kMostLayers = 64;
  // Streams are apart from the first layer on whose weights, and whose successors', are fewer.
  static constexpr int kLargeWeights = 512 * 1024;

  const Call &call;
  int layers, recurrences = 0, streams, frames, inputs, width, state;
  Layer convolutions[kMostLayers];

  explicit Plan(const Call &call)
      : call(call),
        layers((int)call.dim(kPlan, 0)),
        streams((int)call.dim(kStates, 0)),
        frames((int)call.dim(kX, 0) / streams),
        inputs((int)call.dim(kX, 1)),
        width((int)call.dim(kWeights + 1, 0)),
        state((int)call.dim(kStates, 1)) {
    while (kind(recurrences) == Kind::kRecurrence) recurrences++;
    int tensor = kWeights + 2 + 3 * recurrences, channels = width;
    size_t at = (size_t)2 * width * recurrences;
    const int32_t *index = call.at<const int32_t>(kIndex);
    for (int i = 0; i < layers - recurrences; i++) {
      const int32_t *planned = call.at<const int32_t>(kPlan) + (recurrences + i) * kPlanned;
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
      // The outputs of a place are the next layer's rows, side by side.
      if (kind == Kind::kConvolution)
        channels = layer.matrix.columns * layer.outputs / next_rows(recurrences + i + 1);
    }
    for (int i = layers - recurrences - 1; i >= 0; i--) {
      Layer &layer = convolutions[i];
      if ((size_t)layer.matrix.columns * layer.taps * layer.channels >= kLargeWeights) break;
      layer.is_alone = true;
      if (i + 1 < layers - recurrences) convolutions[i + 1].is_shared = true;
    }
  }

  Kind kind(int layer) const {
    return (Kind)call.at<const int32_t>(kPlan)[layer * kPlanned + kKind];
  }
  int next_rows(int layer) const { return call.at<const int32_t>(kPlan)[layer * kPlanned + kRows]; }
  const float *x() const { return call.at<const float>(kX); }
  const float *states() const { return call.at<const float>(kStates); }
  Matrix head() const { return Matrix::of(call, kWeights); }
  Matrix gates(int layer) const { return Matrix::of(call, kWeights + 2 + 3 * layer); }
  bool recurrent_half(int layer) const { return call.half(kWeights + 4 + 3 * layer); }
  template <class Weight>
  const Weight *recurrent(int layer) const {
    return call.at<const Weight>(kWeights + 4 + 3 * layer);
  }
  const Layer &convolution(int index) const { return convolutions[index]; }
  bool is_alone(int index) const { return convolutions[index].is_alone; }
  float *samples() const { return call.at<float>(call.count - 2); }
  float *new_states() const { return call.at<float>(call.count - 1); }
};

// The memory of a block's layers.
template <class Number>
struct Memory {
  Number *x, *states, *before;  // of the LSTM
  float *known, *gates, *outputs;
  Number *middle;  // of a residual unit
  Number *bent[Plan::kMostLayers];
  float *plain[Plan::kMostLayers];

  explicit Memory(const Plan &plan) {
    char *base = nullptr;
    const size_t bytes = lay_out(plan, base);
    base = reinterpret_cast<char *>(workspace(Use::kSound, bytes / sizeof(float)));
    lay_out(plan, base);
  }

 private:
  template <class Value>
  static void place(char *base, size_t *used, size_t count, Value **value) {
    constexpr size_t kLine = 64;
    *value = reinterpret_cast<Value *>(base + *used);
    *used += (count * sizeof(Value) + kLine - 1) / kLine * kLine;
  }

  // Distribute the memory from `base` on; return how many bytes it takes.
  size_t lay_out(const Plan &plan, char *base) {
    const size_t rows = (size_t)plan.streams * plan.frames, width = plan.width;
    size_t used = 0, most = 0;
    place(base, &used, rows * plan.inputs, &x);
    place(base, &used, rows * width, &states);
    place(base, &used, plan.streams * width, &before);
    place(base, &used, rows * width, &known);
    place(base, &used, rows * 4 * width, &gates);
    place(base, &used, rows * width, &outputs);
    for (int i = 0; i < plan.layers - plan.recurrences; i++) {
      const Layer &layer = plan.convolution(i);
      const int streams = layer.is_shared ? 1 : plan.streams;
      place(base, &used, streams * layer.numbers(), bent + i);
      if (layer.kind != Kind::kResidual) continue;
      place(base, &used, streams * layer.numbers(), plain + i);
      const size_t between = (size_t)(layer.is_alone ? 1 : streams) * layer.outputs *
                             layer.matrix.columns;
      most = between > most ? between : most;
    }
    place(base, &used, most, &middle);
    return used;
  }
};

inline float widened(float number) { return number; }
inline void narrow(float from, float *to) { *to = from; }
inline void narrow(float from, Brief *to) { *to = brief(from); }
inline float widened(Brief number) {
  const uint32_t bits = (uint32_t)number << 16;
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

// Add the products of two rows to sixteen sums; return those of the numbers that are left over.
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
