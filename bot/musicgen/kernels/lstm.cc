#include "lstm.h"

namespace zhiyin {
namespace {

template <class Weight>
void run_lstm_frames(const Call &call, const Weight *weights) {
  const int channels = (int)call.dim(2, 0) / 2, width = (int)call.dim(2, 1);
  const int frames = (int)call.dim(0, 0) / channels;
  const size_t row = (size_t)channels * width, apart = width;
  float *after = call.output(), *cells = after + frames * row;
  memcpy(cells, call.at<const float>(2) + row, row * sizeof(float));
  Frame<float> frame{width, channels, call.at<const float>(0), 4 * apart, call.at<const float>(2),
                     apart, cells, after, apart, apart, after};
  for (int i = 0; i < frames; i++) {
    run_lstm_frame<Singles<Weight>>(weights, frame);
    frame.before = frame.after;
    frame.inputs += 4 * row;
    frame.after += row;
    frame.narrow_after += row;
  }
}

}  // namespace
}  // namespace zhiyin

// An LSTM layer. Inputs: the contribution of the inputs to the gates, [frames * channels,
// 4 * width], weights [width / 16, width, 4, 16], state [2 * channels, width]: outputs, then cells.
// Output: the outputs of every frame, then the last cells, [(frames + 1) * channels, width]. The
// third gate's inputs and weights are doubled: its tanh is computed as 2 * sigmoid(2x) - 1.
ZHIYIN_KERNEL(zhiyin_lstm) {
  using namespace zhiyin;
  if (call.half(1))
    run_lstm_frames(call, call.at<const Half>(1));
  else
    run_lstm_frames(call, call.at<const float>(1));
}
