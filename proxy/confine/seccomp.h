#pragma once

#include "proxy/base/result.h"
#include "proxy/confine/syscall_list.h"

namespace portcullis::confine {

// From here on this thread, and every thread and process that it starts, makes only the system
// calls of `list`; a second list narrows the first. Fails where the kernel has no seccomp, or does
// not let us. To be called before there are threads, and after PR_SET_NO_NEW_PRIVS.
Result<void> restrict_calls(const SyscallList& list);

}  // namespace portcullis::confine
