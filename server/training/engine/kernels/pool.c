// The pool: one task at a time, divided into chunks that threads take one after the other. Kernels
// give the same bits for any division of their work, so it does not matter who takes which chunk:
// a helper that comes late, or not at all, only costs time.
#include "pool.h"

#include "wait.h"

// `next` while no task is open: no helper's count reaches down to the number of chunks.
#define CLOSED (1 << 30)
// Element operations that are worth the attention of another thread: a few microseconds.
#define CHUNK_COST 16384.0
// Chunks for each thread, so that one who is held up leaves its share to the others.
#define CHUNKS_PER_THREAD 8

#define LOAD(x) __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define STORE(x, to) __atomic_store_n(&(x), to, __ATOMIC_SEQ_CST)
#define ADD(x, by) __atomic_fetch_add(&(x), by, __ATOMIC_SEQ_CST)

void pool_open(pool *p, const task_table *table, char *base, const double *record, int threads) {
  p->table = table;
  p->base = base;
  p->record = p->current = record;
  p->threads = threads;
  p->closing = 0;
  // Far below CLOSED: helpers compare with it before there was a task.
  p->chunks = 0;
  p->active.value = p->generation.value = p->sleepers.value = 0;
  p->caller_waits.value = 0;
  STORE(p->next.value, CLOSED);
}

static task_call call_of(const pool *p, const double *record, int thread) {
  const double *r = p->record;
  char *scratch = p->base + (size_t)r[RECORD_SCRATCH] + thread * (size_t)r[RECORD_SCRATCH_STEP];
  return (task_call){record + RECORD_ARGUMENTS, p->base, scratch};
}

static const task *task_of(const pool *p, const double *record) {
  return &p->table->tasks[(int)record[RECORD_TASK]];
}

// Runs the open tasks for parts [first, last) of p->count.
static void run_part(const pool *p, int thread, offset first, offset last) {
  const double *record = p->current;
  for (int i = 0; i < p->links; i++, record += RECORD_LENGTH) {
    const task_call call = call_of(p, record, thread);
    const offset units = (offset)record[RECORD_COUNT] / p->count;
    task_of(p, record)->run(&call, first * units, last * units);
  }
}

// Takes chunks while there are any. The fields of the task may be read once a chunk was taken, or
// `next` told that there is none.
static void run_chunks(pool *p, int thread) {
  for (;;) {
    const offset idx = ADD(p->next.value, 1);
    // A task that is closed is not looked at: the caller may be writing the next one.
    if (idx >= CLOSED || idx >= p->chunks) return;
    const offset first = idx * p->chunk;
    run_part(p, thread, first, MIN(first + p->chunk, p->count));
  }
}

static void wake_helpers(pool *p) {
  ADD(p->generation.value, 1);
  if (LOAD(p->sleepers.value) > 0) wake_all(&p->generation.value);
}

// Helpers finish soon, unless the system has put one to sleep: then the caller makes room for it.
static void wait_for_helpers(pool *p) {
  for (int spins = 0; spins < SPINS; spins++) {
    if (LOAD(p->active.value) == 0) return;
    pause_briefly();
  }
  STORE(p->caller_waits.value, 1);
  for (int active = LOAD(p->active.value); active > 0; active = LOAD(p->active.value))
    wait_while(&p->active.value, active);
  STORE(p->caller_waits.value, 0);
}

// Runs `links` tasks from a record on, divided into chunks of `count`.
static void share(pool *p, const double *record, int links, offset count, offset chunk) {
  p->current = record;
  p->links = links;
  p->count = count;
  p->chunk = chunk;
  p->chunks = (int)((count + chunk - 1) / chunk);
  STORE(p->next.value, 0);
  wake_helpers(p);
  run_chunks(p, 0);
  // Closed first, then waited for: a helper that comes now finds nothing to take.
  STORE(p->next.value, CLOSED);
  wait_for_helpers(p);
}

// Units for one chunk: an equal share, but enough to be worth it, and whole vectors and cache lines
// where a unit is an element.
static offset chunk_of(const pool *p, double cost, offset count) {
  const offset parts = (offset)p->threads * CHUNKS_PER_THREAD;
  const offset share = (count + parts - 1) / parts, least = (offset)(CHUNK_COST / MAX(cost, 1.0));
  const offset chunk = MAX(share, MAX(least, 1));
  return least < 64 ? chunk : (chunk + 63) / 64 * 64;
}

static double run_record(pool *p, const double *record) {
  const task *t = task_of(p, record);
  const task_call call = call_of(p, record, 0);
  if (t->query) return t->query(&call);
  const offset count = (offset)record[RECORD_COUNT];
  const offset chunk = p->threads > 1 ? chunk_of(p, t->cost(&call), count) : count;
  if (chunk < count) share(p, record, 1, count, chunk);
  else if (count > 0) t->run(&call, 0, count);
  return 0;
}

// Runs a chain, if enough of it falls to every thread: in chunks of one size, as many for each thread.
// Returns the number of its tasks, or 0 if these are better run one by one.
static int run_chain(pool *p, const double *record) {
  const int samples = (int)record[RECORD_COUNT], least = (int)record[CHAIN_LEAST];
  const int shares = p->threads > 1 ? 4 * p->threads : 1;
  const int most = MIN((int)record[CHAIN_AT_ONCE], MAX(samples / shares, least));
  const int chunk = divide_up(samples, round_up(divide_up(samples, most), p->threads));
  if (chunk < least || samples < p->threads * chunk) return 0;
  const int links = (int)record[CHAIN_LINKS];
  share(p, record + RECORD_LENGTH, links, samples, chunk);
  return links;
}

double pool_run(pool *p) { return run_record(p, p->record); }

int pool_run_list(pool *p, const double *records, int count) {
  for (int i = 0; i < count; i++) {
    const double *record = records + (size_t)i * RECORD_LENGTH;
    if (record[RECORD_TASK] == CHAIN) i += run_chain(p, record);
    else if (run_record(p, record) != 0) return i + 1;
  }
  return 0;
}

void pool_help(pool *p, int thread) {
  int seen = LOAD(p->generation.value);
  while (!LOAD(p->closing)) {
    for (int spins = 0; spins < SPINS && LOAD(p->generation.value) == seen; spins++) pause_briefly();
    if (LOAD(p->generation.value) == seen) {
      ADD(p->sleepers.value, 1);
      wait_while(&p->generation.value, seen);
      ADD(p->sleepers.value, -1);
    }
    seen = LOAD(p->generation.value);
    ADD(p->active.value, 1);
    run_chunks(p, thread);
    ADD(p->active.value, -1);
    if (LOAD(p->caller_waits.value)) wake_all(&p->active.value);
  }
}

void pool_close(pool *p) {
  STORE(p->closing, 1);
  ADD(p->generation.value, 1);
  wake_all(&p->generation.value);
}
