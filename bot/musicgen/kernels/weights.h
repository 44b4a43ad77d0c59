// The weights of a layer, in panels of sixteen columns, in one of four kinds of number.
//
// A panel of floats is [inputs, 16]. An int8 panel is laid out for dot product instructions, which
// take four bytes at a time: groups of up to kGroup inputs, each the scales of its sixteen columns
// (fp32), then [inputs / 4, 16, 4] whole numbers from -127 to 127, stored plus 128.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "call.h"
#include "vector.h"

namespace zhiyin {

constexpr int kGroup = 128;  // inputs that share their scales
constexpr int kScaleBytes = kLanes * sizeof(float);

typedef uint8_t Byte;

enum class Number { kFloat, kHalf, kBrief, kByte };

inline Number number_named(const char *type) {
  if (strcmp(type, "float16") == 0) return Number::kHalf;
  if (strcmp(type, "uint16") == 0) return Number::kBrief;
  if (strcmp(type, "uint8") == 0 || strcmp(type, "int8") == 0) return Number::kByte;
  return Number::kFloat;
}

inline size_t bytes_of(Number number) {
  return number == Number::kFloat ? 4 : number == Number::kByte ? 1 : 2;
}

inline int groups_of(int inputs) { return (inputs + kGroup - 1) / kGroup; }

// The weights of one layer out of a tensor [layers, columns / 16, numbers of a panel / 16, 16].
struct Weights {
  const char *data;
  Number number;
  int inputs, columns;
  size_t panel_bytes;

  static Weights of(const Call &call, int index, int layer, int columns) {
    const Number number = number_named(call.types[index]);
    const int lines = (int)call.dim(index, 2);
    const size_t panel = (size_t)lines * kLanes * bytes_of(number);
    // In each group of bytes the scales take up as much as four inputs.
    const int spare = number == Number::kByte ? 4 * ((lines + kGroup + 3) / (kGroup + 4)) : 0;
    return Weights{call.at<const char>(index) + (size_t)layer * call.dim(index, 1) * panel, number,
                   lines - spare, columns, panel};
  }
  int panels() const { return (columns + kLanes - 1) / kLanes; }
  template <class Weight>
  const Weight *panel(int index) const {
    return reinterpret_cast<const Weight *>(data + index * panel_bytes);
  }
};

}  // namespace zhiyin
