#pragma once

#include <cerrno>

namespace etherloom {

// Outcome of an operation made of system calls: which call failed and why. `error` is a negative errno, 0 is success;
// `syscall` is a string literal.
struct [[nodiscard]] Failure {
  int error = 0;
  const char* syscall = "";

  static Failure Errno(const char* syscall) { return {-errno, syscall}; }
  explicit operator bool() const { return error != 0; }
};

}  // namespace etherloom
