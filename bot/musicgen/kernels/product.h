// What all kinds of linear layers share: how rows are tiled, how panels are distributed over
// threads, and how sums are finished.
#pragma once

#include "linear.h"
#include "threads.h"
#include "vector.h"
#include "weights.h"

namespace zhiyin {

// Rows in tiles that are multiplied together: `wide` rows each, a power of two up to `most`.
struct Tiles {
  int rows, wide;

  static Tiles of(int rows, int most) {
    int wide = 1;
    while (wide < rows && wide < most) wide *= 2;
    return Tiles{rows, wide};
  }
  int count() const { return (rows + wide - 1) / wide; }
  int filled(int tile) const { return rows - tile * wide < wide ? rows - tile * wide : wide; }
};

struct Product {
  const Weights &weights;
  Finish finish;
  const float *residual;
  float *y;
  Tiles tiles;

  // Finish and write the sums of sixteen columns for the rows of a tile.
  void write(const Floats *sums, int tile, int column) const {
    const int rows = tiles.filled(tile);
    const int width = weights.columns - column < kLanes ? weights.columns - column : kLanes;
    for (int r = 0; r < rows; r++) {
      const size_t at = (size_t)(tile * tiles.wide + r) * weights.columns + column;
      const Floats value = finish == Finish::kGelu ? gelu(sums[r]) : sums[r];
      if (width == kLanes) {
        store(y + at, finish == Finish::kAdd ? value + load(residual + at) : value);
      } else {
        for (int i = 0; i < width; i++)
          y[at + i] = finish == Finish::kAdd ? value[i] + residual[at + i] : value[i];
      }
    }
  }

  // Prefetch where `write` will, which the weights have evicted since it was last used: otherwise
  // it waits.
  void call_for_output(int tile, int column) const {
    const int rows = tiles.filled(tile);
    for (int r = 0; r < rows; r++)
      __builtin_prefetch(y + (size_t)(tile * tiles.wide + r) * weights.columns + column, 1);
  }

  // Call multiply(from, to) for all panels, in pieces of a multiple of `together`, on all threads.
  template <class Multiply>
  void share(int together, const Multiply &multiply) const {
    // Of weights: so many that handing out costs nothing, or fewer where some threads would get
    // none.
    constexpr int kBytesPerPiece = 512 * 1024, kPiecesPerThread = 4;
    const int all = weights.panels(), pieces = team_size() * kPiecesPerThread;
    int per_piece = kBytesPerPiece / (int)weights.panel_bytes;
    if (per_piece > all / pieces) per_piece = all / pieces;
    per_piece = (per_piece + together - 1) / together * together;
    if (per_piece < together) per_piece = together;
    parallel((all + per_piece - 1) / per_piece, [&](int piece) {
      const int from = piece * per_piece;
      multiply(from, from + per_piece < all ? from + per_piece : all);
    });
  }
};

// Prefetch weights so many bytes ahead. The hardware prefetcher alone is too late when a weight is
// used for many rows: with sixteen rows that costs a third of the time.
template <int Bytes = 4096>
inline void call_for(const void *weights) {
  __builtin_prefetch(static_cast<const char *>(weights) + Bytes, 0, 2);
}

// Multiply in floats, or with int8 or int4 weights in whole numbers.
void multiply_floats(const float *x, const Product &product);
void multiply_bytes(const float *x, const Product &product);

// The most rows that a tile of either has.
extern const int kFloatTileRows, kByteTileRows;

}  // namespace zhiyin
