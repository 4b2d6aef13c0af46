// Owner: JavaScript.  Threads: JavaScript thread.  Shutdown: close(), or the collector.
#pragma once

#include <napi.h>

#include <memory>

#include "linux/unique_fd.h"

namespace etherloom {

class Module;

// Keeps a namespace open while work that was given it is in progress, whatever JavaScript closes meanwhile.
class NetnsArgument {
 public:
  NetnsArgument() = default;
  explicit NetnsArgument(std::shared_ptr<UniqueFd> fd) : here_(false), fd_(std::move(fd)) {}

  // A descriptor, kHere or kClosed.
  int get() const;

 private:
  bool here_ = true;
  std::shared_ptr<UniqueFd> fd_;
};

class DescriptorWrap : public Napi::ObjectWrap<DescriptorWrap> {
 public:
  static void Define(Napi::Env env, Module& module);
  static Napi::Value Create(Napi::Env env, UniqueFd fd);
  // The namespace argument of a call: a Descriptor, or undefined for this process's own.
  static NetnsArgument Netns(const Napi::Value& value);

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
