// Dot products of bytes, four at a time: in integers where the CPU has the instruction for it, else
// in floats, which are equal as long as the sums stay below 2^24.
#pragma once

#include "vector.h"

namespace zhiyin {

inline int32_t word(const void *bytes) {
  int32_t four;
  memcpy(&four, bytes, sizeof(four));
  return four;
}

inline Ints words(const void *bytes) {
  Ints sixteen;
  memcpy(&sixteen, bytes, sizeof(sixteen));
  return sixteen;
}

// Sixteen accumulators. Each added word has four bytes, unsigned in the first factor and signed in
// the second; a single word is broadcast.
#if defined(__AVX512VNNI__)

struct Accumulators {
  __m512i value;

  static Accumulators of(int32_t start) { return Accumulators{_mm512_set1_epi32(start)}; }
  void add(Ints factor, int32_t other) { add((__m512i)factor, _mm512_set1_epi32(other)); }
  void add(int32_t factor, Ints other) { add(_mm512_set1_epi32(factor), (__m512i)other); }
  Floats floats() const { return (Floats)_mm512_cvtepi32_ps(value); }
  // Return 256 times these sums plus `low`.
  Floats with_low(const Accumulators &low) const {
    return Accumulators{_mm512_add_epi32(_mm512_slli_epi32(value, 8), low.value)}.floats();
  }

 private:
  // In assembly, since compilers copy each accumulator back and forth around the intrinsic.
  void add(__m512i factor, __m512i other) {
    asm("vpdpbusd %2, %1, %0" : "+v"(value) : "v"(factor), "v"(other));
  }
};

#else

struct Accumulators {
  Floats value;

  static Accumulators of(int32_t start) { return Accumulators{splat((float)start)}; }
  void add(Ints factor, int32_t other) {
    for (int j = 0; j < 4; j++)
      value += __builtin_convertvector(factor >> 8 * j & 255, Floats) *
               (float)(int8_t)(other >> 8 * j);
  }
  void add(int32_t factor, Ints other) {
    for (int j = 0; j < 4; j++)
      value += __builtin_convertvector(other << (24 - 8 * j) >> 24, Floats) *
               (float)(uint8_t)(factor >> 8 * j);
  }
  Floats floats() const { return value; }
  Floats with_low(const Accumulators &low) const { return value * 256.0f + low.value; }
};

#endif

}  // namespace zhiyin
