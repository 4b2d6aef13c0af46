#include "linux/tun.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "core/checksum.h"
#include "core/vnet_header.h"
#include "linux/netns.h"

namespace etherloom {
namespace {

enum class Argument {
  kNone,      // no argument
  kValue,     // the number itself
  kIn,        // pointer to the number, as an int
  kOut,       // pointer to an int the kernel fills
  kQueue,     // struct ifreq with the number as its flags
  kFilter,    // struct sock_fprog over `bytes`
  kTxFilter,  // struct tun_filter: `bytes`
};

struct IoctlEntry {
  std::string_view name;
  unsigned long request;
  Argument argument;
};

constexpr IoctlEntry kIoctls[] = {
    {"TUNSETPERSIST", TUNSETPERSIST, Argument::kValue},      {"TUNSETOWNER", TUNSETOWNER, Argument::kValue},
    {"TUNSETGROUP", TUNSETGROUP, Argument::kValue},          {"TUNSETLINK", TUNSETLINK, Argument::kValue},
    {"TUNSETOFFLOAD", TUNSETOFFLOAD, Argument::kValue},      {"TUNSETDEBUG", TUNSETDEBUG, Argument::kValue},
    {"TUNGETFEATURES", TUNGETFEATURES, Argument::kOut},      {"TUNSETQUEUE", TUNSETQUEUE, Argument::kQueue},
    {"TUNSETTXFILTER", TUNSETTXFILTER, Argument::kTxFilter}, {"TUNATTACHFILTER", TUNATTACHFILTER, Argument::kFilter},
    {"TUNDETACHFILTER", TUNDETACHFILTER, Argument::kNone},   {"TUNGETSNDBUF", TUNGETSNDBUF, Argument::kOut},
    {"TUNSETSNDBUF", TUNSETSNDBUF, Argument::kIn},           {"TUNGETVNETHDRSZ", TUNGETVNETHDRSZ, Argument::kOut},
    {"TUNSETVNETHDRSZ", TUNSETVNETHDRSZ, Argument::kIn},     {"TUNGETVNETLE", TUNGETVNETLE, Argument::kOut},
    {"TUNSETVNETLE", TUNSETVNETLE, Argument::kIn},           {"TUNGETVNETBE", TUNGETVNETBE, Argument::kOut},
    {"TUNSETVNETBE", TUNSETVNETBE, Argument::kIn},           {"TUNSETSTEERINGEBPF", TUNSETSTEERINGEBPF, Argument::kIn},
    {"TUNSETFILTEREBPF", TUNSETFILTEREBPF, Argument::kIn},   {"TUNSETCARRIER", TUNSETCARRIER, Argument::kIn},
    {"TUNGETDEVNETNS", TUNGETDEVNETNS, Argument::kNone},
};

int64_t Result(int status) { return status < 0 ? -errno : status; }

}  // namespace

Failure TunAttach(int netns, const TunAttachOptions& options, UniqueFd* fd, TunIdentity* identity) {
  return RunInNetns(netns, [&]() -> Failure {
    // The namespace is fixed by this open(), not by TUNSETIFF.
    UniqueFd tun(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (!tun) return Failure::Errno("open /dev/net/tun");
    if (options.ifindex != 0 && ioctl(tun.get(), TUNSETIFINDEX, &options.ifindex) != 0) {
      return Failure::Errno("ioctl TUNSETIFINDEX");
    }
    ifreq request{};
    if (options.name.size() >= sizeof request.ifr_name) return {-ENAMETOOLONG, "ioctl TUNSETIFF"};
    memcpy(request.ifr_name, options.name.data(), options.name.size());
    request.ifr_flags = static_cast<short>(options.flags);
    if (ioctl(tun.get(), TUNSETIFF, &request) != 0) return Failure::Errno("ioctl TUNSETIFF");
    if (const Failure failure = TunQuery(tun.get(), identity)) return failure;
    *fd = std::move(tun);
    return {};
  });
}

Failure TunQuery(int fd, TunIdentity* out) {
  ifreq request{};
  if (ioctl(fd, TUNGETIFF, &request) != 0) return Failure::Errno("ioctl TUNGETIFF");
  out->name.assign(request.ifr_name, strnlen(request.ifr_name, sizeof request.ifr_name));
  out->flags = static_cast<uint16_t>(request.ifr_flags);
  return {};
}

int64_t TunIoctl(int fd, std::string_view name, int64_t number, std::span<const uint8_t> bytes) {
  const auto* entry =
      std::find_if(std::begin(kIoctls), std::end(kIoctls), [&](const IoctlEntry& e) { return e.name == name; });
  if (entry == std::end(kIoctls)) return -EINVAL;
  int value = static_cast<int>(number);
  switch (entry->argument) {
    case Argument::kNone:
      return Result(ioctl(fd, entry->request, 0));
    case Argument::kValue:
      return Result(ioctl(fd, entry->request, static_cast<unsigned long>(number)));
    case Argument::kIn:
      return Result(ioctl(fd, entry->request, &value));
    case Argument::kOut:
      if (ioctl(fd, entry->request, &value) != 0) return -errno;
      return value;
    case Argument::kQueue: {
      ifreq request{};
      request.ifr_flags = static_cast<short>(number);
      return Result(ioctl(fd, entry->request, &request));
    }
    case Argument::kFilter: {
      if (bytes.empty() || bytes.size() % sizeof(sock_filter) != 0 ||
          bytes.size() / sizeof(sock_filter) > BPF_MAXINSNS) {
        return -EINVAL;
      }
      std::vector<sock_filter> program(bytes.size() / sizeof(sock_filter));
      memcpy(program.data(), bytes.data(), bytes.size());
      const sock_fprog argument{static_cast<unsigned short>(program.size()), program.data()};
      return Result(ioctl(fd, entry->request, &argument));
    }
    case Argument::kTxFilter:
      // struct tun_filter { __u16 flags; __u16 count; __u8 addr[count][6]; }: the kernel reads what `count` says.
      if (bytes.size() < 4) return -EINVAL;
      uint16_t count;
      memcpy(&count, bytes.data() + 2, sizeof count);
      if (bytes.size() != 4 + size_t{6} * count) return -EINVAL;
      return Result(ioctl(fd, entry->request, bytes.data()));
  }
  return -EINVAL;
}

Failure LoadSocketFilter(std::span<const uint8_t> instructions, UniqueFd* out) {
  if (instructions.empty() || instructions.size() % sizeof(bpf_insn) != 0) return {-EINVAL, "bpf BPF_PROG_LOAD"};
  std::vector<bpf_insn> program(instructions.size() / sizeof(bpf_insn));
  memcpy(program.data(), instructions.data(), instructions.size());
  static constexpr char kLicense[] = "GPL";
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  attributes.insns = reinterpret_cast<uintptr_t>(program.data());
  attributes.insn_cnt = static_cast<uint32_t>(program.size());
  attributes.license = reinterpret_cast<uintptr_t>(kLicense);
  // The kernel opens the program's descriptor close-on-exec.
  *out = UniqueFd(static_cast<int>(syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes)));
  return *out ? Failure{} : Failure::Errno("bpf BPF_PROG_LOAD");
}

int TunQueue::Read(std::span<uint8_t> buffer, std::span<FrameSlot> slots, const TunReadOptions& options) {
  const size_t limit = std::min<size_t>(slots.size(), options.limit);
  const size_t room = size_t{options.headroom} + options.max_frame;
  size_t cursor = 0;
  size_t count = 0;
  uint64_t bytes = 0;
  while (count < limit && cursor + room <= buffer.size()) {
    uint8_t* frame = buffer.data() + cursor + options.headroom;
    const ssize_t size = read(fd_.get(), frame - header_size_, options.max_frame + header_size_);
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || count > 0) break;
      return -errno;
    }
    const auto length = static_cast<uint32_t>(size < header_size_ ? 0 : size - header_size_);
    uint8_t* header = frame - kVnetHeaderSize;
    if (header_size_ == 0) {
      memset(header, 0, kVnetHeaderSize);
    } else if (header_size_ != kVnetHeaderSize) {
      memmove(header, frame - header_size_, header_size_);
      memset(header + header_size_, 0, kVnetHeaderSize - header_size_);
    }
    slots[count++] = {static_cast<uint32_t>(cursor + options.headroom), length};
    bytes += length;
    cursor = (cursor + options.headroom + length + kSlotAlignment - 1) & ~(kSlotAlignment - 1);
  }
  counters_.rx_frames += count;
  counters_.rx_bytes += bytes;
  return static_cast<int>(count);
}

