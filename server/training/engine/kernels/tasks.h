// A task is a kernel as the pool sees it: a function that computes a range of its work, with
// arguments that TypeScript has left in a record of numbers.
#ifndef LIGHTBENCH_TASKS_H
#define LIGHTBENCH_TASKS_H

#include "base.h"

// One call: its arguments, where addresses begin, and scratch memory for this thread alone.
typedef struct {
  const double *arguments;
  char *base;
  void *scratch;
} task_call;

typedef struct {
  // Computes units [first, last) of the work; NULL for a query.
  void (*run)(const task_call *, offset first, offset last);
  // What one unit costs, in element operations; only to decide whether threads are worth it.
  double (*cost)(const task_call *);
  // Answers with a number, instead of `run`.
  int (*query)(const task_call *);
} task;

// The kernels as compiled for one kind of processor.
typedef struct {
  const task *tasks;
  // Names and arguments of the tasks in the order of the table: "relu:P(0), P(1);add:...".
  const char *names;
} task_table;

#endif
