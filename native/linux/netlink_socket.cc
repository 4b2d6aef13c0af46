#include "linux/netlink_socket.h"

#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "linux/netns.h"

namespace etherloom {
namespace {

constexpr int kReceiveBuffer = 4 << 20;
// What an answer costs of the receive buffer (skb->truesize): a bare ack, and an echoed or fetched object.
constexpr size_t kAckCost = 1536;
constexpr size_t kObjectCost = 8192;
// One sendmsg() copies its messages into one skb.
constexpr size_t kMaxChunkBytes = 64 << 10;
// The kernel runs all messages of one sendmsg() before it lets another thread have the processor, and one that makes or
// changes an interface takes up to a few hundred microseconds.
constexpr size_t kMaxChunkMessages = 16;
// The kernel fills the datagrams of a dump up to the largest buffer it was ever offered, and never beyond this
// (netlink_dump, netlink_recvmsg).
constexpr size_t kDumpDatagram = 32 << 10;
// The kernel answers inside sendmsg(); only a family that answers later ever waits.
constexpr int kAnswerTimeoutMs = 30'000;

#ifndef NETLINK_GET_STRICT_CHK
#define NETLINK_GET_STRICT_CHK 12
#endif

// The kind of an rtnetlink message (NEW, DEL, GET, SET) is in its two lowest bits (enum rtnl_kinds).
bool IsRouteGet(uint16_t type) { return (type & 3) == 2; }

bool IsDump(int protocol, uint16_t type, uint16_t flags) {
  if ((flags & NLM_F_DUMP) != NLM_F_DUMP) return false;
  // In rtnetlink the same bits mean REPLACE|EXCL on NEW and DEL.
  return protocol != NETLINK_ROUTE || IsRouteGet(type);
}

}  // namespace

Failure NetlinkSocket::Open(int protocol, int netns, UniqueFd* out) {
  const Failure failure = RunInNetns(netns, [&]() -> Failure {
    *out = UniqueFd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    return *out ? Failure{} : Failure::Errno("socket AF_NETLINK");
  });
  if (failure) return failure;
  const int fd = out->get();
  const int on = 1;
  // Kernels before 4.12 (extended acks) and 4.20 (strict checks) answer ENOPROTOOPT: they work without.
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  }
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return Failure::Errno("bind AF_NETLINK");
  return {};
}

NetlinkSocket::NetlinkSocket(UniqueFd fd, int protocol) : fd_(std::move(fd)), protocol_(protocol) {
  int size = 0;
  socklen_t length = sizeof size;
  getsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &size, &length);
  receive_budget_ = static_cast<size_t>(size) / 2;
}

Failure NetlinkSocket::Split(std::span<uint8_t> requests, std::vector<Request>* out) {
  NlMessageReader reader(requests);
  NlMessage message;
  while (reader.Next(&message)) {
    const auto offset = static_cast<size_t>(message.bytes.data() - requests.data());
    out->push_back({offset, message.bytes.size(), IsDump(protocol_, message.type, message.flags),
                    (message.flags & NLM_F_ECHO) != 0 || protocol_ != NETLINK_ROUTE || IsRouteGet(message.type)});
    const uint32_t sequence = ++sequence_;
    memcpy(requests.data() + offset + 8, &sequence, sizeof sequence);
    // An unanswered request would leave the exchange waiting for ever.
    if (!out->back().dump && (message.flags & NLM_F_ACK) == 0) return {-EINVAL, "netlink request"};
  }
  if (reader.malformed()) return {-EBADMSG, "netlink request"};
  return {};
}

Failure NetlinkSocket::Transact(std::span<uint8_t> requests, NlReply* reply) {
  const std::lock_guard lock(mutex_);
  base_ = sequence_ + 1;
  std::vector<Request> list;
  if (const Failure failure = Split(requests, &list)) return failure;
  reply->outcomes.assign(list.size(), 0);
  reply->interrupted.assign(list.size(), 0);

  for (size_t first = 0; first < list.size();) {
    size_t last = first;
    size_t bytes = 0;
    size_t cost = 0;
    // A chunk is one dump, or as many other requests as the buffers take.
    do {
      const Request& request = list[last];
      bytes += NlAlign(request.length);
      cost += request.answers_object ? kObjectCost : kAckCost;
      ++last;
    } while (last < list.size() && last - first < kMaxChunkMessages && !list[first].dump && !list[last].dump &&
             bytes + list[last].length <= kMaxChunkBytes && cost + kObjectCost <= receive_budget_);
    const size_t begin = list[first].offset;
    const size_t end = list[last - 1].offset + list[last - 1].length;
    if (const Failure failure = Send(requests.subspan(begin, end - begin))) return failure;
    if (const Failure failure = Collect(first, last - first, reply)) return failure;
    first = last;
  }
  return {};
}

