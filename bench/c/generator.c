// Sends 60-byte frames out of an interface as fast as it takes them: generator DEVICE SECONDS DESTINATION_MAC

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 64

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  unsigned char frame[60] = {[6] = 0x52, 0x54, 0, 0, 0, 1, 0x88, 0xb5};
  if (sscanf(argv[3], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", frame, frame + 1, frame + 2, frame + 3, frame + 4, frame + 5) !=
      6) {
    return 2;
  }
  const int fd = socket(AF_PACKET, SOCK_RAW, 0);
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(argv[1])};
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    perror("generator");
    return 1;
  }
  struct iovec data = {frame, sizeof frame};
  struct mmsghdr messages[BATCH] = {0};
  for (int i = 0; i < BATCH; ++i) messages[i].msg_hdr = (struct msghdr){.msg_iov = &data, .msg_iovlen = 1};
  long sent = 0;
  for (const double end = now() + atof(argv[2]); now() < end;) {
    // ENOBUFS: the queue is full, which is the point.
    const int count = sendmmsg(fd, messages, BATCH, 0);
    if (count > 0) sent += count;
  }
  printf("%ld\n", sent);
}
