// Vectors of sixteen floats on any CPU, as the compiler's vector type: one AVX-512 register, two
// AVX2 ones or four NEON ones. Only loads of half precision, which no portable type offers, are
// written per instruction set.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace zhiyin {

constexpr int kLanes = 16;

typedef float Floats __attribute__((vector_size(64)));
typedef int32_t Ints __attribute__((vector_size(64)));
typedef float LooseFloats __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint16_t Half;  // IEEE half precision, as stored

// bfloat16: the upper half of a float, as stored. An enum, so that `load` is overloaded on it.
enum BFloat16 : uint16_t {};

inline Floats load(const float *from) { return *reinterpret_cast<const LooseFloats *>(from); }

inline void store(float *to, Floats value) { *reinterpret_cast<LooseFloats *>(to) = value; }

// Load fewer than sixteen floats, at the end of a row; the other lanes are 0.
inline Floats load_part(const float *from, int width) {
  Floats value{};
  for (int i = 0; i < width; i++) value[i] = from[i];
  return value;
}

inline void store_part(float *to, Floats value, int width) {
  for (int i = 0; i < width; i++) to[i] = value[i];
}

inline Floats splat(float value) { return Floats{} + value; }

#if defined(__AVX512F__)
inline Floats load(const Half *from) {
  return (Floats)_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(from)));
}
#elif defined(__F16C__)
inline Floats load(const Half *from) {
  union {
    Floats all;
    __m256 part[2];
  } value;
  for (int i = 0; i < 2; i++)
    value.part[i] = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from) + i));
  return value.all;
}
#elif defined(__aarch64__)
inline Floats load(const Half *from) {
  union {
    Floats all;
    float32x4_t part[4];
  } value;
  for (int i = 0; i < 4; i++)
    value.part[i] = vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from + 4 * i)));
  return value.all;
}
#else
inline Floats load(const Half *from) {
  Floats value;
  for (int i = 0; i < kLanes; i++) {
    // Shift exponent and mantissa into a float's place; the multiplication corrects the exponent's
    // bias and turns subnormal halves into normal floats.
    uint32_t bits = (uint32_t)(from[i] & 0x7fff) << 13;
    if ((from[i] & 0x7c00) == 0x7c00) bits |= 0x7f800000;
    float magnitude;
    memcpy(&magnitude, &bits, 4);
    if ((from[i] & 0x7c00) != 0x7c00) magnitude *= 0x1p112f;
    value[i] = from[i] & 0x8000 ? -magnitude : magnitude;
  }
  return value;
}
#endif

// Portable code can widen bfloat16 and int8, but compilers emit many instructions where one
// suffices.
#if defined(__AVX512F__)
inline Floats load(const BFloat16 *from) {
  const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(from));
  return (Floats)_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16);
}

inline Floats load(const int8_t *from) {
  const __m128i quarter = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from));
  return (Floats)_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(quarter));
}
#else
inline Floats load(const BFloat16 *from) {
  typedef uint16_t Sixteen __attribute__((vector_size(32), aligned(2), may_alias));
  typedef uint32_t Wide __attribute__((vector_size(64)));
  const Wide wide = __builtin_convertvector(*reinterpret_cast<const Sixteen *>(from), Wide) << 16;
  return (Floats)wide;
}

inline Floats load(const int8_t *from) {
  typedef int8_t Sixteen __attribute__((vector_size(16), aligned(1), may_alias));
  const Ints wide = __builtin_convertvector(*reinterpret_cast<const Sixteen *>(from), Ints);
  return __builtin_convertvector(wide, Floats);
}
#endif

// Round to bfloat16, to nearest, ties to even.
inline BFloat16 to_bfloat16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return (BFloat16)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

inline float horizontal_sum(Floats value) {
#if defined(__AVX512F__)
  return _mm512_reduce_add_ps((__m512)value);
#else
  float halves[kLanes];
  store(halves, value);
  for (int width = kLanes / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) halves[i] += halves[i + width];
  return halves[0];
#endif
}

// Round to integers, ties to even: adding 1.5 * 2^23 does so on any CPU.
inline Floats round(Floats x) { return (x + 12582912.0f) - 12582912.0f; }

inline Ints round_to_ints(Floats x) { return __builtin_convertvector(round(x), Ints); }

inline Floats max_of(Floats a, Floats b) { return a > b ? a : b; }

inline float horizontal_max(Floats value) {
#if defined(__AVX512F__)
  return _mm512_reduce_max_ps((__m512)value);
#else
  float halves[kLanes];
  store(halves, value);
  for (int width = kLanes / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++)
      halves[i] = halves[i + width] > halves[i] ? halves[i + width] : halves[i];
  return halves[0];
#endif
}

// e^x for x <= 0, to about two units in the last place: 2^n times a polynomial in the remainder.
inline Floats exp_of(Floats x) {
  x = max_of(x, splat(-87.0f));
  // Adding and subtracting 1.5 * 2^23 rounds to the nearest integer on any CPU.
  const Floats n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
  const Floats r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Floats y = splat(1.0f / 5040);
  y = y * r + 1.0f / 720;
  y = y * r + 1.0f / 120;
  y = y * r + 1.0f / 24;
  y = y * r + 1.0f / 6;
  y = y * r + 0.5f;
  y = y * r + 1.0f;
  y = y * r + 1.0f;
  const Ints power = (__builtin_convertvector(n, Ints) + 127) << 23;
  return y * (Floats)power;
}

// The error function as a quotient of polynomials in x^2, to about 4e-7 (the fit Eigen uses).
inline Floats erf_of(Floats x) {
  const Floats limit = splat(3.832506856900711f);
  x = x > limit ? limit : (x < -limit ? -limit : x);
  const Floats s = x * x;
  Floats p = splat(-2.72614225801306e-10f);
  p = p * s + 2.77068142495902e-08f;
  p = p * s - 2.10102402082508e-06f;
  p = p * s - 5.69250639462346e-05f;
  p = p * s - 7.34990630326855e-04f;
  p = p * s - 2.95459980854025e-03f;
  p = p * s - 1.60960333262415e-02f;
  Floats q = splat(-1.45660718464996e-05f);
  q = q * s - 2.13374055278905e-04f;
  q = q * s - 1.68282697438203e-03f;
  q = q * s - 7.37332916720468e-03f;
  q = q * s - 1.42647390514189e-02f;
  return x * p / q;
}

inline Floats gelu(Floats x) { return 0.5f * x * (1.0f + erf_of(x * 0.70710678f)); }

}  // namespace zhiyin
