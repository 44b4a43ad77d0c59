// The kernels that MindSpore calls: the three blocks of a decoder layer, and what stands before
// and after the layers. Each block is y = x + f(normalise(x)). They are whole blocks, not single
// operations, since between two kernels MindSpore takes some 30 microseconds, its own code having
// been washed out of the cache by the weights.
//
// Activations are [room, width] of which the first `rows` are computed; what comes out in the
// other rows is not looked at. `layer` and `rows` are int32 tensors of one number.

#include "attention.h"
#include "call.h"
#include "linear.h"
#include "workspace.h"

namespace zhiyin {
namespace {

// Return the first `rows` rows of the tensor at 0, normalised with norm number `norm` out of the
// gains and biases at 1 and 2, both [norms, width].
float *normal(const Call &call, int norm, int rows) {
  const int width = (int)call.dim(0, 1);
  float *out = workspace(Use::kNormal, (size_t)rows * width);
  normalise(call.at<const float>(0), rows, width, call.at<const float>(1) + (size_t)norm * width,
            call.at<const float>(2) + (size_t)norm * width, out);
  return out;
}

constexpr int kNormsPerLayer = 3;

}  // namespace
}  // namespace zhiyin

// Inputs: x, gains, biases, weights of query, key and value, weights of the output, cache, slots,
// positions, layer, rows.
ZHIYIN_KERNEL(zhiyin_self_attention) {
  using namespace zhiyin;
  const int layer = *call.at<int32_t>(8), rows = *call.at<int32_t>(9);
  const int width = (int)call.dim(0, 1);
  const Cache cache = Cache::of(call, 5, layer);
  const float *x = normal(call, kNormsPerLayer * layer, rows);
  float *qkv = workspace(Use::kWide, (size_t)rows * 3 * width);
  linear(x, rows, Weights::of(call, 3, layer, 3 * width), Finish::kPlain, nullptr, qkv);
  float *attended = workspace(Use::kAttended, (size_t)rows * width);
  attend_past(qkv, rows, cache, call.at<const int32_t>(6), call.at<const int32_t>(7), attended);
  linear(attended, rows, Weights::of(call, 4, layer, width), Finish::kAdd, call.at<const float>(0),
         call.output());
}

// Rows past the count, which have no text, stay as they are. Inputs: x, gains, biases, weights of
// the query, weights of the output, cache, slots, lengths, layer, rows with a text, rows.
ZHIYIN_KERNEL(zhiyin_text_attention) {
  using namespace zhiyin;
  const int layer = *call.at<int32_t>(8), texts = *call.at<int32_t>(9);
  const int rows = *call.at<int32_t>(10), width = (int)call.dim(0, 1);
  const float *residual = call.at<const float>(0);
  memcpy(call.output() + (size_t)texts * width, residual + (size_t)texts * width,
         (size_t)(rows - texts) * width * sizeof(float));
  if (texts == 0) return;
  const Cache cache = Cache::of(call, 5, layer);
  const float *x = normal(call, kNormsPerLayer * layer + 1, texts);
  float *queries = workspace(Use::kWide, (size_t)texts * width);
  linear(x, texts, Weights::of(call, 3, layer, width), Finish::kPlain, nullptr, queries);
  float *attended = workspace(Use::kAttended, (size_t)texts * width);
  attend_text(queries, texts, cache, call.at<const int32_t>(6), call.at<const int32_t>(7),
              attended);
  linear(attended, texts, Weights::of(call, 4, layer, width), Finish::kAdd, residual,
         call.output());
}

// Inputs: x, gains, biases, weights that widen, weights that narrow, layer, rows.
ZHIYIN_KERNEL(zhiyin_feed_forward) {
  using namespace zhiyin;
  const int layer = *call.at<int32_t>(5), rows = *call.at<int32_t>(6);
  const int width = (int)call.dim(0, 1), wide = (int)call.dim(4, 2);
  const float *x = normal(call, kNormsPerLayer * layer + 2, rows);
  float *inner = workspace(Use::kWide, (size_t)rows * wide);
  linear(x, rows, Weights::of(call, 3, layer, wide), Finish::kGelu, nullptr, inner);
  linear(inner, rows, Weights::of(call, 4, layer, width), Finish::kAdd, call.at<const float>(0),
         call.output());
}

// The scores after the last layer. Inputs: x, gains, biases, weights, norm, rows.
ZHIYIN_KERNEL(zhiyin_heads) {
  using namespace zhiyin;
  const int rows = *call.at<int32_t>(5), columns = (int)call.dim(call.count - 1, 1);
  const float *x = normal(call, *call.at<int32_t>(4), rows);
  linear(x, rows, Weights::of(call, 3, 0, columns), Finish::kPlain, nullptr, call.output());
}

// Keep a layer's keys and values of a text. Inputs: states, weights of key and value, cache, slot,
// layer, rows, the position of the first row. The output says nothing.
ZHIYIN_KERNEL(zhiyin_keep_text) {
  using namespace zhiyin;
  const int slot = *call.at<int32_t>(3), layer = *call.at<int32_t>(4);
  const int rows = *call.at<int32_t>(5), first = *call.at<int32_t>(6);
  const int width = (int)call.dim(0, 1);
  const Cache cache = Cache::of(call, 2, layer);
  float *pairs = workspace(Use::kWide, (size_t)rows * 2 * width);
  linear(call.at<const float>(0), rows, Weights::of(call, 1, layer, 2 * width), Finish::kPlain,
         nullptr, pairs);
  for (int r = 0; r < rows; r++)
    for (int h = 0; h < cache.heads; h++) {
      const float *key = pairs + (size_t)r * 2 * width + h * cache.dim;
      cache.append(slot, h, first + r, key, key + width);
    }
  call.output()[0] = 0;
}
