// One netlink socket and its request/answer exchanges.
//
// Theory of operation: the kernel handles a request inside sendmsg() and queues the answers on the socket at once, so
// many messages go out in one system call and their acks come back in order. Acks and echoes occupy the receive
// buffer until they are read: a chunk is bounded by what the buffer can hold. A dump is sent alone, because the
// kernel runs one dump per socket (EBUSY otherwise).
//
// Owner: the binding, shared with the worker that runs a request.  Threads: Transact() locks; one exchange at a time.
// Shutdown: the destructor closes the socket.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "core/netlink_wire.h"
#include "linux/failure.h"
#include "linux/unique_fd.h"

namespace etherloom {

struct NlReplyMessage {
  uint32_t request;
  uint32_t type;
  uint32_t flags;
  uint32_t offset;  // of the payload in NlReply::data
  uint32_t length;  // of the payload
};

struct NlExtack {
  uint32_t request;
  NlAcknowledgement acknowledgement;
};

struct NlReply {
  std::vector<uint8_t> data;
  std::vector<NlReplyMessage> messages;
  std::vector<int32_t> outcomes;
  std::vector<uint8_t> interrupted;
  std::vector<NlExtack> extacks;
};

class NetlinkSocket {
 public:
  // Opens a socket of `protocol` (NETLINK_ROUTE, ...) inside `netns`, or here when that is kHere.
  static Failure Open(int protocol, int netns, UniqueFd* out);

  NetlinkSocket(UniqueFd fd, int protocol);

  // Sends `requests` (whole messages, each 4-byte aligned, each with NLM_F_ACK or a dump) and collects all answers.
  // Sequence numbers are written into `requests`.
  Failure Transact(std::span<uint8_t> requests, NlReply* reply);

 private:
  struct Request {
    size_t offset;
    size_t length;
    bool dump;
    bool answers_object;  // an echo or a GET: its answer is more than an ack
  };

  Failure Split(std::span<uint8_t> requests, std::vector<Request>* out);
  Failure Send(std::span<const uint8_t> bytes);
  // Receives until `pending` requests, numbered from `first`, are answered.
  Failure Collect(size_t first, size_t pending, NlReply* reply);
  Failure ReceiveDatagram(NlReply* reply, size_t* start, size_t* length);

  std::mutex mutex_;
  UniqueFd fd_;  // GUARDED_BY(mutex_)
  const int protocol_;
  size_t receive_budget_ = 0;
  uint32_t sequence_ = 0;  // GUARDED_BY(mutex_)
  uint32_t base_ = 0;      // sequence number of request 0 of the exchange; GUARDED_BY(mutex_)
};

}  // namespace etherloom
