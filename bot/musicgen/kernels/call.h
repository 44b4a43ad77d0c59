// How MindSpore calls a kernel: arrays of pointers, shapes and type names, inputs first and the
// output last.
#pragma once

#include <stdint.h>
#include <string.h>

namespace zhiyin {

struct Call {
  int count;
  void **data;
  int64_t **shapes;
  const char **types;

  template <class T>
  T *at(int index) const {
    return static_cast<T *>(data[index]);
  }
  int64_t dim(int index, int axis) const { return shapes[index][axis]; }
  bool half(int index) const { return strcmp(types[index], "float16") == 0; }
  float *output() const { return at<float>(count - 1); }
};

}  // namespace zhiyin

// Define a kernel that MindSpore can call; its body sees `call` and returns nothing.
#define ZHIYIN_KERNEL(name)                                                                 \
  static void name##_body(const zhiyin::Call &call);                                        \
  extern "C" int name(int count, void **data, int *, int64_t **shapes, const char **types,  \
                      void *, void *) {                                                     \
    name##_body(zhiyin::Call{count, data, shapes, types});                                  \
    return 0;                                                                               \
  }                                                                                         \
  static void name##_body(const zhiyin::Call &call)
