// The Node add-on: the kernels for this processor, run by a pool of threads on the memory that
// TypeScript hands over.
#include <stdlib.h>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "napi.h"
#include "pool.c"

// ---- processors ----

typedef struct {
  const char *name;
  const task_table *table;
} processor;

#if defined(__x86_64__)

extern const task_table tasks_baseline, tasks_avx2, tasks_avx512;

#include <cpuid.h>

// Which vector registers the system saves when it switches threads.
static uint64_t saved_registers(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

// Zen 4 (AMD's family 19h) computes AVX-512 in two halves: the smaller tiles of AVX2 are faster there.
static bool halves_vectors(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(0, &a, &b, &c, &d) || b != signature_AMD_ebx) return false;
  __get_cpuid(1, &a, &b, &c, &d);
  return (a >> 8 & 15) + (a >> 20 & 255) == 0x19;
}

#define HAS_ALL(value, bits) (((value) & (bits)) == (bits))

static int find_processors(processor *found) {
  unsigned a, b, c, d, basic_c;
  int count = 0;
  if (!__get_cpuid(1, &a, &b, &basic_c, &d)) return 0;
  const unsigned sse42 = 1u << 20 | 1u << 19 | 1u << 9, avx_fma = 1u << 28 | 1u << 12 | 1u << 27;
  if (!HAS_ALL(basic_c, sse42)) return 0;
  const uint64_t saved = basic_c & 1u << 27 ? saved_registers() : 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) b = 0;
  const unsigned avx2 = 1u << 5, avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
  const int has_avx2 = HAS_ALL(basic_c, avx_fma) && b & avx2 && HAS_ALL(saved, 6);
  const int has_avx512 = has_avx2 && HAS_ALL(b, avx512) && HAS_ALL(saved, 0xe6);
  const processor wide = {"AVX-512", &tasks_avx512}, usual = {"AVX2", &tasks_avx2};
  if (has_avx512 && !halves_vectors()) found[count++] = wide;
  if (has_avx2) found[count++] = usual;
  if (has_avx512 && halves_vectors()) found[count++] = wide;
  found[count++] = (processor){"SSE4.2", &tasks_baseline};
  return count;
}

#else

extern const task_table tasks_baseline;

static int find_processors(processor *found) {
  found[0] = (processor){"NEON", &tasks_baseline};
  return 1;
}

#endif

// ---- threads ----

#ifdef _WIN32
typedef HANDLE thread_handle;
#else
typedef pthread_t thread_handle;
#endif

#define MOST_THREADS 256

typedef struct {
  pool pool;
  thread_handle helpers[MOST_THREADS];
} native_pool;

typedef struct {
  pool *pool;
  int thread;
} helper_start;

static void run_helper(helper_start *start) {
  const helper_start copy = *start;
  free(start);
  pool_help(copy.pool, copy.thread);
}

#ifdef _WIN32

static DWORD WINAPI helper_main(void *start) {
  run_helper(start);
  return 0;
}
static bool start_thread(thread_handle *handle, helper_start *start) {
  *handle = CreateThread(NULL, 0, helper_main, start, 0, NULL);
  return *handle != NULL;
}
static void join_thread(thread_handle handle) {
  WaitForSingleObject(handle, INFINITE);
  CloseHandle(handle);
}

#else

static void *helper_main(void *start) {
  run_helper(start);
  return NULL;
}
static bool start_thread(thread_handle *handle, helper_start *start) {
  return pthread_create(handle, NULL, helper_main, start) == 0;
}
static void join_thread(thread_handle handle) { pthread_join(handle, NULL); }

#endif

// Starts the helpers; fewer where the system gives no more.
static void start_helpers(native_pool *p, int threads) {
  for (int thread = 1; thread < threads; thread++) {
    helper_start *start = malloc(sizeof(helper_start));
    if (!start) return;
    *start = (helper_start){&p->pool, thread};
    if (!start_thread(&p->helpers[thread], start)) {
      free(start);
      return;
    }
    p->pool.threads = thread + 1;
  }
}

// ---- functions for JavaScript ----

#define MOST_ARGUMENTS 5

static double number_of(napi_env env, napi_value value) {
  double number = 0;
  napi_get_value_double(env, value, &number);
  return number;
}

