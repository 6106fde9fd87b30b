#include "proxy/confine/seccomp.h"

#include <linux/netlink.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace portcullis::confine {
namespace {

constexpr std::uint32_t kUnknown = SCMP_ACT_ERRNO(ENOSYS);

// Gives a thread's memory names, which glibc 2.41 does.
constexpr int kNameMemory = 0x53564d41;

constexpr std::array kControls{
    PR_SET_NAME,         PR_GET_NAME,     PR_SET_DUMPABLE, PR_GET_DUMPABLE, PR_SET_NO_NEW_PRIVS,
    PR_GET_NO_NEW_PRIVS, PR_CAPBSET_READ, PR_CAPBSET_DROP, PR_CAP_AMBIENT,  PR_GET_SECUREBITS,
    PR_GET_SECCOMP,      PR_SET_SECCOMP,  kNameMemory};
constexpr std::array<unsigned long, 6> kDeviceControls{FIONBIO, FIONREAD,   FIOCLEX,
                                                       TCGETS,  TIOCGWINSZ, SIOCOUTQ};
// As in the unit (RestrictAddressFamilies), which can do without the kernel's messages on routes.
constexpr std::array kFamilies{AF_UNIX, AF_INET, AF_INET6};

constexpr scmp_datum_t kNewNamespaces = static_cast<scmp_datum_t>(
    static_cast<unsigned>(CLONE_NEWNS) | static_cast<unsigned>(CLONE_NEWCGROUP) |
    static_cast<unsigned>(CLONE_NEWUTS) | static_cast<unsigned>(CLONE_NEWIPC) |
    static_cast<unsigned>(CLONE_NEWUSER) | static_cast<unsigned>(CLONE_NEWPID) |
    static_cast<unsigned>(CLONE_NEWNET));
#if defined(__s390__)
constexpr unsigned kCloneFlags = 1;
#else
constexpr unsigned kCloneFlags = 0;
#endif

scmp_arg_cmp equals(unsigned argument, scmp_datum_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}
scmp_arg_cmp has_none(unsigned argument, scmp_datum_t bits) {
  return {argument, SCMP_CMP_MASKED_EQ, bits, 0};
}

// The filter while it is made. What one step finds wrong is kept, and the others do nothing.
class Filter {
 public:
  Filter() : context_(seccomp_init(kUnknown), &seccomp_release) {
    if (context_ == nullptr) {
      error_ = -ENOMEM;
      return;
    }
    // A program of another architecture would number its calls otherwise.
    check(seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
  }

  // A call that this architecture does not have, or that the library is too old for, is left out:
  // then it is unknown.
  void add(std::uint32_t action, const char* name, std::initializer_list<scmp_arg_cmp> rules = {}) {
    const int call = seccomp_syscall_resolve_name(name);
    if (error_ != 0 || call == __NR_SCMP_ERROR) return;
    const std::vector<scmp_arg_cmp> all(rules);
    const int done = seccomp_rule_add_array(context_.get(), action, call,
                                            static_cast<unsigned>(all.size()), all.data());
    if (done != -EDOM) check(done);
  }
  Result<void> load() {
    if (error_ == 0) check(seccomp_load(context_.get()));
    if (error_ == 0) return {};
    return fail("seccomp: " + std::generic_category().message(-error_));
  }

 private:
  void check(int done) {
    if (done < 0 && error_ == 0) error_ = done;
  }

  std::unique_ptr<void, decltype(&seccomp_release)> context_;
  int error_ = 0;
};

// No memory is ever written and then run.
void add_memory(Filter& filter) {
  for (const char* const map : {"mmap", "mmap2"}) {
    filter.add(SCMP_ACT_ALLOW, map, {has_none(2, PROT_EXEC)});
    filter.add(SCMP_ACT_ALLOW, map, {has_none(2, PROT_WRITE)});
  }
  filter.add(SCMP_ACT_ALLOW, "mprotect", {has_none(2, PROT_EXEC)});
}

void add_processes(Filter& filter) {
  filter.add(SCMP_ACT_ALLOW, "fork");
  filter.add(SCMP_ACT_ALLOW, "vfork");
  filter.add(SCMP_ACT_ALLOW, "clone", {has_none(kCloneFlags, kNewNamespaces)});
  // Not clone3(2), whose flags are in memory, where no filter can look. The C library goes on with
  // clone(2) then.
}

void add_sockets(Filter& filter) {
  for (const int family : kFamilies) {
    filter.add(SCMP_ACT_ALLOW, "socket", {equals(0, static_cast<scmp_datum_t>(family))});
  }
  filter.add(SCMP_ACT_ALLOW, "socketpair", {equals(0, AF_UNIX)});
}

void add_controls(Filter& filter) {
  for (const int control : kControls)
    filter.add(SCMP_ACT_ALLOW, "prctl", {equals(0, static_cast<scmp_datum_t>(control))});
  for (const unsigned long control : kDeviceControls)
    filter.add(SCMP_ACT_ALLOW, "ioctl", {equals(1, control)});
}

}  // namespace

Result<void> restrict_calls(const SyscallList& list) {
  Filter filter;
  for (const char* const name : list.allowed) filter.add(SCMP_ACT_ALLOW, name);
  for (const char* const name : list.forbidden) filter.add(SCMP_ACT_KILL_PROCESS, name);
  add_memory(filter);
  if (list.starts_processes) {
    add_processes(filter);
    add_sockets(filter);
    add_controls(filter);
  }
  return filter.load();
}

}  // namespace portcullis::confine
