// The softmax over positions.
#pragma once

#include "vector.h"

namespace zhiyin {

constexpr int kMaxPositions = 8192;

// Replace scores by softmax weights before normalization; return their sum. Padding of the last
// vector gets weight 0.
inline float unnormalised_softmax(float *scores, int length, float highest) {
  Floats total{};
  for (int t = 0; t < length; t += kLanes) {
    Floats weight = exp_of(load(scores + t) - highest);
    for (int i = length - t; i < kLanes; i++) weight[i] = 0;
    store(scores + t, weight);
    total += weight;
  }
  return horizontal_sum(total);
}

}  // namespace zhiyin
