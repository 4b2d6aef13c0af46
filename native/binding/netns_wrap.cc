#include "binding/netns_wrap.h"

#include <string>

#include "binding/descriptor_wrap.h"
#include "binding/promise_worker.h"
#include "linux/netns.h"

namespace etherloom {
namespace {

Napi::Value MakeDescriptor(Napi::Env env, UniqueFd& fd) { return DescriptorWrap::Create(env, std::move(fd)); }

Napi::Value Open(const Napi::CallbackInfo& info) {
  return PromiseWorker<UniqueFd>::Run(
      info.Env(), [path = info[0].As<Napi::String>().Utf8Value()](UniqueFd& fd) { return OpenNetns(path, &fd); },
      MakeDescriptor);
}

Napi::Value Adopt(const Napi::CallbackInfo& info) {
  return PromiseWorker<UniqueFd>::Run(
      info.Env(), [fd = info[0].As<Napi::Number>().Int32Value()](UniqueFd& out) { return AdoptNetns(fd, &out); },
      MakeDescriptor);
}

Napi::Value Create(const Napi::CallbackInfo& info) {
  return PromiseWorker<UniqueFd>::Run(
      info.Env(), [](UniqueFd& fd) { return CreateNetns(&fd); }, MakeDescriptor);
}

// OpenNamedNetns or CreateNamedNetns, on the arguments (directory, name).
template <Failure (*Work)(const std::string&, const std::string&, UniqueFd*)>
Napi::Value Named(const Napi::CallbackInfo& info) {
  return PromiseWorker<UniqueFd>::Run(
      info.Env(),
      [directory = info[0].As<Napi::String>().Utf8Value(),
       name = info[1].As<Napi::String>().Utf8Value()](UniqueFd& fd) { return Work(directory, name, &fd); },
      MakeDescriptor);
}

Napi::Value DeleteNamed(const Napi::CallbackInfo& info) {
  struct Nothing {};
  return PromiseWorker<Nothing>::Run(
      info.Env(),
      [directory = info[0].As<Napi::String>().Utf8Value(), name = info[1].As<Napi::String>().Utf8Value()](Nothing&) {
        return DeleteNamedNetns(directory, name);
      },
      [](Napi::Env env, Nothing&) { return env.Undefined(); });
}

}  // namespace

void DefineNetns(Napi::Env env, Napi::Object exports) {
  exports.Set("netnsOpen", Napi::Function::New<Open>(env, "netnsOpen"));
  exports.Set("netnsAdopt", Napi::Function::New<Adopt>(env, "netnsAdopt"));
  exports.Set("netnsCreate", Napi::Function::New<Create>(env, "netnsCreate"));
  exports.Set("netnsOpenNamed", Napi::Function::New<Named<OpenNamedNetns>>(env, "netnsOpenNamed"));
  exports.Set("netnsCreateNamed", Napi::Function::New<Named<CreateNamedNetns>>(env, "netnsCreateNamed"));
  exports.Set("netnsDeleteNamed", Napi::Function::New<DeleteNamed>(env, "netnsDeleteNamed"));
}

}  // namespace etherloom
