#include "linux/netns.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <pthread.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace etherloom {
namespace {

constexpr char kThreadNetns[] = "/proc/thread-self/ns/net";

// std::thread reports failure by an exception, which this addon is built without.
Failure RunOnThread(const std::function<Failure()>& work) {
  struct Call {
    const std::function<Failure()>& work;
    Failure result;
  } call{work, {}};
  pthread_t thread;
  const int error = pthread_create(
      &thread, nullptr,
      [](void* argument) -> void* {
        auto* call = static_cast<Call*>(argument);
        call->result = call->work();
        return nullptr;
      },
      &call);
  if (error != 0) return {-error, "pthread_create"};
  pthread_join(thread, nullptr);
  return call.result;
}

Failure CheckNetns(int fd) {
  const int type = ioctl(fd, NS_GET_NSTYPE);
  if (type < 0)
    return errno == ENOTTY ? Failure{-EINVAL, "ioctl NS_GET_NSTYPE"} : Failure::Errno("ioctl NS_GET_NSTYPE");
  if (type != CLONE_NEWNET) return {-EINVAL, "ioctl NS_GET_NSTYPE"};
  return {};
}

Failure OpenThreadNetns(UniqueFd* out) {
  *out = UniqueFd(open(kThreadNetns, O_RDONLY | O_CLOEXEC));
  return *out ? Failure{} : Failure::Errno("open");
}

// ip-netns(8) wants the directory to be a shared mount, so that a name made in one mount namespace is seen in others.
Failure PrepareDirectory(const std::string& directory) {
  if (mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) return Failure::Errno("mkdir");
  const char* path = directory.c_str();
  if (mount("", path, "none", MS_SHARED | MS_REC, nullptr) == 0) return {};
  if (errno != EINVAL) return Failure::Errno("mount");
  // Not a mount point yet: bind it onto itself first.
  if (mount(path, path, "none", MS_BIND | MS_REC, nullptr) != 0) return Failure::Errno("mount");
  if (mount("", path, "none", MS_SHARED | MS_REC, nullptr) != 0) return Failure::Errno("mount");
  return {};
}

// Between its making and its mounting a name is an empty file. Whoever makes one holds this lock meanwhile, as
// ip-netns(8) does; whoever finds an empty file waits for it.
UniqueFd LockDirectory(const std::string& directory, int operation) {
  UniqueFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  while (fd && flock(fd.get(), operation) != 0 && errno == EINTR) continue;
  return fd;
}

}  // namespace

Failure RunInNetns(int netns, const std::function<Failure()>& work) {
  if (netns == kHere) return work();
  return RunOnThread([&]() -> Failure {
    if (setns(netns, CLONE_NEWNET) != 0) return Failure::Errno("setns");
    return work();
  });
}

Failure OpenNetns(const std::string& path, UniqueFd* out) {
  // O_NONBLOCK: a path that turns out to be a FIFO must not hang the caller.
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return Failure::Errno("open");
  if (const Failure failure = CheckNetns(fd.get())) return failure;
  *out = std::move(fd);
  return {};
}

Failure OpenNamedNetns(const std::string& directory, const std::string& name, UniqueFd* out) {
  const std::string path = directory + "/" + name;
  const Failure failure = OpenNetns(path, out);
  if (failure.error != -EINVAL) return failure;
  const UniqueFd lock = LockDirectory(directory, LOCK_SH);
  return OpenNetns(path, out);
}

Failure AdoptNetns(int fd, UniqueFd* out) {
  UniqueFd copy(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) return Failure::Errno("fcntl F_DUPFD_CLOEXEC");
  if (const Failure failure = CheckNetns(copy.get())) return failure;
  *out = std::move(copy);
  return {};
}

Failure CreateNetns(UniqueFd* out) {
  return RunOnThread([&]() -> Failure {
    if (unshare(CLONE_NEWNET) != 0) return Failure::Errno("unshare");
    return OpenThreadNetns(out);
  });
}

Failure CreateNamedNetns(const std::string& directory, const std::string& name, UniqueFd* out) {
  if (const Failure failure = PrepareDirectory(directory)) return failure;
  const UniqueFd lock = LockDirectory(directory, LOCK_EX);
  const std::string path = directory + "/" + name;
  UniqueFd file(open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0));
  if (!file) return Failure::Errno("open");
  const Failure failure = RunOnThread([&]() -> Failure {
    if (unshare(CLONE_NEWNET) != 0) return Failure::Errno("unshare");
    if (mount(kThreadNetns, path.c_str(), "none", MS_BIND, nullptr) != 0) return Failure::Errno("mount");
    return OpenThreadNetns(out);
  });
  if (failure) {
    umount2(path.c_str(), MNT_DETACH);
    unlink(path.c_str());
  }
  return failure;
}

Failure DeleteNamedNetns(const std::string& directory, const std::string& name) {
  const std::string path = directory + "/" + name;
  // EINVAL: not a mount point, a name left over by a crash between open() and mount().
  if (umount2(path.c_str(), MNT_DETACH) != 0 && errno != EINVAL) return Failure::Errno("umount2");
  if (unlink(path.c_str()) != 0) return Failure::Errno("unlink");
  return {};
}

}  // namespace etherloom
