// Runs tasks on a fixed number of threads: the caller and its helpers.
#ifndef LIGHTBENCH_POOL_H
#define LIGHTBENCH_POOL_H

#include "tasks.h"

// A record says what to run: which task, how many units of work, its arguments. The one that
// TypeScript fills before it calls pool_run also says where the scratch memory of the first thread is
// and how far apart those of the others are.
enum { RECORD_TASK, RECORD_COUNT, RECORD_SCRATCH, RECORD_SCRATCH_STEP, RECORD_ARGUMENTS };
#define RECORD_LENGTH 24

// Instead of a task, a record can begin a chain: the tasks of the records that follow run one after the
// other for some samples at a time, so that what one has written is still in the cache when the next reads
// it. The units of each task are divided evenly among the samples, which are the chain's count; its
// arguments are how many tasks there are, how many samples fit in the cache, and how few are worth it.
#define CHAIN -1
enum { CHAIN_LINKS = RECORD_ARGUMENTS, CHAIN_AT_ONCE, CHAIN_LEAST };

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
  // The record that is run: the one above, or one of a list. Changed by the caller alone, while `next`
  // is CLOSED.
  const double *current;
  // The tasks that are open, from the current record on. Written by the caller alone, while `next` is
  // CLOSED.
  int links;
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

// Runs a list of records one after the other, until a query in it answers with a number that is not
// zero. Returns the place of that query, counted from 1, or 0 when the list was run to its end.
int pool_run_list(pool *p, const double *records, int count);

// What helper `thread`, 1 to threads - 1, does: works until the pool closes.
void pool_help(pool *p, int thread);

// Sends the helpers home.
void pool_close(pool *p);

#endif
