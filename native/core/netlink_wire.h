// Parsing of netlink messages (RFC 3549, include/uapi/linux/netlink.h). Pure: no system calls, no Node. Every length
// comes from outside and is checked before use; loads are by memcpy, so the input may be misaligned.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace etherloom {

inline constexpr size_t kNlHeaderSize = 16;
inline constexpr size_t kNlAttributeHeaderSize = 4;

constexpr size_t NlAlign(size_t length) { return (length + 3) & ~size_t{3}; }

template <typename T>
T Load(const uint8_t* from) {
  T value;
  memcpy(&value, from, sizeof value);
  return value;
}

// A view of one message; valid as long as the bytes it was read from.
struct NlMessage {
  uint16_t type = 0;
  uint16_t flags = 0;
  uint32_t sequence = 0;
  uint32_t port = 0;
  std::span<const uint8_t> bytes;    // header included
  std::span<const uint8_t> payload;  // header excluded
};

// Walks the messages of one or more datagrams. Stops for good at the first message whose length lies.
class NlMessageReader {
 public:
  explicit NlMessageReader(std::span<const uint8_t> bytes) : rest_(bytes) {}

  bool Next(NlMessage* message);
  // Whether the walk ended before the bytes did.
  bool malformed() const { return malformed_; }

 private:
  std::span<const uint8_t> rest_;
  bool malformed_ = false;
};

// What NLMSG_ERROR and NLMSG_DONE carry.
struct NlAcknowledgement {
  int32_t error = 0;
  std::string message;                // NLMSGERR_ATTR_MSG
  std::optional<uint32_t> offset;     // NLMSGERR_ATTR_OFFS
  std::optional<uint32_t> miss_type;  // NLMSGERR_ATTR_MISS_TYPE
  std::optional<uint32_t> miss_nest;  // NLMSGERR_ATTR_MISS_NEST
  std::vector<uint8_t> policy;        // NLMSGERR_ATTR_POLICY, undecoded

  bool has_details() const { return !message.empty() || offset || miss_type || miss_nest || !policy.empty(); }
};

// Parses an NLMSG_ERROR, its echoed request capped or whole. Returns false when it is too short to hold an errno.
bool ParseNlError(const NlMessage& message, NlAcknowledgement* out);

// Parses an NLMSG_DONE: no echoed header stands before its attributes.
bool ParseNlDone(const NlMessage& message, NlAcknowledgement* out);

}  // namespace etherloom
