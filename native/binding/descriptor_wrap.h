// Owner: JavaScript.  Threads: JavaScript thread.  Shutdown: close(), or the collector.
#pragma once

#include <napi.h>

#include <memory>

#include "linux/unique_fd.h"

namespace etherloom {

class Module;

class DescriptorWrap : public Napi::ObjectWrap<DescriptorWrap> {
 public:
  static void Define(Napi::Env env, Module& module);
  static Napi::Value Create(Napi::Env env, UniqueFd fd);
  // The descriptor of an argument that is a Descriptor or undefined (an empty pointer, as for a closed one). It stays open
  // while the pointer lives, so that work in progress outlasts a close().
  static std::shared_ptr<UniqueFd> From(const Napi::Value& value);

  explicit DescriptorWrap(const Napi::CallbackInfo& info);
  ~DescriptorWrap() override;

 private:
  Napi::Value Fd(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);
  void Drop();

  Module& module_;
  std::shared_ptr<UniqueFd> fd_;
};

}  // namespace etherloom
