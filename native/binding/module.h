// Owner: the Node environment (one Module per main thread or worker).  Threads: JavaScript thread only.
// Shutdown: destroyed with the environment, after the cleanup hooks of the watchers it counts.
#pragma once

#include <napi.h>

#include <cstdint>

namespace etherloom {

class Module : public Napi::Addon<Module> {
 public:
  Module(Napi::Env env, Napi::Object exports);

  static Module& Of(Napi::Env env) { return *env.GetInstanceData<Module>(); }

  // Wrapped objects that hold a kernel resource now: tests assert that it returns to zero.
  struct Live {
    uint32_t descriptors = 0;
    uint32_t sockets = 0;
    uint32_t queues = 0;
    uint32_t watchers = 0;
  };

  Live live;
  // Constructors, for objects made by native code rather than by `new`.
  Napi::FunctionReference descriptor_class;
  Napi::FunctionReference netlink_class;
  Napi::FunctionReference tun_class;

 private:
  Napi::Value LiveHandles(const Napi::CallbackInfo& info);
};

}  // namespace etherloom
