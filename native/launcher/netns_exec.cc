// netns-exec FD NAME PROGRAM [ARGUMENT...]: runs PROGRAM inside the network namespace of the inherited descriptor FD.
//
// Node starts children from its main thread, which must never move to another namespace; so the child moves itself,
// then becomes PROGRAM. As `ip netns exec` does, it gives PROGRAM a /sys that shows the namespace's own devices, and
// binds /etc/netns/NAME/* over /etc when NAME is not empty. Both are best effort: without CAP_SYS_ADMIN they are left
// out. Exit status 125: the namespace could not be entered; 126: PROGRAM cannot be run; 127: PROGRAM was not found.

#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

void BindEtc(const char* name) {
  char directory[PATH_MAX];
  snprintf(directory, sizeof directory, "/etc/netns/%s", name);
  DIR* entries = opendir(directory);
  if (entries == nullptr) return;
  while (const dirent* entry = readdir(entries)) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char source[PATH_MAX + 256];
    char target[PATH_MAX];
    snprintf(source, sizeof source, "%s/%s", directory, entry->d_name);
    snprintf(target, sizeof target, "/etc/%s", entry->d_name);
    if (mount(source, target, "none", MS_BIND, nullptr) != 0) {
      fprintf(stderr, "netns-exec: cannot bind %s: %s\n", target, strerror(errno));
    }
  }
  closedir(entries);
}

void PrivateMounts(const char* name) {
  if (unshare(CLONE_NEWNS) != 0) return;
  if (mount("", "/", "none", MS_SLAVE | MS_REC, nullptr) != 0) return;
  struct statvfs fs;
  unsigned long flags = 0;
  if (umount2("/sys", MNT_DETACH) != 0 && statvfs("/sys", &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0) flags = MS_RDONLY;
  mount("netns", "/sys", "sysfs", flags, nullptr);
  if (name[0] != '\0') BindEtc(name);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: netns-exec FD NAME PROGRAM [ARGUMENT...]\n");
    return 125;
  }
  const int netns = atoi(argv[1]);
  if (setns(netns, CLONE_NEWNET) != 0) {
    fprintf(stderr, "netns-exec: cannot enter the network namespace: %s\n", strerror(errno));
    return 125;
  }
  close(netns);
  PrivateMounts(argv[2]);
  execvp(argv[3], argv + 3);
  const int error = errno;
  fprintf(stderr, "netns-exec: cannot run %s: %s\n", argv[3], strerror(error));
  return error == ENOENT ? 127 : 126;
}
