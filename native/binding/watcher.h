// Readiness of one descriptor, reported on the environment's own event loop.
//
// Owner: itself; stopped by its user or by the environment's clean-up hook, whichever comes first, and freed when libuv
// has let go of it.  Threads: JavaScript thread.  Shutdown: Close(), after which the callback is never called again.
#pragma once

#include <napi.h>
#include <uv.h>

namespace etherloom {

class Module;

class Watcher {
 public:
  // Returns nullptr and sets `error` (negative errno) on failure. `*user` is the one pointer to the watcher and is
  // cleared when it closes, be it by the environment.
  static Watcher* Create(Module& module, Napi::Env env, int fd, Napi::Function callback, Watcher** user, int* error);

  // `events`: UV_READABLE | UV_WRITABLE; 0 pauses. Returns a negative errno or 0.
  int Set(int events);
  // Stops for good. The object frees itself later; the pointer must not be used again.
  void Close();

 private:
  Watcher(Module& module, Napi::Env env, Napi::Function callback, Watcher** user);
  static void OnReady(uv_poll_t* handle, int status, int events);
  static void OnEnvironmentCleanup(napi_async_cleanup_hook_handle hook, void* argument);

  Module& module_;
  Napi::Env env_;
  Napi::FunctionReference callback_;
  Watcher** user_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  uv_poll_t poll_{};
};

}  // namespace etherloom
