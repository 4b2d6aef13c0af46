#include "core/checksum.h"

#include <cstddef>
#include <cstring>

namespace etherloom {

uint16_t InternetSum(std::span<const uint8_t> bytes) {
  const uint8_t* at = bytes.data();
  size_t left = bytes.size();
  uint64_t sum = 0;
  // Summing in native order is right up to one final byte swap (RFC 1071, section 2 B).
  for (; left >= 4; at += 4, left -= 4) {
    uint32_t word;
    memcpy(&word, at, sizeof word);
    sum += word;
  }
  if (left > 0) {
    uint8_t tail[4] = {0, 0, 0, 0};
    memcpy(tail, at, left);
    uint32_t word;
    memcpy(&word, tail, sizeof word);
    sum += word;
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  uint8_t octets[2];
  const auto folded = static_cast<uint16_t>(sum);
  memcpy(octets, &folded, sizeof octets);
  return static_cast<uint16_t>(octets[0] << 8 | octets[1]);
}

bool FinishChecksum(std::span<uint8_t> frame, uint16_t start, uint16_t offset) {
  const size_t field = size_t{start} + offset;
  if (field + 2 > frame.size()) return false;
  uint16_t sum = static_cast<uint16_t>(~InternetSum(frame.subspan(start)));
  if (sum == 0) sum = 0xffff;
  frame[field] = static_cast<uint8_t>(sum >> 8);
  frame[field + 1] = static_cast<uint8_t>(sum);
  return true;
}

}  // namespace etherloom
