// Owner: whoever holds the object.  Threads: none of its own; not shared without a lock.
// Shutdown: the destructor closes.
#pragma once

#include <unistd.h>

#include <utility>

namespace etherloom {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    Reset(other.Release());
    return *this;
  }
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1) {
    // close() releases the descriptor even when it reports EINTR on Linux: never retried.
    if (const int old = std::exchange(fd_, fd); old >= 0) close(old);
  }

 private:
  int fd_ = -1;
};

}  // namespace etherloom
