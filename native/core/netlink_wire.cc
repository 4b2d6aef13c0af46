#include "core/netlink_wire.h"

#include <linux/netlink.h>

namespace etherloom {
namespace {

void ParseExtack(std::span<const uint8_t> rest, NlAcknowledgement* out) {
  while (rest.size() >= kNlAttributeHeaderSize) {
    const size_t length = Load<uint16_t>(rest.data());
    const unsigned type = Load<uint16_t>(rest.data() + 2) & NLA_TYPE_MASK;
    if (length < kNlAttributeHeaderSize || length > rest.size()) return;
    const std::span<const uint8_t> value = rest.subspan(kNlAttributeHeaderSize, length - kNlAttributeHeaderSize);
    const std::optional<uint32_t> number =
        value.size() >= 4 ? std::optional<uint32_t>(Load<uint32_t>(value.data())) : std::nullopt;
    switch (type) {
      case NLMSGERR_ATTR_MSG:
        out->message.assign(reinterpret_cast<const char*>(value.data()),
                            strnlen(reinterpret_cast<const char*>(value.data()), value.size()));
        break;
      case NLMSGERR_ATTR_OFFS:
        out->offset = number;
        break;
      case NLMSGERR_ATTR_MISS_TYPE:
        out->miss_type = number;
        break;
      case NLMSGERR_ATTR_MISS_NEST:
        out->miss_nest = number;
        break;
      case NLMSGERR_ATTR_POLICY:
        out->policy.assign(value.begin(), value.end());
        break;
      default:
        break;
    }
    rest = rest.subspan(std::min(NlAlign(length), rest.size()));
  }
}

}  // namespace

bool NlMessageReader::Next(NlMessage* message) {
  if (rest_.empty() || malformed_) return false;
  const size_t length = rest_.size() < kNlHeaderSize ? 0 : Load<uint32_t>(rest_.data());
  if (length < kNlHeaderSize || length > rest_.size()) {
    malformed_ = true;
    return false;
  }
  message->type = Load<uint16_t>(rest_.data() + 4);
  message->flags = Load<uint16_t>(rest_.data() + 6);
  message->sequence = Load<uint32_t>(rest_.data() + 8);
  message->port = Load<uint32_t>(rest_.data() + 12);
  message->bytes = rest_.first(length);
  message->payload = message->bytes.subspan(kNlHeaderSize);
  rest_ = rest_.subspan(std::min(NlAlign(length), rest_.size()));
  return true;
}

bool ParseNlError(const NlMessage& message, NlAcknowledgement* out) {
  std::span<const uint8_t> rest = message.payload;
  if (rest.size() < sizeof(int32_t)) return false;
  out->error = Load<int32_t>(rest.data());
  if ((message.flags & NLM_F_ACK_TLVS) == 0) return true;
  rest = rest.subspan(sizeof(int32_t));
  if (rest.size() < kNlHeaderSize) return true;
  const size_t echoed = (message.flags & NLM_F_CAPPED) != 0 ? kNlHeaderSize : NlAlign(Load<uint32_t>(rest.data()));
  if (echoed < kNlHeaderSize || echoed > rest.size()) return true;
  ParseExtack(rest.subspan(echoed), out);
  return true;
}

bool ParseNlDone(const NlMessage& message, NlAcknowledgement* out) {
  if (message.payload.size() < sizeof(int32_t)) return false;
  out->error = Load<int32_t>(message.payload.data());
  if ((message.flags & NLM_F_ACK_TLVS) != 0) ParseExtack(message.payload.subspan(sizeof(int32_t)), out);
  return true;
}

}  // namespace etherloom
