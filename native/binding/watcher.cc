#include "binding/watcher.h"

#include "binding/module.h"

namespace etherloom {

Watcher* Watcher::Create(Module& module, Napi::Env env, int fd, Napi::Function callback, Watcher** user, int* error) {
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  auto* watcher = new Watcher(module, env, callback, user);
  *error = uv_poll_init(loop, &watcher->poll_, fd);
  if (*error != 0) {
    delete watcher;
    return nullptr;
  }
  watcher->poll_.data = watcher;
  napi_add_async_cleanup_hook(env, OnEnvironmentCleanup, watcher, &watcher->hook_);
  ++module.live.watchers;
  return watcher;
}

Watcher::Watcher(Module& module, Napi::Env env, Napi::Function callback, Watcher** user)
    : module_(module), env_(env), callback_(Napi::Persistent(callback)), user_(user) {}

int Watcher::Set(int events) { return events == 0 ? uv_poll_stop(&poll_) : uv_poll_start(&poll_, events, OnReady); }

void Watcher::Close() {
  *user_ = nullptr;
  --module_.live.watchers;
  callback_.Reset();
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), [](uv_handle_t* handle) {
    auto* watcher = static_cast<Watcher*>(handle->data);
    napi_remove_async_cleanup_hook(watcher->hook_);
    delete watcher;
  });
}

void Watcher::OnReady(uv_poll_t* handle, int status, int events) {
  auto* watcher = static_cast<Watcher*>(handle->data);
  const Napi::Env env = watcher->env_;
  const Napi::HandleScope scope(env);
  const napi_value arguments[] = {Napi::Number::New(env, status), Napi::Number::New(env, events)};
  const napi_status called =
      napi_make_callback(env, nullptr, env.Global(), watcher->callback_.Value(), 2, arguments, nullptr);
  // Pending without an exception: the worker is being terminated.
  bool thrown = false;
  if (called != napi_pending_exception || napi_is_exception_pending(env, &thrown) != napi_ok || !thrown) return;
  napi_value exception;
  if (napi_get_and_clear_last_exception(env, &exception) == napi_ok) napi_fatal_exception(env, exception);
}

void Watcher::OnEnvironmentCleanup(napi_async_cleanup_hook_handle, void* argument) {
  static_cast<Watcher*>(argument)->Close();
}

}  // namespace etherloom
