// How threads wait for one another, on every system.
#ifndef LIGHTBENCH_WAIT_H
#define LIGHTBENCH_WAIT_H

#include "base.h"

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#if defined(__wasm__)

// Turns of a loop before a thread goes to sleep: some ten microseconds. WebAssembly has no pause
// instruction, so its turns are short.
#define SPINS 5000

static inline void wait_while(int *address, int value) {
  __builtin_wasm_memory_atomic_wait32(address, value, -1);
}
static inline void wake_all(int *address) { __builtin_wasm_memory_atomic_notify(address, -1u); }

#elif defined(_WIN32)

#include <windows.h>
#define SPINS 2000

static SRWLOCK wait_lock = SRWLOCK_INIT;
static CONDITION_VARIABLE wait_changed = CONDITION_VARIABLE_INIT;

static inline void wait_while(int *address, int value) {
  AcquireSRWLockExclusive(&wait_lock);
  while (__atomic_load_n(address, __ATOMIC_SEQ_CST) == value)
    SleepConditionVariableSRW(&wait_changed, &wait_lock, INFINITE, 0);
  ReleaseSRWLockExclusive(&wait_lock);
}
static inline void wake_all(int *address) {
  (void)address;
  AcquireSRWLockExclusive(&wait_lock);
  WakeAllConditionVariable(&wait_changed);
  ReleaseSRWLockExclusive(&wait_lock);
}

#else

#include <pthread.h>
#define SPINS 2000

static pthread_mutex_t wait_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wait_changed = PTHREAD_COND_INITIALIZER;

static inline void wait_while(int *address, int value) {
  pthread_mutex_lock(&wait_lock);
  while (__atomic_load_n(address, __ATOMIC_SEQ_CST) == value)
    pthread_cond_wait(&wait_changed, &wait_lock);
  pthread_mutex_unlock(&wait_lock);
}
static inline void wake_all(int *address) {
  (void)address;
  pthread_mutex_lock(&wait_lock);
  pthread_cond_broadcast(&wait_changed);
  pthread_mutex_unlock(&wait_lock);
}

#endif
#endif
