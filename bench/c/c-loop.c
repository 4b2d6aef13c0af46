// The limit for any program that switches frames between two TAPs by read() and write(): c-loop NETNS_A NETNS_B on|off
// "on" takes a virtio header and every offload, as bench/programs/forward.ts does.

#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static char buffer[1 << 17];

static int open_tap(const char *netns, int offload) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", netns);
  struct ifreq request = {.ifr_name = "eth0", .ifr_flags = IFF_TAP | IFF_NO_PI | (offload ? IFF_VNET_HDR : 0)};
  int header = 12, little_endian = 1, fd;
  if (setns(open(path, O_RDONLY), CLONE_NEWNET) != 0 || (fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK)) < 0 ||
      ioctl(fd, TUNSETIFF, &request) != 0 ||
      (offload && (ioctl(fd, TUNSETVNETHDRSZ, &header) != 0 || ioctl(fd, TUNSETVNETLE, &little_endian) != 0 ||
                   ioctl(fd, TUNSETOFFLOAD, 0x6f) != 0))) {
    perror(netns);
    exit(1);
  }
  return fd;
}

static int pump(int from, int to) {
  int count = 0;
  for (ssize_t size; count < 64 && (size = read(from, buffer, sizeof buffer)) > 0; ++count) {
    if (write(to, buffer, size) < 0) continue;
  }
  return count;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  const int offload = strcmp(argv[3], "on") == 0;
  const int a = open_tap(argv[1], offload), b = open_tap(argv[2], offload);
  puts("ready");
  fflush(stdout);
  struct pollfd ready[] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
  for (;;) {
    if (pump(a, b) + pump(b, a) == 0) poll(ready, 2, -1);
  }
}
