#include "threads.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

namespace zhiyin {
namespace {

struct Team {
  unsigned round = 0; // grows by one for every call of parallel()
  int next = 0;      // the next index to hand out
  int busy = 0;      // members that have not yet finished this round
  int sleepers = 0;  // members that wait in the kernel rather than spinning
  int count = 0;
  void (*piece)(const void *, int) = nullptr;
  const void *context = nullptr;
  bool called = false;  // held by the caller while a round runs
  int threads = 1;
  int started = 1;
};

Team team;

// How often a thread looks before it gives its core away: some 50 microseconds, longer than the
// gap between two kernels of a step, shorter than the pause between two steps.
constexpr int kLooks = 1500;

inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

void sleep_until_round_changes(unsigned seen) {
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

void take_pieces() {
  for (;;) {
    const int index = __atomic_fetch_add(&team.next, 1, __ATOMIC_RELAXED);
    if (index >= team.count) return;
    team.piece(team.context, index);
  }
}

void *member(void *) {
  unsigned seen = 0;
  for (;;) {
    for (int looks = 0; __atomic_load_n(&team.round, __ATOMIC_ACQUIRE) == seen; looks++) {
      if (looks < kLooks) {
        relax();
      } else {
        sleep_until_round_changes(seen);
        looks = 0;
      }
    }
    // A round starts only when all have finished the last, so none is ever skipped.
    seen++;
    take_pieces();
    __atomic_sub_fetch(&team.busy, 1, __ATOMIC_RELEASE);
  }
  return nullptr;
}

void start_missing_members() {
  while (team.started < team.threads) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, member, nullptr) != 0) {
      team.threads = team.started;  // the host allows no more: go on with those there are
      return;
    }
    pthread_detach(thread);
    team.started++;
  }
}

}  // namespace

void parallel(int count, void (*piece)(const void *, int), const void *context) {
  // Two graphs at once would each want the team: the second waits its turn.
  while (__atomic_test_and_set(&team.called, __ATOMIC_ACQUIRE)) relax();
  if (team.started < team.threads) start_missing_members();
  team.piece = piece;
  team.context = context;
  team.count = count;
  team.next = 0;
  team.busy = team.started - 1;
  __atomic_add_fetch(&team.round, 1, __ATOMIC_SEQ_CST);
  wake_sleepers();
  take_pieces();
  for (int looks = 0; __atomic_load_n(&team.busy, __ATOMIC_ACQUIRE) > 0; looks++) {
    // A member that is late has lost its core to another program: give it this one.
    if (looks < kLooks)
      relax();
    else
      sched_yield();
  }
  __atomic_clear(&team.called, __ATOMIC_RELEASE);
}

}  // namespace zhiyin

extern "C" void zhiyin_set_threads(int threads) {
  if (zhiyin::team.started == 1) zhiyin::team.threads = threads < 1 ? 1 : threads;
}
