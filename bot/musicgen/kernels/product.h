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

  // Finish and write a panel's sums for the rows of a tile.
  void write(const Floats *sums, int tile, int panel) const {
    const int column = panel * kLanes, rows = tiles.filled(tile);
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

  // Call multiply(from, to) for all panels, in pieces, on all threads.
  template <class Multiply>
  void share(const Multiply &multiply) const {
    // Of weights: so many that handing out costs nothing, or fewer where some threads would get
    // none.
    constexpr int kBytesPerPiece = 512 * 1024, kPiecesPerThread = 4;
    const int all = weights.panels(), pieces = team_size() * kPiecesPerThread;
    int per_piece = kBytesPerPiece / (int)weights.panel_bytes;
    if (per_piece > all / pieces) per_piece = all / pieces;
    per_piece = (per_piece + 3) / 4 * 4;
    if (per_piece < 4) per_piece = 4;
    parallel((all + per_piece - 1) / per_piece, [&](int piece) {
      const int from = piece * per_piece;
      multiply(from, from + per_piece < all ? from + per_piece : all);
    });
  }

  // Let `multiply` make the sums of `Panels` panels at a time, and of what is left one at a time,
  // over up to `Block` tiles, whose weights are read from memory once.
  template <int Rows, int Panels, int Block, class Multiply>
  void over(int from, int to, const Multiply &multiply) const {
    Floats sums[Block * Panels * Rows];
    int panel = from;
    for (; panel + Panels <= to; panel += Panels)
      for (int first = 0; first < tiles.count(); first += Block) {
        const int count = tiles.count() - first < Block ? tiles.count() - first : Block;
        multiply.template run<Rows, Panels>(panel, first, count, sums);
        for (int t = 0; t < count; t++)
          for (int p = 0; p < Panels; p++)
            write(sums + (t * Panels + p) * Rows, first + t, panel + p);
      }
    if constexpr (Panels > 1)
      if (panel < to) over<Rows, 1, Block>(panel, to, multiply);
  }
};

// How far ahead weights are prefetched. The hardware prefetcher alone is too late when a weight is
// used for many rows: with sixteen rows that costs a third of the time.
constexpr int kPrefetchBytes = 4096;

inline void call_for(const void *weights) {
  __builtin_prefetch(static_cast<const char *>(weights) + kPrefetchBytes, 0, 2);
}

// Multiply in floats with weights of any kind, or in integers with int8 weights.
void multiply_floats(const float *x, const Product &product);
void multiply_bytes(const float *x, const Product &product);

// The most rows that a tile of either has.
extern const int kFloatTileRows, kByteTileRows;

}  // namespace zhiyin
