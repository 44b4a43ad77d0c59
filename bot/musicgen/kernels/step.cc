// The kernels that MindSpore calls for the decoder: a whole step, and the keys and values of the
// cross-attention.
//
// A step is one kernel, not one for each operation or layer: between two kernels MindSpore takes
// some 30 microseconds, as the weights have evicted its code from the cache, and in a small model
// that is longer than the kernels themselves.

#include "attention.h"
#include "call.h"
#include "linear.h"
#include "vector.h"
#include "workspace.h"

namespace zhiyin {
namespace {

// The inputs of a step, in the order in which MindSpore passes them. The plan is [codebooks + 3,
// rows]: the tokens, then each row's slot, position and length of text. Rows with a text come
// first. A row whose first token is below 0 is given as an embedding.
enum Input {
  kPlan,
  kTokens,     // [codebooks * (vocab + 1), width]
  kPositions,  // [positions, width]
  kGains,      // [norms, width], as the biases
  kBiases,
  kQkv,
  kAttended,
  kTextQuery,
  kTextAttended,
  kFeedForwardIn,
  kFeedForwardOut,
  kHeads,
  kCache,
  kTexts,
  kGiven,  // [given rows, width]: rows that are embeddings rather than tokens
};

// One step over some rows; x [rows, width] is the residual stream.
struct Step {
  const Call &call;
  int rows, width, codebooks;
  int texts;  // rows that have a text
  float *x;

  explicit Step(const Call &call)
      : call(call),
        rows((int)call.dim(kPlan, 1)),
        width((int)call.dim(kTokens, 1)),
        codebooks((int)call.dim(kPlan, 0) - 3),
        texts(0),
        x(workspace(Use::kStates, (size_t)rows * width)) {
    while (texts < rows && lengths()[texts] > 0) texts++;
  }

  int layers() const { return (int)call.dim(kQkv, 0); }
  // Three, or two without cross-attention: attention first, feed-forward last.
  int norms_per_layer() const { return ((int)call.dim(kGains, 0) - 1) / layers(); }
  const int32_t *plan_row(int line) const {
    return call.at<const int32_t>(kPlan) + (size_t)line * rows;
  }
  const int32_t *slots() const { return plan_row(codebooks); }
  const int32_t *positions() const { return plan_row(codebooks + 1); }
  const int32_t *lengths() const { return plan_row(codebooks + 2); }
  Weights weights(Input kind, int layer, int columns) const {
    return Weights::of(call, kind, layer, columns);
  }

  void embed() const {
    const size_t entries = (size_t)call.dim(kTokens, 0) / codebooks;
    const float *table = call.at<const float>(kTokens);
    for (int r = 0; r < rows; r++) {
      const float *place = call.at<const float>(kPositions) + (size_t)positions()[r] * width;
      if (plan_row(0)[r] < 0) {  // -1 - the index of a given row
        const float *given = call.at<const float>(kGiven) + (size_t)(-1 - plan_row(0)[r]) * width;
        for (int i = 0; i < width; i++) x[(size_t)r * width + i] = given[i] + place[i];
        continue;
      }
      for (int i = 0; i < width; i++) {
        double sum = 0;
        for (int k = 0; k < codebooks; k++)
          sum += table[(k * entries + plan_row(k)[r]) * width + i];
        x[(size_t)r * width + i] = (float)sum + place[i];
      }
    }
  }

  // Return the first `count` rows of x after a norm.
  const float *normalised(int norm, int count) const {
    float *out = workspace(Use::kNormalised, (size_t)count * width);
    normalise(x, count, width, call.at<const float>(kGains) + (size_t)norm * width,
              call.at<const float>(kBiases) + (size_t)norm * width, out);
    return out;
  }

  void self_attention(int layer) const {
    float *qkv = workspace(Use::kProjected, (size_t)rows * 3 * width);
    linear(normalised(norms_per_layer() * layer, rows), rows, weights(kQkv, layer, 3 * width),
           Finish::kPlain, nullptr, qkv);
    float *attended = workspace(Use::kAttended, (size_t)rows * width);
    attend_past(qkv, rows, Cache::of(call, kCache, layer), slots(), positions(), attended);
    linear(attended, rows, weights(kAttended, layer, width), Finish::kAdd, x, x);
  }

  void cross_attention(int layer) const {
    if (texts == 0) return;
    float *queries = workspace(Use::kProjected, (size_t)texts * width);
    linear(normalised(norms_per_layer() * layer + 1, texts), texts,
           weights(kTextQuery, layer, width), Finish::kPlain, nullptr, queries);
    float *attended = workspace(Use::kAttended, (size_t)texts * width);
    attend_text(queries, texts, Cache::of(call, kTexts, layer), slots(), lengths(), attended);
    linear(attended, texts, weights(kTextAttended, layer, width), Finish::kAdd, x, x);
  }

  void feed_forward(int layer) const {
    const Weights narrow = weights(kFeedForwardOut, layer, width);
    const int inner_width = narrow.inputs;
    float *inner = workspace(Use::kProjected, (size_t)rows * inner_width);
    const int norm = norms_per_layer() * (layer + 1) - 1;
    linear(normalised(norm, rows), rows, weights(kFeedForwardIn, layer, inner_width), Finish::kGelu,
           nullptr, inner);
    linear(inner, rows, narrow, Finish::kAdd, x, x);
  }

  void compute_logits() const {
    const int columns = (int)call.dim(call.count - 1, 1);
    linear(normalised(norms_per_layer() * layers(), rows), rows, weights(kHeads, 0, columns),
           Finish::kPlain, nullptr, call.output());
  }
};

}  // namespace
}  // namespace zhiyin

// Inputs: see above. Output: the logits, [rows, codebooks * vocab].
ZHIYIN_KERNEL(zhiyin_step) {
  const zhiyin::Step step(call);
  step.embed();
  for (int layer = 0; layer < step.layers(); layer++) {
    step.self_attention(layer);
    step.cross_attention(layer);
    step.feed_forward(layer);
  }
  step.compute_logits();
}

// Compute and store every layer's cross-attention keys and values of a text. Inputs: states
// [tokens, width], weights of key and value, cache, slot. The output is unused.
ZHIYIN_KERNEL(zhiyin_keep_text) {
  using namespace zhiyin;
  const int rows = (int)call.dim(0, 0), width = (int)call.dim(0, 1);
  const int slot = *call.at<int32_t>(3), layers = (int)call.dim(1, 0);
  float *pairs = workspace(Use::kProjected, (size_t)rows * 2 * width);
  for (int layer = 0; layer < layers; layer++) {
    const Cache cache = Cache::of(call, 2, layer);
    linear(call.at<const float>(0), rows, Weights::of(call, 1, layer, 2 * width), Finish::kPlain,
           nullptr, pairs);
    for (int r = 0; r < rows; r++)
      for (int h = 0; h < cache.heads; h++) {
        const float *key = pairs + (size_t)r * 2 * width + h * cache.dim;
        cache.append(slot, h, r, key, key + width);
      }
  }
  call.output()[0] = 0;
}