int TunQueue::Write(std::span<uint8_t> buffer, std::span<const FrameSlot> slots, std::span<const uint32_t> order) {
  uint64_t frames = 0;
  uint64_t bytes = 0;
  size_t done = 0;
  int fatal = 0;
  for (; done < order.size(); ++done) {
    const uint32_t index = order[done];
    // The slots come from JavaScript: nothing in them is trusted.
    if (index >= slots.size()) {
      Reject(EINVAL);
      continue;
    }
    const auto [offset, length] = slots[index];
    if (offset < kVnetHeaderSize || size_t{offset} + length > buffer.size()) {
      Reject(EINVAL);
      continue;
    }
    const int error = WriteFrame(buffer.data() + offset, length);
    if (error == 0) {
      ++frames;
      bytes += length;
    } else if (error == EAGAIN || error == ENOBUFS) {
      break;
    } else if (error == EBADFD || error == EBADF) {
      fatal = -error;
      break;
    } else {
      Reject(error);
    }
  }
  counters_.tx_frames += frames;
  counters_.tx_bytes += bytes;
  return fatal != 0 ? fatal : static_cast<int>(done);
}

int TunQueue::WriteFrame(uint8_t* frame, uint32_t length) {
  uint8_t* header = frame - kVnetHeaderSize;
  ssize_t size;
  do {
    if (header_size_ == kVnetHeaderSize) {
      size = write(fd_.get(), header, kVnetHeaderSize + length);
    } else if (header_size_ != 0) {
      const iovec parts[] = {{header, header_size_}, {frame, length}};
      size = writev(fd_.get(), parts, 2);
    } else {
      VnetHeader vnet;
      memcpy(&vnet, header, sizeof vnet);
      // A device without the header can be told neither to segment nor to finish a checksum.
      if (vnet.gso_type != kVnetGsoNone) return EMSGSIZE;
      if ((vnet.flags & kVnetNeedsCsum) != 0) {
        if (!FinishChecksum({frame, length}, vnet.csum_start, vnet.csum_offset)) return EINVAL;
        header[0] = static_cast<uint8_t>(vnet.flags & ~kVnetNeedsCsum);
      }
      size = write(fd_.get(), frame, length);
    }
  } while (size < 0 && errno == EINTR);
  return size < 0 ? errno : 0;
}

void TunQueue::Reject(int error) {
  for (size_t i = 0; i < rejection_kinds_; ++i) {
    if (rejections_[i].error == error) {
      ++rejections_[i].count;
      return;
    }
  }
  // The last place counts every further kind.
  if (rejection_kinds_ < rejections_.size()) {
    rejections_[rejection_kinds_++] = {error, 1};
  } else {
    ++rejections_.back().count;
  }
}

}  // namespace etherloom
