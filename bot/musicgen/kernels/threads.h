// A thread pool for short, frequent pieces of work. The calling thread takes part.
#pragma once

namespace zhiyin {

// Call piece(index) for every index below count, each exactly once, on the whole team, and
// return when all are done. Indices are handed out one by one, so that a thread whose core is
// busy with something else takes fewer. A piece must not call parallel() itself.
void parallel(int count, void (*piece)(const void *context, int index), const void *context);

// Return how many threads there are to share work among.
int team_size();

template <class Piece>
void parallel(int count, const Piece &piece) {
  parallel(
      count,
      [](const void *context, int index) { (*static_cast<const Piece *>(context))(index); },
      &piece);
}

}  // namespace zhiyin

// Set how many threads the team has, the caller included. Call before the first kernel runs.
extern "C" void zhiyin_set_threads(int threads);
