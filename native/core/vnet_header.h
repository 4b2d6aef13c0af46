// struct virtio_net_hdr_v1 (virtio 1.2, section 5.1.6), declared here because <linux/virtio_net.h> does not compile as
// C++. Little-endian on the wire; the devices are set to TUNSETVNETLE.
#pragma once

#include <cstdint>

namespace etherloom {

struct VnetHeader {
  uint8_t flags;
  uint8_t gso_type;
  uint16_t hdr_len;
  uint16_t gso_size;
  uint16_t csum_start;
  uint16_t csum_offset;
  uint16_t num_buffers;
};
static_assert(sizeof(VnetHeader) == 12);

inline constexpr uint8_t kVnetNeedsCsum = 1;
inline constexpr uint8_t kVnetGsoNone = 0;

}  // namespace etherloom
