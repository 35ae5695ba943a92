// The pool of threads by itself, for ThreadSanitizer, which Node cannot be run under: many tasks of all
// lengths, each of which adds one to every element of an array.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "pool.c"

#define ELEMENTS 20000
#define THREADS 4
#define ROUNDS 400

static void add_one(const task_call *c, offset first, offset last) {
  int *values = (int *)c->base;
#ifdef RACE
  values[0]++;
#endif
  for (offset i = first; i < last; i++) values[i]++;
  // Scratch memory is each thread's own.
  *(offset *)c->scratch = last;
}

static double cost_of_add_one(const task_call *c) { return c->arguments[0]; }

static const task tasks[] = {{add_one, cost_of_add_one, 0}};
static const task_table table = {tasks, "add_one:D(0);"};

static pool the_pool;

static void *help(void *thread) {
  pool_help(&the_pool, (int)(intptr_t)thread);
  return NULL;
}

int main(void) {
  int *values = calloc(ELEMENTS + THREADS * 64, sizeof(int));
  static double records[2 * RECORD_LENGTH];
  // The arguments: what a unit costs, for a task that is shared and for one that is not.
  for (int i = 0; i < 2; i++) {
    double *record = records + i * RECORD_LENGTH;
    record[RECORD_COUNT] = ELEMENTS;
    record[RECORD_SCRATCH] = ELEMENTS * sizeof(int);
    record[RECORD_SCRATCH_STEP] = 256;
    record[RECORD_ARGUMENTS] = i == 0 ? 100 : 0.001;
  }
  pthread_t helpers[THREADS];
  pool_open(&the_pool, &table, (char *)values, records, THREADS);
  for (intptr_t i = 1; i < THREADS; i++) pthread_create(&helpers[i], NULL, help, (void *)i);
  for (int round = 0; round < ROUNDS; round++) {
    pool_run(&the_pool);
    pool_run_list(&the_pool, records, 2);
  }
  pool_close(&the_pool);
  for (int i = 1; i < THREADS; i++) pthread_join(helpers[i], NULL);
  for (int i = 0; i < ELEMENTS; i++) {
    if (values[i] != 3 * ROUNDS) {
      fprintf(stderr, "Element %d was counted %d times.\n", i, values[i]);
      return 2;
    }
  }
  free(values);
  return 0;
}
