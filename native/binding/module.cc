#include "binding/module.h"

#include "binding/descriptor_wrap.h"
#include "binding/netlink_wrap.h"
#include "binding/netns_wrap.h"
#include "binding/tun_wrap.h"

namespace etherloom {

Module::Module(Napi::Env env, Napi::Object exports) {
  DescriptorWrap::Define(env, *this);
  DefineNetns(env, exports);
  exports.Set("NetlinkSocket", NetlinkWrap::Define(env, *this));
  exports.Set("TunQueue", TunWrap::Define(env, *this));
  DefineAddon(exports, {InstanceMethod("liveHandles", &Module::LiveHandles)});
}

Napi::Value Module::LiveHandles(const Napi::CallbackInfo& info) {
  Napi::Object counts = Napi::Object::New(info.Env());
  counts.Set("descriptors", live.descriptors);
  counts.Set("sockets", live.sockets);
  counts.Set("queues", live.queues);
  counts.Set("watchers", live.watchers);
  return counts;
}

}  // namespace etherloom

using EtherloomModule = etherloom::Module;
NODE_API_ADDON(EtherloomModule)
