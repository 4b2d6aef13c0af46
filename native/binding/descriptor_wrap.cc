#include "binding/descriptor_wrap.h"

#include "binding/module.h"
#include "linux/netns.h"

namespace etherloom {

void DescriptorWrap::Define(Napi::Env env, Module& module) {
  const Napi::Function constructor = DefineClass(env, "Descriptor",
                                                 {
                                                     InstanceAccessor<&DescriptorWrap::Fd>("fd"),
                                                     InstanceMethod<&DescriptorWrap::Close>("close"),
                                                 });
  module.descriptor_class = Napi::Persistent(constructor);
}

Napi::Value DescriptorWrap::Create(Napi::Env env, UniqueFd fd) {
  Module& module = Module::Of(env);
  const Napi::Object object = module.descriptor_class.New({});
  if (object.IsEmpty()) return object;
  Unwrap(object)->fd_ = std::make_shared<UniqueFd>(std::move(fd));
  ++module.live.descriptors;
  return object;
}

int NetnsArgument::get() const {
  if (here_) return kHere;
  return fd_ ? fd_->get() : kClosed;
}

NetnsArgument DescriptorWrap::Netns(const Napi::Value& value) {
  if (!value.IsObject()) return NetnsArgument();
  const Napi::Object object = value.As<Napi::Object>();
  const bool known = object.InstanceOf(Module::Of(value.Env()).descriptor_class.Value());
  return NetnsArgument(known ? Unwrap(object)->fd_ : nullptr);
}

DescriptorWrap::DescriptorWrap(const Napi::CallbackInfo& info) : ObjectWrap(info), module_(Module::Of(info.Env())) {}

DescriptorWrap::~DescriptorWrap() { Drop(); }

Napi::Value DescriptorWrap::Fd(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), fd_ ? fd_->get() : -1);
}

Napi::Value DescriptorWrap::Close(const Napi::CallbackInfo& info) {
  Drop();
  return info.Env().Undefined();
}

void DescriptorWrap::Drop() {
  if (!fd_) return;
  fd_.reset();
  --module_.live.descriptors;
}

}  // namespace etherloom
