// Linear layers with int8 weights, by the instruction for the dot product of four bytes.
//
// Activations are quantized to sixteen bits, precise enough beside the weights' eight, and each is
// split into two digits: 256 * high + low, both from -128 to 127. So a product takes the
// instruction twice. All sums are of integers, hence exact.

#include "product.h"
#include "threads.h"
#include "vector.h"
#include "workspace.h"

namespace zhiyin {

const int kByteTileRows = 4;

#if defined(__AVX512VNNI__)

namespace {

constexpr float kLargest = 127 * 256;

// Rows as digits, in tiles: [tiles, inputs / 4, rows, 2] words of four digits, the high ones first.
// The weights are stored plus 128: what that adds to a group's sum is in `excess`,
// [tiles, groups, rows].
struct Digits {
  int32_t *words, *excess;
  float *scales;
  int inputs;
  Tiles tiles;

  static Digits of(int inputs, const Tiles &tiles) {
    const size_t rows = (size_t)tiles.count() * tiles.wide;
    const size_t words = rows * inputs / 2, groups = rows * groups_of(inputs);
    float *memory = workspace(Use::kInterleaved, words + groups + rows);
    int32_t *numbers = reinterpret_cast<int32_t *>(memory);
    return Digits{numbers, numbers + words, memory + words + groups, inputs, tiles};
  }

  // Quantize a row of floats.
  void take(const float *x, int row) const {
    const int tile = row / tiles.wide, place = row % tiles.wide;
    __m512 most = _mm512_setzero_ps();
    for (int k = 0; k < inputs; k += kLanes)
      most = _mm512_max_ps(most, _mm512_abs_ps(_mm512_maskz_loadu_ps(mask(k), x + k)));
    const float largest = _mm512_reduce_max_ps(most);
    const __m512 factor = _mm512_set1_ps(largest > 0 ? kLargest / largest : 0);
    scales[row] = largest / kLargest;
    int32_t *at = words + ((size_t)tile * inputs / 4 * tiles.wide + place) * 2;
    for (int first = 0; first < inputs; first += kGroup) {
      const int end = inputs - first < kGroup ? inputs : first + kGroup;
      __m512i total = _mm512_setzero_si512();
      for (int k = first; k < end; k += kLanes) {
        const __m512 scaled = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask(k), x + k), factor);
        const __m512i whole = _mm512_cvtps_epi32(scaled);
        const __m512i high = _mm512_srai_epi32(_mm512_add_epi32(whole, _mm512_set1_epi32(128)), 8);
        const __m512i low = _mm512_sub_epi32(whole, _mm512_slli_epi32(high, 8));
        total = _mm512_add_epi32(total, whole);
        int32_t of_high[4], of_low[4];
        _mm_storeu_si128(reinterpret_cast<__m128i *>(of_high), _mm512_cvtepi32_epi8(high));
        _mm_storeu_si128(reinterpret_cast<__m128i *>(of_low), _mm512_cvtepi32_epi8(low));
        for (int i = 0; i < 4 && k + 4 * i < end; i++, at += 2 * tiles.wide)
          at[0] = of_high[i], at[1] = of_low[i];
      }
      const size_t group = (size_t)tile * groups_of(inputs) + first / kGroup;
      excess[group * tiles.wide + place] = 128 * _mm512_reduce_add_epi32(total);
    }
  }

 private:
  __mmask16 mask(int from) const {
    return inputs - from < kLanes ? (1u << (inputs - from)) - 1 : 0xffff;
  }
};

// To each of sixteen sums add four products, of a weight's bytes and a row's. Written out, since
// what compilers make of the intrinsic copies each sum there and back.
inline void add_products(__m512i &sums, __m512i weights, __m512i digits) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(weights), "v"(digits));
}

struct OfDigits {
  const Digits &digits;
  const Weights &weights;

