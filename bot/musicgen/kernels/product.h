// Common to all linear layers: the tiling of rows, the distribution of panels over threads, and
// the epilogue.
#pragma once

#include "linear.h"
#include "threads.h"
#include "vector.h"
#include "weights.h"

namespace zhiyin {

// Rows in tiles that are multiplied together: `tile_rows` rows each, a power of two up to `most`.
struct Tiles {
  int rows, tile_rows;

  static Tiles of(int rows, int most) {
    int tile_rows = 1;
    while (tile_rows < rows && tile_rows < most) tile_rows *= 2;
    return Tiles{rows, tile_rows};
  }
  int count() const { return (rows + tile_rows - 1) / tile_rows; }
  int filled(int tile) const {
    return rows - tile * tile_rows < tile_rows ? rows - tile * tile_rows : tile_rows;
  }
};

struct Product {
  const Weights &weights;
  Finish finish;
  const float *residual;
  float *y;
  Tiles tiles;

  // Apply the epilogue to the sums of sixteen columns for the rows of a tile, and write them.
  void write(const Floats *sums, int tile, int column) const {
    const int rows = tiles.filled(tile);
    const int width = weights.columns - column < kLanes ? weights.columns - column : kLanes;
    for (int r = 0; r < rows; r++) {
      const size_t at = (size_t)(tile * tiles.tile_rows + r) * weights.columns + column;
      const Floats value = finish == Finish::kGelu ? gelu(sums[r]) : sums[r];
      if (width == kLanes) {
        store(y + at, finish == Finish::kAdd ? value + load(residual + at) : value);
      } else {
        for (int i = 0; i < width; i++)
          y[at + i] = finish == Finish::kAdd ? value[i] + residual[at + i] : value[i];
      }
    }
  }

  // Prefetch the output of `write`: the weights have evicted it from the cache since its last use.
  void prefetch_output(int tile, int column) const {
    const int rows = tiles.filled(tile);
    for (int r = 0; r < rows; r++)
      __builtin_prefetch(y + (size_t)(tile * tiles.tile_rows + r) * weights.columns + column, 1);
  }

  // Call multiply(from, to) for all panels, on all threads, in ranges of
  // a multiple of `multiple`.
  template <class Multiply>
  void for_panel_ranges(int multiple, const Multiply &multiply) const {
    // A range is large enough to make the overhead negligible, but small enough to give every
    // thread some.
    constexpr int kBytesPerPiece = 512 * 1024, kPiecesPerThread = 4;
    const int all = weights.panels(), pieces = team_size() * kPiecesPerThread;
    int per_piece = kBytesPerPiece / (int)weights.panel_bytes;
    if (per_piece > all / pieces) per_piece = all / pieces;
    per_piece = (per_piece + multiple - 1) / multiple * multiple;
    if (per_piece < multiple) per_piece = multiple;
    parallel((all + per_piece - 1) / per_piece, [&](int piece) {
      const int from = piece * per_piece;
      multiply(from, from + per_piece < all ? from + per_piece : all);
    });
  }
};

// Prefetch weights `Bytes` ahead. The hardware prefetcher alone is too late when a weight is used
// for many rows: with sixteen rows that costs a third of the time.
template <int Bytes = 4096>
inline void prefetch(const void *weights) {
  __builtin_prefetch(static_cast<const char *>(weights) + Bytes, 0, 2);
}

// Multiply in floats, or with int8 or int4 weights in integers.
void multiply_floats(const float *x, const Product &product);
void multiply_bytes(const float *x, const Product &product);

// The maximum number of rows in a tile of either.
extern const int kFloatTileRows, kByteTileRows;

}  // namespace zhiyin
