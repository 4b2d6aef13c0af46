// Opens a TAP eth0 in each of two namespaces and becomes a program that inherits them as descriptors 3 and 4:
// tap-exec NETNS_A NETNS_B PROGRAM [ARGUMENT...]

#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void open_tap(const char *netns, int as) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", netns);
  struct ifreq request = {.ifr_name = "eth0", .ifr_flags = IFF_TAP | IFF_NO_PI};
  int fd;
  if (setns(open(path, O_RDONLY | O_CLOEXEC), CLONE_NEWNET) != 0 ||
      (fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC)) < 0 || ioctl(fd, TUNSETIFF, &request) != 0 ||
      dup2(fd, as) != as) {
    perror(netns);
    exit(1);
  }
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  // Taken now, so that neither TAP is opened as the other's number.
  if (dup2(0, 3) < 0 || dup2(0, 4) < 0) return 1;
  open_tap(argv[1], 3);
  open_tap(argv[2], 4);
  execvp(argv[3], argv + 3);
  perror(argv[3]);
  return 127;
}