Failure NetlinkSocket::Send(std::span<const uint8_t> bytes) {
  for (;;) {
    if (send(fd_.get(), bytes.data(), bytes.size(), 0) >= 0) return {};
    if (errno != EINTR) return Failure::Errno("send AF_NETLINK");
  }
}

// Appends one datagram, whole: it is looked at first and taken when all of it has been seen, so that none is ever
// truncated.
Failure NetlinkSocket::ReceiveDatagram(NlReply* reply, size_t* start, size_t* length) {
  std::vector<uint8_t>& data = reply->data;
  *start = data.size();
  for (;;) {
    data.resize(*start + kDumpDatagram);
    sockaddr_nl from{};
    socklen_t from_length = sizeof from;
    ssize_t size = recvfrom(fd_.get(), data.data() + *start, kDumpDatagram, MSG_PEEK | MSG_TRUNC,
                            reinterpret_cast<sockaddr*>(&from), &from_length);
    if (size >= 0) {
      const auto whole = static_cast<size_t>(size);
      data.resize(*start + std::max(whole, kDumpDatagram));
      // The bytes are here already, unless there are more than was room for.
      size = recv(fd_.get(), data.data() + *start, whole > kDumpDatagram ? whole : 0, 0);
      if (size >= 0) {
        // Another process may send to our port id; only the kernel (port 0) is listened to.
        if (from.nl_pid != 0) continue;
        data.resize(*start + NlAlign(whole));
        *length = whole;
        return {};
      }
    }
    if (errno == EINTR) continue;
    const int error = errno;
    data.resize(*start);
    if (error != EAGAIN) return {-error, "recv AF_NETLINK"};
    pollfd ready{fd_.get(), POLLIN, 0};
    const int count = poll(&ready, 1, kAnswerTimeoutMs);
    if (count == 0) return {-ETIMEDOUT, "recv AF_NETLINK"};
    if (count < 0 && errno != EINTR) return Failure::Errno("poll");
  }
}

Failure NetlinkSocket::Collect(size_t first, size_t pending, NlReply* reply) {
  const size_t end = first + pending;
  std::vector<bool> answered(pending, false);
  while (pending > 0) {
    size_t start = 0;
    size_t length = 0;
    const Failure failure = ReceiveDatagram(reply, &start, &length);
    if (failure) {
      // The receive buffer overflowed: answers are lost, and with them what became of their requests.
      if (failure.error != -ENOBUFS) return failure;
      for (size_t i = first; i < end; ++i) {
        if (!answered[i - first]) reply->outcomes[i] = -ENOBUFS;
      }
      while (recv(fd_.get(), nullptr, 0, MSG_DONTWAIT) >= 0) continue;
      return {};
    }
    NlMessageReader reader(std::span<const uint8_t>(reply->data).subspan(start, length));
    NlMessage message;
    while (reader.Next(&message)) {
      const uint32_t request = message.sequence - base_;
      // An answer to an exchange that was given up.
      if (request < first || request >= end || answered[request - first]) continue;
      if ((message.flags & NLM_F_DUMP_INTR) != 0) reply->interrupted[request] = 1;
      if (message.type == NLMSG_ERROR || message.type == NLMSG_DONE) {
        NlAcknowledgement ack;
        const bool parsed = message.type == NLMSG_ERROR ? ParseNlError(message, &ack) : ParseNlDone(message, &ack);
        reply->outcomes[request] = parsed ? std::min(ack.error, 0) : -EBADMSG;
        if (ack.has_details()) reply->extacks.push_back({request, std::move(ack)});
        answered[request - first] = true;
        --pending;
      } else if (message.type >= NLMSG_MIN_TYPE) {
        const auto offset = static_cast<uint32_t>(message.payload.data() - reply->data.data());
        reply->messages.push_back(
            {request, message.type, message.flags, offset, static_cast<uint32_t>(message.payload.size())});
      }
    }
    if (reader.malformed()) return {-EBADMSG, "recv AF_NETLINK"};
  }
  return {};
}

}  // namespace etherloom
