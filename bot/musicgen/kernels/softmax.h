// The softmax over positions.
#pragma once

#include "vector.h"

namespace zhiyin {

constexpr int kMaxPositions = 8192;

// Turn scores into softmax weights before normalization; return their sum. The weights of what
// fills the last vector are 0.
inline float soften(float *scores, int length, float highest) {
  Floats total{};
  for (int t = 0; t < length; t += kLanes) {
    Floats weight = exp_of(load(scores + t) - highest);
    for (int i = length - t; i < kLanes; i++) weight[i] = 0;
    store(scores + t, weight);
    total += weight;
  }
  return sum(total);
}

}  // namespace zhiyin
