// The table of all kernels for one kind of processor. Built natively, this unit is compiled once for
// each and shows nothing but its table.
#include "tasks.h"

#ifndef TABLE
#define TABLE task_table_here
#endif

static inline void *address(const task_call *c, int idx) {
  const double value = c->arguments[idx];
  return value == 0 ? NULL : c->base + (size_t)value;
}

#define P(i) address(c, i)
#define I(i) ((int)c->arguments[i])
#define L(i) ((offset)c->arguments[i])
#define D(i) (c->arguments[i])
#define SCRATCH (c->scratch)

// ---- costs of kernels that take a shape ----

static double shape_taps(const conv_shape *s) {
  return (double)s->filter_height * s->filter_width * MAX(s->in_channels, s->out_channels);
}

static double shape_pixels(const conv_shape *s) {
  const double taps = (double)s->filter_height * s->filter_width;
  return (double)s->out_height * s->out_width * s->in_channels * taps;
}

static double row_cost(const conv_shape *s) { return shape_pixels(s) / MAX(1, s->out_height); }

static double shape_cost(const conv_shape *s) {
  return shape_pixels(s) * s->out_channels / LANES;
}

// ---- functions of one form ----

#define TASK(name, unit_cost, ...)                                                 \
  static void run_##name(const task_call *c, offset first, offset last) {          \
    name(__VA_ARGS__, first, last);                                                \
  }                                                                                \
  static double cost_of_##name(const task_call *c) {                               \
    (void)c;                                                                       \
    return unit_cost;                                                              \
  }
#define QUERY(name, ...) \
  static int query_##name(const task_call *c) { return name(__VA_ARGS__); }
#include "taskList.h"
#undef TASK
#undef QUERY

// ---- the table ----

static const task all_tasks[] = {
#define TASK(name, ...) {run_##name, cost_of_##name, 0},
#define QUERY(name, ...) {0, 0, query_##name},
#include "taskList.h"
#undef TASK
#undef QUERY
};

// The arguments as they are written in the list: they tell which of them are addresses.
#define TASK(name, cost, ...) #name ":" #__VA_ARGS__ ";"
#define QUERY(name, ...) #name ":" #__VA_ARGS__ ";"
const task_table TABLE = {all_tasks,
#include "taskList.h"
};
#undef TASK
#undef QUERY
