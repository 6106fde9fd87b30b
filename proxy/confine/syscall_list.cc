#include "proxy/confine/syscall_list.h"

#include <array>

namespace portcullis::confine {
namespace {

// Calls with rules about their arguments (clone, socket, mmap, mprotect, prctl, ioctl) stand in
// seccomp.cc.
// One name on each line would be a page for each list.
// clang-format off
constexpr std::array kGate{
    // Reading and writing of what is open.
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",
    "pwritev2", "lseek", "_llseek", "close", "close_range", "dup", "dup2", "dup3", "fcntl",
    "fcntl64", "sendfile", "sendfile64", "fsync", "fdatasync", "ftruncate", "ftruncate64",
    "memfd_create",
    // Files and folders. Landlock says which.
    "open", "openat", "openat2", "stat", "stat64", "lstat", "lstat64", "fstat", "fstat64",
    "newfstatat", "fstatat64", "statx", "access", "faccessat", "faccessat2", "readlink",
    "readlinkat", "getdents", "getdents64", "getcwd", "statfs", "statfs64", "fstatfs", "fstatfs64",
    "fadvise64", "fadvise64_64", "readahead", "flock", "fchmod", "umask", "unlink", "unlinkat",
    "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
    // Memory.
    "brk", "munmap", "mremap", "madvise", "membarrier",
    // Sockets.
    "bind", "connect", "listen", "accept", "accept4", "getsockname", "getpeername", "getsockopt",
    "setsockopt", "send", "sendto", "sendmsg", "sendmmsg", "recv", "recvfrom", "recvmsg",
    "recvmmsg", "recvmmsg_time64", "shutdown",
    // Waiting.
    "poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6", "pselect6_time64",
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2",
    "eventfd", "eventfd2", "pipe", "pipe2", "timerfd_create", "timerfd_settime",
    "timerfd_settime64", "timerfd_gettime", "timerfd_gettime64", "nanosleep", "clock_nanosleep",
    "clock_nanosleep_time64", "futex", "futex_time64", "restart_syscall",
    // Time and randomness.
    "time", "gettimeofday", "clock_gettime", "clock_gettime64", "clock_getres",
    "clock_getres_time64", "times", "getrandom",
    // Signals.
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigsuspend",
    "rt_sigtimedwait", "rt_sigtimedwait_time64", "sigreturn", "sigaltstack", "kill", "tkill",
    "tgkill",
    // Threads and processes: the process with the local CA's key is started anew when it ends.
    "execve", "exit", "exit_group", "wait4", "waitpid", "waitid", "set_tid_address",
    "set_robust_list", "get_robust_list", "rseq", "arch_prctl", "set_thread_area", "sched_yield",
    "sched_getaffinity", "sched_getparam", "sched_getscheduler", "getcpu", "getpid", "gettid",
    "getppid", "getpgid", "getpgrp", "getsid", "getuid", "getuid32", "geteuid", "geteuid32",
    "getgid", "getgid32", "getegid", "getegid32", "getresuid", "getresuid32", "getresgid",
    "getresgid32", "getgroups", "getgroups32", "getrusage", "getpriority", "getrlimit",
    "ugetrlimit", "setrlimit", "prlimit64", "sysinfo", "uname", "capget",
    // To give up more.
    "capset", "seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self",
};

// Who makes one of these is no part of us, whatever a future library does.
constexpr std::array kNever{
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd",
    "perf_event_open", "bpf", "userfaultfd", "kexec_load", "kexec_file_load", "init_module",
    "finit_module", "delete_module", "mount", "umount", "umount2", "mount_setattr", "move_mount",
    "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "pivot_root", "chroot", "setns",
    "unshare", "open_by_handle_at", "swapon", "swapoff", "reboot", "acct",
    "settimeofday", "stime", "clock_settime", "clock_settime64", "adjtimex", "clock_adjtime",
    "clock_adjtime64", "sethostname", "setdomainname", "iopl", "ioperm", "modify_ldt", "vm86",
    "keyctl", "add_key", "request_key", "quotactl", "quotactl_fd", "fanotify_init", "mknod",
    "mknodat", "personality", "setuid", "setuid32", "setgid", "setgid32", "setreuid", "setreuid32",
    "setregid", "setregid32", "setresuid", "setresuid32", "setresgid", "setresgid32", "setfsuid",
    "setfsuid32", "setfsgid", "setfsgid32", "setgroups", "setgroups32", "vhangup", "syslog",
};

constexpr std::array kKeyHolder{
    "read", "write", "recv", "recvfrom", "recvmsg", "send", "sendto", "sendmsg", "poll", "ppoll",
    "ppoll_time64", "close", "fstat", "fstat64", "newfstatat", "statx", "lseek", "brk", "munmap",
    "mremap", "madvise", "futex", "futex_time64", "getrandom", "time", "gettimeofday",
    "clock_gettime", "clock_gettime64", "clock_nanosleep", "nanosleep", "restart_syscall",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "tgkill", "getpid", "gettid",
    "sched_yield", "exit", "exit_group",
};

constexpr std::array kNeverOfKeyHolder{
    "execve", "execveat", "socket", "socketpair", "socketcall", "connect", "bind", "listen",
    "accept", "accept4", "ptrace", "process_vm_readv", "process_vm_writev", "kill", "memfd_create",
};
// clang-format on

}  // namespace

SyscallList calls_of_gate() {
  return {kGate, kNever, true};
}

SyscallList calls_of_key_holder() {
  return {kKeyHolder, kNeverOfKeyHolder, false};
}

}  // namespace portcullis::confine