  // Every tile of the block takes a group's weights, which by then are near, before the next group.
  template <int Rows, int Panels>
  void run(int panel, int first_tile, int count, Floats *__restrict sums) const {
    const int inputs = weights.inputs;
    const Byte *at[Panels];
    for (int p = 0; p < Panels; p++) at[p] = weights.panel<Byte>(panel + p);
    for (int i = 0; i < count * Panels * Rows; i++) sums[i] = Floats{};
    for (int first = 0; first < inputs; first += kGroup) {
      const int width = inputs - first < kGroup ? inputs - first : kGroup;
      for (int t = 0; t < count; t++)
        add_group<Rows, Panels>(at, first_tile + t, first, width, t == 0,
                                sums + t * Panels * Rows);
      for (int p = 0; p < Panels; p++) at[p] += kScaleBytes + width * kLanes;
    }
    for (int t = 0; t < count; t++)
      for (int p = 0; p < Panels; p++)
        for (int r = 0; r < Rows; r++)
          sums[(t * Panels + p) * Rows + r] *= digits.scales[(first_tile + t) * Rows + r];
  }

  template <int Rows, int Panels>
  void add_group(const Byte *const *groups, int tile, int first, int width, bool is_far,
                 Floats *__restrict sums) const {
    const int inputs = weights.inputs;
    const int32_t *__restrict word =
        digits.words + ((size_t)tile * inputs + first) / 4 * Rows * 2;
    const int32_t *excess =
        digits.excess + ((size_t)tile * groups_of(inputs) + first / kGroup) * Rows;
    __m512i high[Panels][Rows], low[Panels][Rows];
    for (int p = 0; p < Panels; p++)
      for (int r = 0; r < Rows; r++) {
        high[p][r] = _mm512_setzero_si512();
        low[p][r] = _mm512_set1_epi32(-excess[r]);
      }
    for (int k = 0; k < width; k += 4, word += 2 * Rows)
      for (int p = 0; p < Panels; p++) {
        const Byte *four = groups[p] + kScaleBytes + k * kLanes;
        if (is_far) call_for(four);
        const __m512i weight = _mm512_loadu_si512(four);
        for (int r = 0; r < Rows; r++) {
          add_products(high[p][r], weight, _mm512_set1_epi32(word[2 * r]));
          add_products(low[p][r], weight, _mm512_set1_epi32(word[2 * r + 1]));
        }
      }
    for (int p = 0; p < Panels; p++) {
      const Floats scale = load(reinterpret_cast<const float *>(groups[p]));
      for (int r = 0; r < Rows; r++) {
        const __m512i whole = _mm512_add_epi32(_mm512_slli_epi32(high[p][r], 8), low[p][r]);
        sums[p * Rows + r] += (Floats)_mm512_cvtepi32_ps(whole) * scale;
      }
    }
  }
};

}  // namespace

void multiply_bytes(const float *x, const Product &product) {
  constexpr int kWorthCalling = 16 * 1024;  // floats
  const int inputs = product.weights.inputs, rows = product.tiles.rows;
  const Digits digits = Digits::of(inputs, product.tiles);
  const int padded = product.tiles.count() * product.tiles.wide;
  // The last tile's missing rows repeat the last row; their results are dropped.
  const auto take = [&](int row) {
    digits.take(x + (size_t)(row < rows ? row : rows - 1) * inputs, row);
  };
  if (padded * inputs >= kWorthCalling) {
    parallel(padded, take);
  } else {
    for (int row = 0; row < padded; row++) take(row);
  }
  const OfDigits multiply{digits, product.weights};
  product.share([&](int from, int to) {
    switch (product.tiles.wide) {
      case 1: return product.over<1, 4, 1>(from, to, multiply);
      case 2: return product.over<2, 4, 1>(from, to, multiply);
      default: return product.over<4, 2, 4>(from, to, multiply);
    }
  });
}

#else

void multiply_bytes(const float *x, const Product &product) {
  Product as_floats = product;
  as_floats.tiles = Tiles::of(product.tiles.rows, kFloatTileRows);
  multiply_floats(x, as_floats);
}

#endif

}  // namespace zhiyin

// Tell whether int8 is multiplied in integers here, and not in floats.
extern "C" int zhiyin_multiplies_bytes() {
#if defined(__AVX512VNNI__)
  return 1;
#else
  return 0;
#endif
}
