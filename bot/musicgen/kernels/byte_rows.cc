#include "byte_rows.h"

#include "threads.h"
#include "vector.h"
#include "workspace.h"

namespace zhiyin {

ByteRows ByteRows::of(const float *x, int rows, int inputs, int group_size) {
  constexpr int kMinParallelWork = 16 * 1024;  // floats
  const int groups = (inputs + group_size - 1) / group_size;
  const size_t of_groups = (size_t)rows * groups;
  float *memory = workspace(Use::kQuantized, 2 * of_groups + ((size_t)rows * inputs + 3) / 4);
  const ByteRows made{rows,
                      inputs,
                      group_size,
                      groups,
                      reinterpret_cast<int8_t *>(memory + 2 * of_groups),
                      memory,
                      reinterpret_cast<int32_t *>(memory + of_groups)};
  const auto quantize_row = [&](int row) { made.quantize_row(x + (size_t)row * inputs, row); };
  if ((size_t)rows * inputs >= kMinParallelWork) {
    parallel(rows, quantize_row);
  } else {
    for (int row = 0; row < rows; row++) quantize_row(row);
  }
  return made;
}

// Quantize a row of floats.
void ByteRows::quantize_row(const float *x, int row) const {
  constexpr float kMost = 127;
  constexpr int kLine = 64;
  typedef int8_t Bytes __attribute__((vector_size(kLanes)));
  int8_t *to = bytes + (size_t)row * inputs;
  // Prefetch the output: the weights have evicted it from the cache since its last use.
  for (int i = 0; i < inputs; i += kLine) __builtin_prefetch(to + i, 1);
  for (int first = 0, group = row * groups; first < inputs; first += group_size, group++) {
    const int width = inputs - first < group_size ? inputs - first : group_size;
    Floats values[kMaxGroupSize / kLanes], most{};
    int parts = 0;
    for (int k = 0; k < width; k += kLanes, parts++) {
      const float *at = x + first + k;
      values[parts] = width - k < kLanes ? load_part(at, width - k) : load(at);
      most = max_of(most, max_of(values[parts], -values[parts]));
    }
    const float highest = horizontal_max(most);
    const float steps = highest > 0 ? kMost / highest : 0;
    Floats total{};
    for (int i = 0; i < parts; i++) {
      const Floats whole = round(values[i] * steps);
      total += whole;
      const Bytes narrow = __builtin_convertvector(__builtin_convertvector(whole, Ints), Bytes);
      const int count = width - i * kLanes;
      if (count < kLanes)
        memcpy(to + first + i * kLanes, &narrow, count);
      else
        memcpy(to + first + i * kLanes, &narrow, kLanes);
    }
    scales[group] = highest / kMost;
    totals[group] = (int32_t)horizontal_sum(total);
  }
}

}  // namespace zhiyin
