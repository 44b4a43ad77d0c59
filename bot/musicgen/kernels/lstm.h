// EnCodec's LSTM: all four gates of sixteen units at a time.
#pragma once

#include "convolution.h"

namespace zhiyin {

inline Floats sigmoid(Floats x) {
  const Floats e = exp_of(x < 0.0f ? x : -x);
  return (x < 0.0f ? e : Floats{} + 1.0f) / (1.0f + e);
}

inline Floats tanh_of(Floats x) {
  const Floats e = exp_of(-2.0f * (x < 0.0f ? -x : x));
  const Floats size = (1.0f - e) / (1.0f + e);
  return x < 0.0f ? -size : size;
}

// One frame of some streams; strides between their rows are in elements.
template <class Number>
struct Frame {
  int width, streams;
  const float *inputs;  // the contribution of the inputs to the gates
  size_t inputs_stride;
  const Number *before;  // the outputs of the previous frame
  size_t before_stride;
  float *cells, *after;  // cells are updated in place
  size_t cells_stride, after_stride;
  Number *narrow_after;  // the outputs again, in the type that the next frame reads
};

// Sixteen units of `Streams` streams from `first` on: all four gates, then cell and output.
// Weights [width, 4, 16], or in pairs [width / 2, 4, 16, 2].
template <class Kind, int Streams>
void run_lstm_units(const typename Kind::Weight *__restrict w,
                    const Frame<typename Kind::Number> &frame, int first, int unit) {
  const int width = frame.width;
  const typename Kind::Number *before = frame.before + first * frame.before_stride;
  Floats sum[4][Streams];
  for (int g = 0; g < 4; g++)
    for (int s = 0; s < Streams; s++) sum[g][s] = Floats{};
  for (int k = 0; k < width; k += Kind::kInputs, w += 4 * kLanes * Kind::kInputs)
    for (int g = 0; g < 4; g++) {
      const typename Kind::Factor factor = Kind::factor(w + g * kLanes * Kind::kInputs);
      __builtin_prefetch(reinterpret_cast<const char *>(w + g * kLanes * Kind::kInputs) +
                         kWeightsAhead);
      for (int s = 0; s < Streams; s++)
        Kind::add(sum[g][s], factor, Kind::read(before + s * frame.before_stride + k));
    }
  const int lanes = width - unit < kLanes ? width - unit : kLanes;
  for (int s = 0; s < Streams; s++) {
    const float *inputs = frame.inputs + (first + s) * frame.inputs_stride + unit;
    Floats gate[4];
    for (int g = 0; g < 4; g++) gate[g] = sum[g][s] + load_lanes(inputs + (size_t)g * width, lanes);
    float *cell = frame.cells + (first + s) * frame.cells_stride + unit;
    const Floats now = sigmoid(gate[1]) * load_lanes(cell, lanes) +
                       sigmoid(gate[0]) * (2.0f * sigmoid(gate[2]) - 1.0f);
    store_lanes(cell, now, lanes);
    const Floats out = sigmoid(gate[3]) * tanh_of(now);
    const size_t at = (first + s) * frame.after_stride + unit;
    store_lanes(frame.after + at, out, lanes);
    store_lanes(frame.narrow_after + at, out, lanes);
  }
}

// Compute a frame on all threads; weights [width / 16, ...].
template <class Kind>
void run_lstm_frame(const typename Kind::Weight *weights,
                    const Frame<typename Kind::Number> &frame) {
  constexpr int kMost = 4;  // streams that share one read of the weights
  parallel((frame.width + kLanes - 1) / kLanes, [&](int panel) {
    const typename Kind::Weight *w = weights + (size_t)panel * frame.width * 4 * kLanes;
    const int unit = panel * kLanes;
    for (int s = 0; s < frame.streams; s += kMost) switch (frame.streams - s) {
        case 1: run_lstm_units<Kind, 1>(w, frame, s, unit); break;
        case 2: run_lstm_units<Kind, 2>(w, frame, s, unit); break;
        case 3: run_lstm_units<Kind, 3>(w, frame, s, unit); break;
        default: run_lstm_units<Kind, kMost>(w, frame, s, unit);
      }
  });
}

}  // namespace zhiyin
