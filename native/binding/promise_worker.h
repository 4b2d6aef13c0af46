// Owner: deletes itself when settled.  Threads: `work` runs on the libuv pool, `settle` on the JavaScript thread.
// Shutdown: at environment teardown Node waits for running work; `settle` may then never be called. Its own calls into
// Node may fail at any point, when a worker is terminated meanwhile: what they return is checked before it is used.
#pragma once

#include <napi.h>

#include <functional>
#include <utility>

#include "linux/failure.h"

namespace etherloom {

// {errno, syscall}: what JavaScript gets instead of a value; it makes the Error.
inline Napi::Value FailureToJs(Napi::Env env, const Failure& failure) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("errno", failure.error);
  object.Set("syscall", failure.syscall);
  return object;
}

// Runs `work` off the JavaScript thread and resolves a promise with what `settle` makes of its result.
template <typename Result>
class PromiseWorker final : public Napi::AsyncWorker {
 public:
  using Work = std::function<Failure(Result&)>;
  using Settle = std::function<Napi::Value(Napi::Env, Result&)>;

  static Napi::Value Run(Napi::Env env, Work work, Settle settle) {
    auto* worker = new PromiseWorker(env, std::move(work), std::move(settle));
    const Napi::Promise promise = worker->deferred_.Promise();
    worker->Queue();
    return promise;
  }

 private:
  PromiseWorker(Napi::Env env, Work work, Settle settle)
      : AsyncWorker(env, "etherloom"), deferred_(env), work_(std::move(work)), settle_(std::move(settle)) {}

  void Execute() override { failure_ = work_(result_); }

  void OnOK() override {
    const Napi::HandleScope scope(Env());
    const Napi::Value value = failure_ ? FailureToJs(Env(), failure_) : settle_(Env(), result_);
    if (!value.IsEmpty()) deferred_.Resolve(value);
  }

  Napi::Promise::Deferred deferred_;
  Work work_;
  Settle settle_;
  Result result_{};
  Failure failure_;
};

}  // namespace etherloom
