#include "workspace.h"

#include <stdlib.h>

namespace zhiyin {

float *workspace(Use use, size_t floats) {
  static float *memory[(int)Use::kUses];
  static size_t size[(int)Use::kUses];
  const int index = (int)use;
  if (floats > size[index]) {
    free(memory[index]);
    size[index] = floats;
    void *got = nullptr;
    if (posix_memalign(&got, 64, floats * sizeof(float)) != 0) abort();
    memory[index] = static_cast<float *>(got);
  }
  return memory[index];
}

}  // namespace zhiyin
