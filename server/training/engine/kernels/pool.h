// Runs tasks on a fixed number of threads: the caller and its helpers.
#ifndef LIGHTBENCH_POOL_H
#define LIGHTBENCH_POOL_H

#include "tasks.h"

// What TypeScript writes before it calls pool_run: which task, how many units of work, the scratch
// memory of the first thread and how far apart those of the others are; then the arguments.
enum { RECORD_TASK, RECORD_COUNT, RECORD_SCRATCH, RECORD_SCRATCH_STEP, RECORD_ARGUMENTS };

// What several threads write to lies in cache lines of its own.
typedef struct {
  char before[64];
  int value;
  char after[64];
} lonely_int;

typedef struct {
  const task_table *table;
  char *base;
  const double *record;
  int threads;
  // The task that is open, if one is. Written by the caller alone, while `next` is CLOSED.
  const task *open;
  offset count, chunk;
  int chunks;
  // The next chunk that nobody has taken.
  lonely_int next;
  // Helpers that may be looking at the open task.
  lonely_int active;
  // Counts tasks: helpers wait for it to change.
  lonely_int generation;
  lonely_int sleepers;
  lonely_int caller_waits;
  int closing;
} pool;

// Prepares a pool whose record lies at `record`; addresses count from `base`.
void pool_open(pool *p, const task_table *table, char *base, const double *record, int threads);

// Runs the task of the record, with the helpers' help if it is long enough, or answers the query.
double pool_run(pool *p);

// What helper `thread`, 1 to threads - 1, does: works until the pool closes.
void pool_help(pool *p, int thread);

// Sends the helpers home.
void pool_close(pool *p);

#endif
