// What the WebAssembly module exports. All its instances, one a thread, share one memory and so these
// variables.
#include "kernels.c"
#include "pool.c"

#define EXPORT(name) __attribute__((export_name(#name)))

static pool the_pool;

EXPORT(task_names) const char *task_names(void) { return TABLE.names; }

EXPORT(open) void open_pool(const double *record, int threads) {
  pool_open(&the_pool, &TABLE, 0, record, threads);
}
EXPORT(run) double run(void) { return pool_run(&the_pool); }
EXPORT(run_list) int run_list(const double *records, int count) {
  return pool_run_list(&the_pool, records, count);
}
EXPORT(help) void help(int thread) { pool_help(&the_pool, thread); }
EXPORT(close) void close_pool(void) { pool_close(&the_pool); }
