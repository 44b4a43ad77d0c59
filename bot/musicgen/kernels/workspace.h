// Memory that kernels compute in: it lives as long as the process and grows to the largest need.
#pragma once

#include <stddef.h>

namespace zhiyin {

enum class Use { kInterleaved, kBytes, kStates, kNormal, kWide, kAttended, kBent, kSound, kUses };

// Return room for `floats` numbers, aligned to a cache line. It stays the caller's until the next
// call with the same use.
float *workspace(Use use, size_t floats);

}  // namespace zhiyin
