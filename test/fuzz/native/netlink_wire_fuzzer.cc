// Fuzz target for the netlink wire parser: any bytes at all, at any alignment.
//
// By itself (with replay_main.cc) it replays the corpus and seeded mutations of it; with clang's libFuzzer it looks for
// new inputs:
//   clang++ -std=c++20 -Inative -fsanitize=fuzzer,address test/fuzz/native/netlink_wire_fuzzer.cc
//   native/core/netlink_wire.cc

#include <cstdlib>
#include <vector>

#include "core/checksum.h"
#include "core/netlink_wire.h"

namespace {

void Require(bool condition) {
  if (!condition) abort();
}

bool Inside(std::span<const uint8_t> part, std::span<const uint8_t> whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void Parse(std::span<const uint8_t> input) {
  using namespace etherloom;
  NlMessageReader reader(input);
  NlMessage message;
  size_t messages = 0;
  while (reader.Next(&message)) {
    Require(++messages <= input.size() / kNlHeaderSize);
    Require(Inside(message.bytes, input) && Inside(message.payload, message.bytes));
    Require(message.payload.size() + kNlHeaderSize == message.bytes.size());
    NlAcknowledgement error;
    NlAcknowledgement done;
    Require(ParseNlError(message, &error) == (message.payload.size() >= 4));
    Require(ParseNlDone(message, &done) == (message.payload.size() >= 4));
    Require(error.message.size() <= message.payload.size() && error.policy.size() <= message.payload.size());
    Require(done.message.size() <= message.payload.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Parse({data, size});
  // The same at an odd address, in a block that ends where the input does.
  std::vector<uint8_t> shifted(size + 1);
  if (size > 0) memcpy(shifted.data() + 1, data, size);
  Parse({shifted.data() + 1, size});
  if (size >= 4) {
    std::vector<uint8_t> frame(data + 4, data + size);
    const uint16_t start = etherloom::Load<uint16_t>(data);
    const uint16_t offset = etherloom::Load<uint16_t>(data + 2);
    const bool inside = size_t{start} + offset + 2 <= frame.size();
    Require(etherloom::FinishChecksum(frame, start, offset) == inside);
  }
  return 0;
}