static napi_value number_for(napi_env env, double number) {
  napi_value value = NULL;
  napi_create_double(env, number, &value);
  return value;
}

static napi_value text_for(napi_env env, const char *text) {
  napi_value value = NULL;
  napi_create_string_utf8(env, text, (size_t)-1, &value);
  return value;
}

static native_pool *pool_of(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value handle;
  napi_get_cb_info(env, info, &count, &handle, NULL, NULL);
  return (native_pool *)(uintptr_t)number_of(env, handle);
}

// Asks the system for large pages, where it gives them on request: the tensors are long, and looking up
// small pages takes a good part of the time of everything that only reads and writes.
static void ask_for_large_pages(void *base, double bytes) {
#ifdef __linux__
  madvise(base, (size_t)bytes, MADV_HUGEPAGE);
#else
  (void)base, (void)bytes;
#endif
}

// open(memory: Uint8Array, record: address, threads, processor, bytes that the memory can grow to) -> handle
static napi_value open_addon(napi_env env, napi_callback_info info) {
  size_t count = MOST_ARGUMENTS;
  napi_value given[MOST_ARGUMENTS];
  napi_get_cb_info(env, info, &count, given, NULL, NULL);
  void *base = NULL;
  napi_get_typedarray_info(env, given[0], NULL, NULL, &base, NULL, NULL);
  processor found[3];
  const int processors = find_processors(found), wanted = (int)number_of(env, given[3]);
  native_pool *p = NULL;
  if (base && wanted < processors) p = malloc(sizeof(native_pool));
  if (!p) {
    napi_throw_error(env, NULL, "The add-on got no memory to work on.");
    return NULL;
  }
  const double *record = (const double *)((char *)base + (size_t)number_of(env, given[1]));
  ask_for_large_pages(base, number_of(env, given[4]));
  pool_open(&p->pool, found[wanted].table, base, record, 1);
  start_helpers(p, MIN((int)number_of(env, given[2]), MOST_THREADS));
  return number_for(env, (double)(uintptr_t)p);
}

// run(handle) -> what a query answers
static napi_value run_addon(napi_env env, napi_callback_info info) {
  return number_for(env, pool_run(&pool_of(env, info)->pool));
}

// runList(handle, records: address, count) -> the place of the query that ended it, or 0
static napi_value run_list_of_addon(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value given[3];
  napi_get_cb_info(env, info, &count, given, NULL, NULL);
  pool *p = &((native_pool *)(uintptr_t)number_of(env, given[0]))->pool;
  const double *records = (const double *)(p->base + (size_t)number_of(env, given[1]));
  return number_for(env, pool_run_list(p, records, (int)number_of(env, given[2])));
}

// threads(handle) -> how many there are
static napi_value threads_of_addon(napi_env env, napi_callback_info info) {
  return number_for(env, pool_of(env, info)->pool.threads);
}

// close(handle), once
static napi_value close_addon(napi_env env, napi_callback_info info) {
  native_pool *p = pool_of(env, info);
  pool_close(&p->pool);
  for (int thread = 1; thread < p->pool.threads; thread++) join_thread(p->helpers[thread]);
  free(p);
  return NULL;
}

static void add_function(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function = NULL;
  napi_create_function(env, name, (size_t)-1, callback, NULL, &function);
  napi_set_named_property(env, exports, name, function);
}

SHOWN napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  if (!find_napi()) return exports;
  processor found[3] = {{0}};
  const int processors = find_processors(found);
  char names[64] = "";
  int length = 0;
  for (int i = 0; i < processors; i++) {
    for (const char *c = found[i].name; *c; c++) names[length++] = *c;
    names[length++] = ',';
  }
  napi_set_named_property(env, exports, "processors", text_for(env, names));
  const char *tasks = processors > 0 ? found[0].table->names : "";
  napi_set_named_property(env, exports, "tasks", text_for(env, tasks));
  add_function(env, exports, "open", open_addon);
  add_function(env, exports, "run", run_addon);
  add_function(env, exports, "runList", run_list_of_addon);
  add_function(env, exports, "threads", threads_of_addon);
  add_function(env, exports, "close", close_addon);
  return exports;
}
