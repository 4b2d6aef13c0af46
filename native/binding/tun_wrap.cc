#include "binding/tun_wrap.h"

#include <fcntl.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "binding/descriptor_wrap.h"
#include "binding/module.h"
#include "binding/promise_worker.h"

namespace etherloom {
namespace {

// Writes without an order list go in the batch's own order.
constexpr size_t kMaxBatch = 4096;
constexpr auto kIdentity = [] {
  std::array<uint32_t, kMaxBatch> indices{};
  for (uint32_t i = 0; i < kMaxBatch; ++i) indices[i] = i;
  return indices;
}();

// A batch's slots: a Uint32Array of (offset, length) pairs.
std::span<FrameSlot> Slots(const Napi::Value& value) {
  static_assert(sizeof(FrameSlot) == 2 * sizeof(uint32_t));
  auto array = value.As<Napi::Uint32Array>();
  return {reinterpret_cast<FrameSlot*>(array.Data()), array.ElementLength() / 2};
}

std::span<uint8_t> Bytes(const Napi::Value& value) {
  auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.ByteLength()};
}

Napi::Value IdentityToJs(Napi::Env env, const TunIdentity& identity) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", identity.name);
  object.Set("flags", identity.flags);
  return object;
}

}  // namespace

Napi::Function TunWrap::Define(Napi::Env env, Module& module) {
  const Napi::Function constructor = DefineClass(env, "TunQueue",
                                                 {
                                                     StaticMethod<&TunWrap::Attach>("attach"),
                                                     StaticMethod<&TunWrap::Adopt>("adopt"),
                                                     StaticMethod<&TunWrap::LoadFilter>("loadFilter"),
                                                     InstanceAccessor<&TunWrap::Fd>("fd"),
                                                     InstanceMethod<&TunWrap::Query>("query"),
                                                     InstanceMethod<&TunWrap::Ioctl>("ioctl"),
                                                     InstanceMethod<&TunWrap::SetVnetHeaderSize>("setVnetHeaderSize"),
                                                     InstanceMethod<&TunWrap::Read>("read"),
                                                     InstanceMethod<&TunWrap::Write>("write"),
                                                     InstanceMethod<&TunWrap::Counters>("counters"),
                                                     InstanceMethod<&TunWrap::Watch>("watch"),
                                                     InstanceMethod<&TunWrap::Detach>("detach"),
                                                     InstanceMethod<&TunWrap::Close>("close"),
                                                 });
  module.tun_class = Napi::Persistent(constructor);
  return constructor;
}

TunWrap::TunWrap(const Napi::CallbackInfo& info) : ObjectWrap(info), module_(Module::Of(info.Env())) {}

TunWrap::~TunWrap() { Drop(); }

Napi::Value TunWrap::Create(Napi::Env env, UniqueFd fd) {
  Module& module = Module::Of(env);
  const Napi::Object object = module.tun_class.New({});
  if (object.IsEmpty()) return object;
  Unwrap(object)->queue_ = std::make_shared<TunQueue>(std::move(fd), 0);
  ++module.live.queues;
  return object;
}

// attach(name, flags, ifindex, netns?)
Napi::Value TunWrap::Attach(const Napi::CallbackInfo& info) {
  TunAttachOptions options{info[0].As<Napi::String>().Utf8Value(), info[1].As<Napi::Number>().Uint32Value(),
                           info[2].As<Napi::Number>().Uint32Value()};
  return PromiseWorker<UniqueFd>::Run(
      info.Env(),
      [options = std::move(options), netns = DescriptorWrap::Netns(info[3])](UniqueFd& fd) {
        TunIdentity identity;
        return TunAttach(netns.get(), options, &fd, &identity);
      },
      [](Napi::Env env, UniqueFd& fd) { return Create(env, std::move(fd)); });
}

// adopt(fd): takes the descriptor over when it is an attached tun one; leaves it alone otherwise.
Napi::Value TunWrap::Adopt(const Napi::CallbackInfo& info) {
  const int fd = info[0].As<Napi::Number>().Int32Value();
  TunIdentity identity;
  if (const Failure failure = TunQuery(fd, &identity)) return FailureToJs(info.Env(), failure);
  const int status = fcntl(fd, F_GETFL);
  if (status < 0 || fcntl(fd, F_SETFL, status | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    return FailureToJs(info.Env(), Failure::Errno("fcntl"));
  }
  return Create(info.Env(), UniqueFd(fd));
}

// loadFilter(instructions): Descriptor of a BPF socket filter.
Napi::Value TunWrap::LoadFilter(const Napi::CallbackInfo& info) {
  UniqueFd fd;
  if (const Failure failure = LoadSocketFilter(Bytes(info[0]), &fd)) return FailureToJs(info.Env(), failure);
  return DescriptorWrap::Create(info.Env(), std::move(fd));
}

Napi::Value TunWrap::Fd(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), queue_ ? queue_->fd() : -1);
}

Napi::Value TunWrap::Query(const Napi::CallbackInfo& info) {
  if (!queue_) return FailureToJs(info.Env(), {-EBADF, "ioctl TUNGETIFF"});
  TunIdentity identity;
  if (const Failure failure = TunQuery(queue_->fd(), &identity)) return FailureToJs(info.Env(), failure);
  return IdentityToJs(info.Env(), identity);
}

