// Owner: JavaScript.  Threads: JavaScript thread; the socket itself is shared with the worker of a running request.
// Shutdown: close() or the collector; the socket closes when a running request has ended.
#pragma once

#include <napi.h>

#include <memory>

#include "linux/netlink_socket.h"

namespace etherloom {

class Module;

class NetlinkWrap : public Napi::ObjectWrap<NetlinkWrap> {
 public:
  static Napi::Function Define(Napi::Env env, Module& module);

  explicit NetlinkWrap(const Napi::CallbackInfo& info);
  ~NetlinkWrap() override;

 private:
  static Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value Request(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);
  void Drop();

  Module& module_;
  std::shared_ptr<NetlinkSocket> socket_;
};

}  // namespace etherloom
