#include "byte_rows.h"

#include "threads.h"
#include "vector.h"
#include "workspace.h"

namespace zhiyin {

ByteRows ByteRows::of(const float *x, int rows, int inputs, int together) {
  constexpr int kWorthCalling = 16 * 1024;  // floats
  const int groups = (inputs + together - 1) / together;
  const size_t of_groups = (size_t)rows * groups;
  float *memory = workspace(Use::kBytes, 2 * of_groups + ((size_t)rows * inputs + 3) / 4);
  const ByteRows made{rows,     inputs,
                      together, groups,
                      reinterpret_cast<int8_t *>(memory + 2 * of_groups),
                      memory,   reinterpret_cast<int32_t *>(memory + of_groups)};
  const auto take = [&](int row) { made.take(x + (size_t)row * inputs, row); };
  if ((size_t)rows * inputs >= kWorthCalling) {
    parallel(rows, take);
  } else {
    for (int row = 0; row < rows; row++) take(row);
  }
  return made;
}

// Quantize a row of floats.
void ByteRows::take(const float *x, int row) const {
  constexpr float kMost = 127;
  constexpr int kLine = 64;
  typedef int8_t Bytes __attribute__((vector_size(kLanes)));
  int8_t *to = bytes + (size_t)row * inputs;
  // The weights have evicted the memory since it was last used, and writing waits for it.
  for (int i = 0; i < inputs; i += kLine) __builtin_prefetch(to + i, 1);
  for (int first = 0, group = row * groups; first < inputs; first += together, group++) {
    const int width = inputs - first < together ? inputs - first : together;
    Floats values[kMostTogether / kLanes], most{};
    int parts = 0;
    for (int k = 0; k < width; k += kLanes, parts++) {
      const float *at = x + first + k;
      values[parts] = width - k < kLanes ? part(at, width - k) : load(at);
      most = larger(most, larger(values[parts], -values[parts]));
    }
    const float highest = largest(most);
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
    totals[group] = (int32_t)sum(total);
  }
}

}  // namespace zhiyin
