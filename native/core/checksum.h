// The internet checksum (RFC 1071), for frames whose checksum a virtio header left to be finished.
#pragma once

#include <cstdint>
#include <span>

namespace etherloom {

// One's complement sum of `bytes` as big-endian 16-bit words, folded to 16 bits, not complemented.
uint16_t InternetSum(std::span<const uint8_t> bytes);

// Finishes a VIRTIO_NET_HDR_F_NEEDS_CSUM frame: the field at start + offset holds the pseudo-header sum. Returns false,
// leaving the frame alone, when the field is not inside it. A UDP result of 0 is sent as 0xffff (RFC 768), which is
// harmless for the other protocols: both mean zero in one's complement.
bool FinishChecksum(std::span<uint8_t> frame, uint16_t start, uint16_t offset);

}  // namespace etherloom