// ioctl(name, number, bytes?): the ioctl may wait for the kernel's rtnl lock, so it runs off this thread.
Napi::Value TunWrap::Ioctl(const Napi::CallbackInfo& info) {
  std::vector<uint8_t> bytes;
  if (info[2].IsTypedArray()) {
    const std::span<uint8_t> view = Bytes(info[2]);
    bytes.assign(view.begin(), view.end());
  }
  return PromiseWorker<int64_t>::Run(
      info.Env(),
      [queue = queue_, name = info[0].As<Napi::String>().Utf8Value(), number = info[1].As<Napi::Number>().Int64Value(),
       bytes = std::move(bytes)](int64_t& result) -> Failure {
        result = queue ? TunIoctl(queue->fd(), name, number, bytes) : -EBADF;
        return {};
      },
      [](Napi::Env env, int64_t& result) { return Napi::Number::New(env, static_cast<double>(result)); });
}

Napi::Value TunWrap::SetVnetHeaderSize(const Napi::CallbackInfo& info) {
  if (queue_)
    queue_->set_vnet_header_size(std::min(info[0].As<Napi::Number>().Uint32Value(), uint32_t{kVnetHeaderSize}));
  return info.Env().Undefined();
}

// read(buffer, slots, headroom, maxFrame, limit)
Napi::Value TunWrap::Read(const Napi::CallbackInfo& info) {
  int result = -EBADF;
  if (queue_) {
    const TunReadOptions options{
        std::max(info[2].As<Napi::Number>().Uint32Value(), uint32_t{kVnetHeaderSize}),
        info[3].As<Napi::Number>().Uint32Value(),
        info[4].As<Napi::Number>().Uint32Value(),
    };
    result = queue_->Read(Bytes(info[0]), Slots(info[1]), options);
  }
  return Napi::Number::New(info.Env(), result);
}

// write(buffer, slots, frames, count, order?)
Napi::Value TunWrap::Write(const Napi::CallbackInfo& info) {
  int result = -EBADF;
  if (queue_) {
    std::span<const uint32_t> order = kIdentity;
    if (info[4].IsTypedArray()) {
      const auto array = info[4].As<Napi::Uint32Array>();
      order = {array.Data(), array.ElementLength()};
    }
    const std::span<FrameSlot> slots = Slots(info[1]);
    const size_t frames = info[2].As<Napi::Number>().Uint32Value();
    const size_t count = info[3].As<Napi::Number>().Uint32Value();
    result = queue_->Write(Bytes(info[0]), slots.first(std::min(frames, slots.size())),
                           order.first(std::min(count, order.size())));
  }
  return Napi::Number::New(info.Env(), result);
}

Napi::Value TunWrap::Counters(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object object = Napi::Object::New(env);
  if (!queue_) return object;
  const TunCounters& counters = queue_->counters();
  object.Set("rxFrames", static_cast<double>(counters.rx_frames));
  object.Set("rxBytes", static_cast<double>(counters.rx_bytes));
  object.Set("txFrames", static_cast<double>(counters.tx_frames));
  object.Set("txBytes", static_cast<double>(counters.tx_bytes));
  Napi::Array rejections = Napi::Array::New(env);
  uint32_t index = 0;
  for (const TunQueue::Rejection& rejection : queue_->rejections()) {
    rejections.Set(index++, -rejection.error);
    rejections.Set(index++, static_cast<double>(rejection.count));
  }
  object.Set("rejections", rejections);
  return object;
}

// watch(events, callback?): starts with a callback, changes or pauses (events 0) without.
Napi::Value TunWrap::Watch(const Napi::CallbackInfo& info) {
  int result = -EBADF;
  if (queue_) {
    result = 0;
    if (watcher_ == nullptr) {
      if (!info[1].IsFunction()) return Napi::Number::New(info.Env(), -EINVAL);
      watcher_ = Watcher::Create(module_, info.Env(), queue_->fd(), info[1].As<Napi::Function>(), &watcher_, &result);
    }
    if (watcher_ != nullptr) result = watcher_->Set(info[0].As<Napi::Number>().Int32Value());
  }
  return Napi::Number::New(info.Env(), result);
}

// detach(): gives the descriptor to the caller and closes this object. -EBUSY while an ioctl runs on it.
Napi::Value TunWrap::Detach(const Napi::CallbackInfo& info) {
  int result = -EBADF;
  if (queue_) {
    result = queue_.use_count() > 1 ? -EBUSY : queue_->Release();
    if (result >= 0) Drop();
  }
  return Napi::Number::New(info.Env(), result);
}

// close(): the kernel takes milliseconds to take an interface down with its last queue, so that happens off this
// thread.
Napi::Value TunWrap::Close(const Napi::CallbackInfo& info) {
  struct Nothing {};
  return PromiseWorker<Nothing>::Run(
      info.Env(),
      [queue = Drop()](Nothing&) mutable -> Failure {
        queue.reset();
        return {};
      },
      [](Napi::Env env, Nothing&) { return env.Undefined(); });
}

std::shared_ptr<TunQueue> TunWrap::Drop() {
  if (watcher_ != nullptr) watcher_->Close();
  if (queue_) --module_.live.queues;
  return std::move(queue_);
}

}  // namespace etherloom
