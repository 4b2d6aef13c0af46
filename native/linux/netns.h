// Network namespaces: open, create, delete, and run a function inside one.
//
// Theory of operation: a network namespace is a property of a thread. A socket or a /dev/net/tun descriptor belongs to
// the namespace its thread was in when it was opened and keeps working from anywhere. So the calling thread never
// moves: a short-lived thread enters the namespace, opens what is wanted and ends.
#pragma once

#include <functional>
#include <string>

#include "linux/failure.h"
#include "linux/unique_fd.h"

namespace etherloom {

// In place of a namespace's descriptor: the one this process is in; and one that was closed (EBADF).
inline constexpr int kHere = -1;
inline constexpr int kClosed = -2;

// Runs `work` on a new thread inside the namespace `netns`, or on the calling thread when that is kHere.
Failure RunInNetns(int netns, const std::function<Failure()>& work);

// Opens `path` and checks that it is a network namespace (EINVAL otherwise).
Failure OpenNetns(const std::string& path, UniqueFd* out);

// Opens a name made by CreateNamedNetns or ip-netns(8); one that is being made right now is waited for.
Failure OpenNamedNetns(const std::string& directory, const std::string& name, UniqueFd* out);

// Checks that `fd` is a network namespace and duplicates it.
Failure AdoptNetns(int fd, UniqueFd* out);

// Creates a namespace that lives as long as `out` (and the objects opened in it).
Failure CreateNetns(UniqueFd* out);

// Creates a namespace and binds it to `directory`/`name`, as ip-netns(8) does. EEXIST when the name is taken.
Failure CreateNamedNetns(const std::string& directory, const std::string& name, UniqueFd* out);

// Unmounts and removes a name made by CreateNamedNetns or ip-netns(8). The namespace itself lives on while it is in
// use.
Failure DeleteNamedNetns(const std::string& directory, const std::string& name);

}  // namespace etherloom
