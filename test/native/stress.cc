// Native code under many threads at once, for ThreadSanitizer and AddressSanitizer: one netlink socket shared by all of
// them, namespaces entered and left, TAP queues opened, read, written and closed. Needs root. Prints what it did.

#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "linux/netlink_socket.h"
#include "linux/netns.h"
#include "linux/tun.h"

namespace {

using namespace etherloom;

void Check(const Failure& failure, const char* what) {
  if (!failure) return;
  fprintf(stderr, "%s: %s: %s\n", what, failure.syscall, strerror(-failure.error));
  exit(1);
}

void Require(bool condition, const char* what) {
  if (condition) return;
  fprintf(stderr, "failed: %s\n", what);
  exit(1);
}

std::vector<uint8_t> GetLinks(int requests) {
  std::vector<uint8_t> bytes;
  for (int i = 0; i < requests; ++i) {
    struct {
      nlmsghdr header;
      ifinfomsg info;
    } message{};
    message.header.nlmsg_len = sizeof message;
    message.header.nlmsg_type = RTM_GETLINK;
    // A dump, then single look-ups of the loopback.
    message.header.nlmsg_flags = NLM_F_REQUEST | (i == 0 ? NLM_F_DUMP : NLM_F_ACK);
    message.info.ifi_index = i == 0 ? 0 : 1;
    const auto* from = reinterpret_cast<const uint8_t*>(&message);
    bytes.insert(bytes.end(), from, from + sizeof message);
  }
  return bytes;
}

// A signal every few hundred microseconds, whose handler does not restart system calls: EINTR everywhere.
void Interrupt(long microseconds) {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigaction(SIGALRM, &action, nullptr);
  const itimerval interval{{0, microseconds}, {0, microseconds}};
  setitimer(ITIMER_REAL, &interval, nullptr);
}

// A receive buffer that is too small for the answers: those that are lost are reported, and the socket works on.
void Overflow(int netns) {
  UniqueFd fd;
  Check(NetlinkSocket::Open(NETLINK_ROUTE, netns, &fd), "open a netlink socket");
  const UniqueFd copy(dup(fd.get()));
  NetlinkSocket socket(std::move(fd), NETLINK_ROUTE);
  // After the socket has planned for a large one.
  const int small = 0;
  Require(setsockopt(copy.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small) == 0, "SO_RCVBUF");
  std::vector<uint8_t> many = GetLinks(101);
  many.erase(many.begin(), many.begin() + sizeof(nlmsghdr) + sizeof(ifinfomsg));
  NlReply reply;
  Check(socket.Transact(many, &reply), "transact");
  size_t lost = 0;
  for (const int32_t outcome : reply.outcomes) {
    Require(outcome == 0 || outcome == -ENOBUFS, "answered or known to be lost");
    lost += outcome == -ENOBUFS ? 1 : 0;
  }
  Require(reply.outcomes.size() == 100 && lost > 0, "answers were lost");
  const int enough = 1 << 18;
  Require(setsockopt(copy.get(), SOL_SOCKET, SO_RCVBUF, &enough, sizeof enough) == 0, "SO_RCVBUF");
  std::vector<uint8_t> one = GetLinks(2);
  one.erase(one.begin(), one.begin() + sizeof(nlmsghdr) + sizeof(ifinfomsg));
  NlReply again;
  Check(socket.Transact(one, &again), "transact after an overflow");
  Require(again.outcomes.size() == 1 && again.outcomes[0] == 0, "the socket works on");
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 100;
  UniqueFd netns;
  Check(CreateNetns(&netns), "create a namespace");
  Overflow(netns.get());
  Interrupt(300);
  UniqueFd fd;
  Check(NetlinkSocket::Open(NETLINK_ROUTE, netns.get(), &fd), "open a netlink socket");
  NetlinkSocket shared(std::move(fd), NETLINK_ROUTE);
  std::atomic<int> exchanges = 0;
  std::atomic<int> taps = 0;

  const auto talk = [&] {
    for (int i = 0; i < rounds; ++i) {
      std::vector<uint8_t> requests = GetLinks(20);
      NlReply reply;
      Check(shared.Transact(requests, &reply), "transact");
      Require(reply.outcomes.size() == 20, "one outcome per request");
      for (size_t k = 1; k < 20; ++k) Require(reply.outcomes[k] == 0, "the loopback is found");
      Require(reply.messages.size() >= 20, "an answer to each");
      ++exchanges;
    }
  };
  const auto open_taps = [&] {
    for (int i = 0; i < rounds; ++i) {
      UniqueFd tun;
      TunIdentity identity;
      Check(TunAttach(netns.get(), {"tap%d", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR, 0}, &tun, &identity), "open a TAP");
      Require(TunIoctl(tun.get(), "TUNSETVNETHDRSZ", 12, {}) == 0, "TUNSETVNETHDRSZ");
      TunQueue queue(std::move(tun), 12);
      std::vector<uint8_t> buffer(1 << 18);
      std::vector<FrameSlot> slots(64);
      Require(queue.Read(buffer, slots, {78, 65568, 64}) == 0, "nothing waits on a TAP that is down");
      slots[0] = {78, 60};
      const std::vector<uint32_t> order = {0, 99};
      Require(queue.Write(buffer, slots, order) == 2, "refused frames are dealt with");
      Require(queue.rejections().size() == 2, "and counted: EIO and EINVAL");
      ++taps;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(talk);
  for (int i = 0; i < 2; ++i) threads.emplace_back(open_taps);
  for (std::thread& thread : threads) thread.join();
  printf("%d exchanges, %d TAPs\n", exchanges.load(), taps.load());
  return 0;
}
