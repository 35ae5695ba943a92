// The few functions of Node's stable C interface that the add-on uses, declared here because their
// binary form never changes.
#ifndef LIGHTBENCH_NAPI_H
#define LIGHTBENCH_NAPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct napi_env_ *napi_env;
typedef struct napi_value_ *napi_value;
typedef struct napi_info_ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);

#define NAPI_FUNCTIONS(X)                                                                          \
  X(napi_get_cb_info, (napi_env, napi_callback_info, size_t *, napi_value *, napi_value *, void **)) \
  X(napi_create_function,                                                                          \
    (napi_env, const char *, size_t, napi_callback, void *, napi_value *))                         \
  X(napi_set_named_property, (napi_env, napi_value, const char *, napi_value))                     \
  X(napi_create_double, (napi_env, double, napi_value *))                                          \
  X(napi_get_value_double, (napi_env, napi_value, double *))                                       \
  X(napi_create_string_utf8, (napi_env, const char *, size_t, napi_value *))                       \
  X(napi_get_typedarray_info,                                                                      \
    (napi_env, napi_value, int *, size_t *, void **, napi_value *, size_t *))                      \
  X(napi_throw_error, (napi_env, const char *, const char *))

#ifdef _WIN32

// The functions belong to the program that loads the add-on, which is not always called node.exe:
// they are looked up by name in whatever runs.
#include <windows.h>
#define DECLARE(name, parameters) static int(*name) parameters;
NAPI_FUNCTIONS(DECLARE)
#undef DECLARE

static bool find_napi(void) {
  HMODULE program = GetModuleHandleW(NULL);
#define FIND(name, parameters)                            \
  name = (int(*) parameters)GetProcAddress(program, #name); \
  if (!name) return false;
  NAPI_FUNCTIONS(FIND)
#undef FIND
  return true;
}

#define SHOWN __declspec(dllexport)

#else

#define DECLARE(name, parameters) extern int name parameters;
NAPI_FUNCTIONS(DECLARE)
#undef DECLARE

static bool find_napi(void) { return true; }

#define SHOWN __attribute__((visibility("default")))

#endif
#endif
