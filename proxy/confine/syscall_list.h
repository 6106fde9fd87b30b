#pragma once

#include <span>

// Which system calls our processes make, by their names. docs/decisions/0033-confinement.md says
// why these.
namespace portcullis::confine {

// What becomes of a call:
//   allowed         it is made
//   on neither list it fails with ENOSYS, as on a kernel that does not have it. So a C library or
//                   a library that has learned a new call goes on with the old one
//   forbidden       the kernel ends the process with SIGSYS and says so in its log
struct SyscallList {
  std::span<const char* const> allowed;
  std::span<const char* const> forbidden;
  bool starts_processes;  // fork, vfork and clone, without new namespaces
};

// Of `portcullis run`: also for what it starts, until that has a shorter list.
SyscallList calls_of_gate();
// Of the process with the local CA's key, once it has read it: it answers on one socket.
SyscallList calls_of_key_holder();

}  // namespace portcullis::confine
