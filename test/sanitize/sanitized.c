// The add-on as AddressSanitizer sees it. All kernels work in one WebAssembly memory, which belongs to
// the program as a whole: which parts of it are handed out is told by hand.
#define napi_register_module_v1 register_kernels
#include "addon.c"
#undef napi_register_module_v1

#include <sanitizer/asan_interface.h>

typedef struct {
  void *start;
  size_t length;
} bytes;

static bytes bytes_of(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value array;
  bytes found = {0};
  napi_get_cb_info(env, info, &count, &array, NULL, NULL);
  napi_get_typedarray_info(env, array, NULL, &found.length, &found.start, NULL, NULL);
  return found;
}

// poison(bytes: Uint8Array)
static napi_value poison_bytes(napi_env env, napi_callback_info info) {
  const bytes given = bytes_of(env, info);
  __asan_poison_memory_region(given.start, given.length);
  return NULL;
}

// unpoison(bytes: Uint8Array)
static napi_value unpoison_bytes(napi_env env, napi_callback_info info) {
  const bytes given = bytes_of(env, info);
  __asan_unpoison_memory_region(given.start, given.length);
  return NULL;
}

SHOWN napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  register_kernels(env, exports);
  add_function(env, exports, "poison", poison_bytes);
  add_function(env, exports, "unpoison", unpoison_bytes);
  return exports;
}
