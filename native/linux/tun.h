// /dev/net/tun: attaching to a TUN or TAP queue, its ioctls, and its frames in batches.
//
// Theory of operation: frames are read straight into a caller's buffer, one after another, each at a 64-byte aligned
// slot with headroom before it. A 12-byte virtio header always has its place right before the frame, zeroed when the
// device has none, so that a batch read from one device can be written to any other.
//
// Owner: the binding.  Threads: attaching and ioctls run on any thread, frames on one thread at a time.
// Shutdown: TunQueue closes its descriptor when the last reference goes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "linux/failure.h"
#include "linux/unique_fd.h"

namespace etherloom {

inline constexpr size_t kVnetHeaderSize = 12;  // struct virtio_net_hdr_v1
inline constexpr size_t kSlotAlignment = 64;

struct TunAttachOptions {
  std::string name;      // may hold a %d pattern; empty lets the kernel choose
  uint32_t flags = 0;    // IFF_*
  uint32_t ifindex = 0;  // TUNSETIFINDEX when not 0
};

struct TunIdentity {
  std::string name;
  uint32_t flags = 0;
};

// Opens /dev/net/tun inside `netns` (or kHere) and attaches.
Failure TunAttach(int netns, const TunAttachOptions& options, UniqueFd* fd, TunIdentity* identity);

// TUNGETIFF. EBADFD: the descriptor is a tun one without a device (never attached, or its interface is gone).
Failure TunQuery(int fd, TunIdentity* out);

// Runs the ioctl of that name. `number` is its integer argument, `bytes` what a struct argument points at. Returns what
// the ioctl yields (0 where it yields nothing) or a negative errno; EINVAL for a name that is not known.
int64_t TunIoctl(int fd, std::string_view name, int64_t number, std::span<const uint8_t> bytes);

// BPF_PROG_LOAD of a BPF_PROG_TYPE_SOCKET_FILTER program: what TUNSETSTEERINGEBPF and TUNSETFILTEREBPF take.
Failure LoadSocketFilter(std::span<const uint8_t> instructions, UniqueFd* out);

// One frame of a batch, as JavaScript sees it in a Uint32Array.
struct FrameSlot {
  uint32_t offset;
  uint32_t length;
};

struct TunCounters {
  uint64_t rx_frames = 0;
  uint64_t rx_bytes = 0;
  uint64_t tx_frames = 0;
  uint64_t tx_bytes = 0;
};

struct TunReadOptions {
  uint32_t headroom;   // bytes before each frame, at least kVnetHeaderSize
  uint32_t max_frame;  // bytes of room a frame needs; reading stops where less is left
  uint32_t limit;      // frames
};

class TunQueue {
 public:
  // `vnet_header_size`: bytes of header before each frame on this descriptor: 0, 10 or 12.
  TunQueue(UniqueFd fd, uint32_t vnet_header_size) : fd_(std::move(fd)), header_size_(vnet_header_size) {}

  int fd() const { return fd_.get(); }
  int Release() { return fd_.Release(); }
  void set_vnet_header_size(uint32_t size) { header_size_ = size; }
  const TunCounters& counters() const { return counters_; }

  // Reads until `slots`, `buffer` or the queue is exhausted. Returns the number of frames, or a negative errno when the
  // first read failed (EAGAIN is 0 frames).
  int Read(std::span<uint8_t> buffer, std::span<FrameSlot> slots, const TunReadOptions& options);

  // Writes the frames `order` names, in that order. Returns how many were dealt with: sent, or refused and counted. It
  // is less than all only when the device can take no more now. Negative errno: the descriptor is of no use any more.
  int Write(std::span<uint8_t> buffer, std::span<const FrameSlot> slots, std::span<const uint32_t> order);

  // Refusals so far, by errno.
  struct Rejection {
    int error;
    uint64_t count;
  };
  std::span<const Rejection> rejections() const { return {rejections_.data(), rejection_kinds_}; }

 private:
  int WriteFrame(uint8_t* frame, uint32_t length);
  void Reject(int error);

  UniqueFd fd_;
  uint32_t header_size_;
  TunCounters counters_;
  std::array<Rejection, 16> rejections_{};
  size_t rejection_kinds_ = 0;
};

}  // namespace etherloom
