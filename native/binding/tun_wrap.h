// Owner: JavaScript.  Threads: JavaScript thread; the queue is shared with the worker of a running ioctl.
// Shutdown: close() or the collector; the watcher goes first, the descriptor with its last user.
#pragma once

#include <napi.h>

#include <memory>

#include "binding/watcher.h"
#include "linux/tun.h"

namespace etherloom {

class Module;

class TunWrap : public Napi::ObjectWrap<TunWrap> {
 public:
  static Napi::Function Define(Napi::Env env, Module& module);

  explicit TunWrap(const Napi::CallbackInfo& info);
  ~TunWrap() override;

 private:
  static Napi::Value Attach(const Napi::CallbackInfo& info);
  static Napi::Value Adopt(const Napi::CallbackInfo& info);
  static Napi::Value LoadFilter(const Napi::CallbackInfo& info);
  static Napi::Value Create(Napi::Env env, UniqueFd fd);

  Napi::Value Fd(const Napi::CallbackInfo& info);
  Napi::Value Query(const Napi::CallbackInfo& info);
  Napi::Value Ioctl(const Napi::CallbackInfo& info);
  Napi::Value SetVnetHeaderSize(const Napi::CallbackInfo& info);
  Napi::Value Read(const Napi::CallbackInfo& info);
  Napi::Value Write(const Napi::CallbackInfo& info);
  Napi::Value Counters(const Napi::CallbackInfo& info);
  Napi::Value Watch(const Napi::CallbackInfo& info);
  Napi::Value Detach(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);
  // Stops watching and gives the queue up; what is returned closes it.
  std::shared_ptr<TunQueue> Drop();

  Module& module_;
  std::shared_ptr<TunQueue> queue_;
  Watcher* watcher_ = nullptr;
};

}  // namespace etherloom
