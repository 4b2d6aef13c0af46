#include "binding/netlink_wrap.h"

#include <cstring>
#include <vector>

#include "binding/descriptor_wrap.h"
#include "binding/module.h"
#include "binding/promise_worker.h"

namespace etherloom {
namespace {

template <typename Array, typename T>
Array CopyToArray(Napi::Env env, const std::vector<T>& values) {
  Array array = Array::New(env, values.size() * sizeof(T) / sizeof(*Array().Data()));
  if (!array.IsEmpty() && !values.empty()) memcpy(array.Data(), values.data(), values.size() * sizeof(T));
  return array;
}

Napi::Value ExtackToJs(Napi::Env env, const NlExtack& extack) {
  const NlAcknowledgement& ack = extack.acknowledgement;
  Napi::Object object = Napi::Object::New(env);
  object.Set("request", extack.request);
  if (!ack.message.empty()) object.Set("message", ack.message);
  if (ack.offset) object.Set("offset", *ack.offset);
  if (ack.miss_type) object.Set("missType", *ack.miss_type);
  if (ack.miss_nest) object.Set("missNest", *ack.miss_nest);
  if (!ack.policy.empty()) object.Set("policy", CopyToArray<Napi::Uint8Array>(env, ack.policy));
  return object;
}

Napi::Value ReplyToJs(Napi::Env env, NlReply& reply) {
  static_assert(sizeof(NlReplyMessage) == 5 * sizeof(uint32_t));
  Napi::Object object = Napi::Object::New(env);
  object.Set("data", CopyToArray<Napi::Uint8Array>(env, reply.data));
  object.Set("messages", CopyToArray<Napi::Uint32Array>(env, reply.messages));
  object.Set("outcomes", CopyToArray<Napi::Int32Array>(env, reply.outcomes));
  object.Set("interrupted", CopyToArray<Napi::Uint8Array>(env, reply.interrupted));
  Napi::Array extacks = Napi::Array::New(env, reply.extacks.size());
  for (uint32_t i = 0; i < reply.extacks.size(); ++i) extacks.Set(i, ExtackToJs(env, reply.extacks[i]));
  object.Set("extacks", extacks);
  return object;
}

}  // namespace

Napi::Function NetlinkWrap::Define(Napi::Env env, Module& module) {
  const Napi::Function constructor = DefineClass(env, "NetlinkSocket",
                                                 {
                                                     StaticMethod<&NetlinkWrap::Open>("open"),
                                                     InstanceMethod<&NetlinkWrap::Request>("request"),
                                                     InstanceMethod<&NetlinkWrap::Close>("close"),
                                                 });
  module.netlink_class = Napi::Persistent(constructor);
  return constructor;
}

NetlinkWrap::NetlinkWrap(const Napi::CallbackInfo& info) : ObjectWrap(info), module_(Module::Of(info.Env())) {}

NetlinkWrap::~NetlinkWrap() { Drop(); }

Napi::Value NetlinkWrap::Open(const Napi::CallbackInfo& info) {
  const int protocol = info[0].As<Napi::Number>().Int32Value();
  return PromiseWorker<std::shared_ptr<NetlinkSocket>>::Run(
      info.Env(),
      [protocol, netns = DescriptorWrap::Netns(info[1])](std::shared_ptr<NetlinkSocket>& socket) -> Failure {
        UniqueFd fd;
        if (const Failure failure = NetlinkSocket::Open(protocol, netns.get(), &fd)) return failure;
        socket = std::make_shared<NetlinkSocket>(std::move(fd), protocol);
        return {};
      },
      [](Napi::Env env, std::shared_ptr<NetlinkSocket>& socket) -> Napi::Value {
        Module& module = Module::Of(env);
        const Napi::Object object = module.netlink_class.New({});
        if (object.IsEmpty()) return object;
        Unwrap(object)->socket_ = std::move(socket);
        ++module.live.sockets;
        return object;
      });
}

Napi::Value NetlinkWrap::Request(const Napi::CallbackInfo& info) {
  const auto bytes = info[0].As<Napi::Uint8Array>();
  return PromiseWorker<NlReply>::Run(
      info.Env(),
      [socket = socket_, requests = std::vector<uint8_t>(bytes.Data(), bytes.Data() + bytes.ByteLength())](
          NlReply& reply) mutable -> Failure {
        if (!socket) return {-EBADF, "send AF_NETLINK"};
        return socket->Transact(requests, &reply);
      },
      ReplyToJs);
}

Napi::Value NetlinkWrap::Close(const Napi::CallbackInfo& info) {
  Drop();
  return info.Env().Undefined();
}

void NetlinkWrap::Drop() {
  if (!socket_) return;
  socket_.reset();
  --module_.live.sockets;
}

}  // namespace etherloom
