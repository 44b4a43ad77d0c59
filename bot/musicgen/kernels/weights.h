// The weights of a layer, in panels of columns, in one of five kinds of number.
//
// A panel of floats is [inputs, 16]. Bytes and nibbles are laid out for dot product instructions,
// which take four bytes at a time, and for reading memory from end to end, in panels of 64 columns:
// groups of inputs, each the scales of its columns and then its whole numbers.
// - int8: groups of up to kGroup inputs; scales in fp32, then [inputs / 4, 64, 4] numbers from -127
//   to 127, stored plus 128.
// - int4: groups of kNibbleGroup inputs; scales in half precision, then [inputs / 8, 64, 4] pairs
//   of numbers from -8 to 7, stored plus 8: the lower bits are the first four inputs', the upper
//   bits the next four's.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "call.h"
#include "vector.h"

namespace zhiyin {

constexpr int kGroup = 128;       // inputs that share their scales in int8
constexpr int kNibbleGroup = 32;  // the same in int4
constexpr int kByteOffset = 128, kNibbleOffset = 8;

constexpr int kWide = 4;  // how many times sixteen columns a panel of bytes has
constexpr int kWideColumns = kWide * kLanes;

typedef uint8_t Byte;

enum class Number { kFloat, kHalf, kBrief, kByte, kNibbles };

inline Number number_named(const char *type) {
  if (strcmp(type, "float16") == 0) return Number::kHalf;
  if (strcmp(type, "uint16") == 0) return Number::kBrief;
  if (strcmp(type, "uint8") == 0 || strcmp(type, "int8") == 0) return Number::kByte;
  if (strcmp(type, "uint32") == 0) return Number::kNibbles;  // eight in each
  return Number::kFloat;
}

inline size_t bytes_of(Number number) {
  switch (number) {
    case Number::kFloat:
    case Number::kNibbles: return 4;
    case Number::kByte: return 1;
    default: return 2;
  }
}

// The weights of one layer out of a tensor [layers, panels, lines, numbers of a line].
struct Weights {
  const Byte *data;
  Number number;
  int inputs, columns;
  size_t panel_bytes;

  static Weights of(const Call &call, int index, int layer, int columns) {
    const Number number = number_named(call.types[index]);
    const int lines = (int)call.dim(index, 2);
    const size_t panel = (size_t)lines * call.dim(index, 3) * bytes_of(number);
    return Weights{call.at<const Byte>(index) + (size_t)layer * call.dim(index, 1) * panel, number,
                   inputs_of(number, lines), columns, panel};
  }
  bool wide() const { return number == Number::kByte || number == Number::kNibbles; }
  int panel_columns() const { return wide() ? kWideColumns : kLanes; }
  int panels() const { return (columns + panel_columns() - 1) / panel_columns(); }
  template <class Weight>
  const Weight *panel(int index) const {
    return reinterpret_cast<const Weight *>(data + index * panel_bytes);
  }

 private:
  static int inputs_of(Number number, int lines) {
    // In each group of bytes the scales take up as much as four inputs.
    if (number == Number::kByte) return lines - 4 * ((lines + kGroup + 3) / (kGroup + 4));
    // A line has 32 words: a group has one of scales, and two for each eight inputs.
    if (number == Number::kNibbles) return lines / (1 + kNibbleGroup / 4) * kNibbleGroup;
    return lines;
  }
};

}  // namespace zhiyin
