// EnCodec's LSTM, bound by reading its weights for every frame.

#include "call.h"
#include "threads.h"
#include "vector.h"

namespace zhiyin {
namespace {

constexpr int kPrefetch = 1024;  // how many floats ahead weights are prefetched

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

// An LSTM layer. Inputs: the inputs' part of the gates, [frames * channels, 4 * width], weights
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
