#include "threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

namespace zhiyin {
namespace {

struct Team {
  // The state of a round in one word, read and changed atomically: the round's number, how many
  // pieces it has, and the next piece to hand out.
  uint64_t work = 0;
  int done = 0;        // pieces of this round that are finished
  uint32_t round = 0;  // the futex that threads sleep on
  int sleepers = 0;
  void (*piece)(const void *, int) = nullptr;
  const void *context = nullptr;
  bool busy = false;  // a lock that the caller holds while a round runs
  int threads = 1;
  int started = 1;
};

Team team;

constexpr int kCountBits = 20;
constexpr uint64_t kCountMask = (1u << kCountBits) - 1;

// How often a thread spins before it sleeps: some 50 microseconds, longer than the gap between two
// kernels of a step, shorter than the pause between two steps.
constexpr int kSpins = 1500;

inline void cpu_pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

void sleep_until_round_changes(uint32_t seen) {
#if defined(__linux__)
  __atomic_add_fetch(&team.sleepers, 1, __ATOMIC_SEQ_CST);
  syscall(SYS_futex, &team.round, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
  __atomic_sub_fetch(&team.sleepers, 1, __ATOMIC_SEQ_CST);
#else
  (void)seen;
  usleep(50);
#endif
}

void wake_sleepers() {
#if defined(__linux__)
  if (__atomic_load_n(&team.sleepers, __ATOMIC_SEQ_CST) > 0)
    syscall(SYS_futex, &team.round, FUTEX_WAKE_PRIVATE, 1 << 20, nullptr, nullptr, 0);
#endif
}

// Run pieces until none are left. A thread that comes late finds none: pieces of a round are only
// taken while that round runs.
void run_pieces() {
  for (;;) {
    const uint64_t work = __atomic_fetch_add(&team.work, 1, __ATOMIC_ACQ_REL);
    const uint64_t index = work & kCountMask, count = work >> kCountBits & kCountMask;
    if (index >= count) return;
    team.piece(team.context, (int)index);
    __atomic_add_fetch(&team.done, 1, __ATOMIC_RELEASE);
  }
}

void *worker_loop(void *) {
  for (;;) {
    const uint32_t seen = __atomic_load_n(&team.round, __ATOMIC_ACQUIRE);
    run_pieces();
    for (int spins = 0; __atomic_load_n(&team.round, __ATOMIC_ACQUIRE) == seen; spins++) {
      if (spins < kSpins) {
        cpu_pause();
      } else {
        sleep_until_round_changes(seen);
        spins = 0;
      }
    }
  }
  return nullptr;
}

void start_missing_members() {
  while (team.started < team.threads) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, worker_loop, nullptr) != 0) {
      team.threads = team.started;  // the host allows no more threads
      return;
    }
    pthread_detach(thread);
    team.started++;
  }
}

}  // namespace

void parallel(int count, void (*piece)(const void *, int), const void *context) {
  // One piece is done sooner than another thread takes it, and far sooner than one is woken.
  if (count == 1) return piece(context, 0);
  // Two graphs may run at once: the second one waits for the team.
  while (__atomic_test_and_set(&team.busy, __ATOMIC_ACQUIRE)) cpu_pause();
  if (team.started < team.threads) start_missing_members();
  team.piece = piece;
  team.context = context;
  __atomic_store_n(&team.done, 0, __ATOMIC_RELAXED);
  const uint64_t round = (__atomic_load_n(&team.work, __ATOMIC_RELAXED) >> 2 * kCountBits) + 1;
  __atomic_store_n(&team.work, (round << kCountBits | (uint64_t)count) << kCountBits,
                   __ATOMIC_RELEASE);
  __atomic_add_fetch(&team.round, 1, __ATOMIC_SEQ_CST);
  wake_sleepers();
  run_pieces();
  // A thread that has lost its core to another program delays the round only if it has a piece.
  for (int spins = 0; __atomic_load_n(&team.done, __ATOMIC_ACQUIRE) < count; spins++) {
    if (spins < kSpins)
      cpu_pause();
    else
      sched_yield();
  }
  __atomic_clear(&team.busy, __ATOMIC_RELEASE);
}

}  // namespace zhiyin

int zhiyin::team_size() { return team.threads; }

extern "C" void zhiyin_set_threads(int threads) {
  if (zhiyin::team.started == 1) zhiyin::team.threads = threads < 1 ? 1 : threads;
}
