// Scratch memory of the kernels; it lives as long as the process and grows to the largest size.
#pragma once

#include <stddef.h>

namespace zhiyin {

enum class Use {
  kInterleaved,
  kQuantized,
  kStates,
  kNormalised,
  kProjected,
  kAttended,
  kActivated,
  kSound,
  kUses
};

// Return a buffer of `floats` floats, aligned to a cache line, valid until the next call with the
// same use.
float *workspace(Use use, size_t floats);

}  // namespace zhiyin
