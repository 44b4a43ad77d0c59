// The weights of a layer, in panels of columns, in one of five data types.
//
// A panel of floats is [inputs, 16]. Quantized weights are laid out for dot product instructions,
// which take four bytes at a time, and for sequential reads, in panels of 64 columns: groups of
// inputs, each with the scales of its columns and then its integers.
// - int8: groups of up to kInt8Group inputs; scales in fp32, then [inputs / 4, 64, 4] integers from
//   -127 to 127, stored plus 128.
// - int4: groups of kInt4Group inputs; scales in half precision, then [inputs / 8, 64, 4] pairs
//   of integers from -8 to 7, stored plus 8: the lower nibbles are the first four inputs', the
//   upper ones the next four's.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "call.h"
#include "vector.h"

namespace zhiyin {

constexpr int kInt8Group = 128;  // inputs that share their scales in int8
constexpr int kInt4Group = 32;   // the same in int4
constexpr int kInt8Offset = 128, kInt4Offset = 8;

constexpr int kPanelVectors = 4;  // vectors of sixteen columns in a quantized panel
constexpr int kPanelColumns = kPanelVectors * kLanes;

typedef uint8_t Byte;

enum class DataType { kFloat32, kFloat16, kBFloat16, kInt8, kInt4 };

inline DataType data_type_named(const char *type) {
  if (strcmp(type, "float16") == 0) return DataType::kFloat16;
  if (strcmp(type, "uint16") == 0) return DataType::kBFloat16;
  if (strcmp(type, "uint8") == 0 || strcmp(type, "int8") == 0) return DataType::kInt8;
  if (strcmp(type, "uint32") == 0) return DataType::kInt4;  // eight per word
  return DataType::kFloat32;
}

inline size_t bytes_of(DataType type) {
  switch (type) {
    case DataType::kFloat32:
    case DataType::kInt4: return 4;
    case DataType::kInt8: return 1;
    default: return 2;
  }
}

// The weights of one layer out of a tensor [layers, panels, lines, elements of a line].
struct Weights {
  const Byte *data;
  DataType type;
  int inputs, columns;
  size_t panel_bytes;

  static Weights of(const Call &call, int index, int layer, int columns) {
    const DataType type = data_type_named(call.types[index]);
    const int lines = (int)call.dim(index, 2);
    const size_t panel = (size_t)lines * call.dim(index, 3) * bytes_of(type);
    return Weights{call.at<const Byte>(index) + (size_t)layer * call.dim(index, 1) * panel, type,
                   inputs_of(type, lines), columns, panel};
  }
  bool is_quantized() const { return type == DataType::kInt8 || type == DataType::kInt4; }
  int panel_columns() const { return is_quantized() ? kPanelColumns : kLanes; }
  int panels() const { return (columns + panel_columns() - 1) / panel_columns(); }
  template <class Weight>
  const Weight *panel(int index) const {
    return reinterpret_cast<const Weight *>(data + index * panel_bytes);
  }

 private:
  static int inputs_of(DataType type, int lines) {
    // In each int8 group the scales take as much room as four inputs.
    if (type == DataType::kInt8) return lines - 4 * ((lines + kInt8Group + 3) / (kInt8Group + 4));
    // A line has 32 words: a group has one of scales, and two for each eight inputs.
    if (type == DataType::kInt4) return lines / (1 + kInt4Group / 4) * kInt4Group;
    return lines;
  }
};

}  // namespace zhiyin
