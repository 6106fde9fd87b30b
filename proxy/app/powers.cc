#include "proxy/app/powers.h"

#include <cap-ng.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <vector>

namespace portcullis::app {
namespace {

constexpr unsigned kFirstOpenPort = 1024;

struct Identity {
  uid_t user;
  gid_t group;
};

std::string last_error() {
  return std::generic_category().message(errno);
}

// nullopt: there is no such user.
Result<std::optional<Identity>> find(const policy::Process& wanted) {
  const passwd* const user = getpwnam(wanted.user.c_str());  // NOLINT(concurrency-mt-unsafe)
  if (user == nullptr) return std::optional<Identity>();
  Identity identity{user->pw_uid, user->pw_gid};
  if (wanted.group.empty()) return std::optional(identity);
  const group* const group = getgrnam(wanted.group.c_str());  // NOLINT(concurrency-mt-unsafe)
  if (group == nullptr)
    return fail("process.group: there is no group \"" + wanted.group +
                "\" on this machine; make it, or name another");
  identity.group = group->gr_gid;
  return std::optional(identity);
}

bool is_low(const Endpoint& endpoint) {
  return endpoint.port < kFirstOpenPort;
}

bool needs_low_ports(const policy::Config& config) {
  const auto& listen = config.listen;
  const auto dns = config.dns_listeners();
  const std::array lists{&listen.s2s,        &listen.s2s_direct,      &listen.c2s,
                         &listen.c2s_direct, &config.outbound.listen, &dns};
  const bool any = std::any_of(lists.begin(), lists.end(), [](const auto* list) {
    return std::any_of(list->begin(), list->end(), is_low);
  });
  return any || (listen.admin && is_low(*listen.admin));
}

Result<void> become(const Identity& identity, bool low_ports) {
  capng_clear(CAPNG_SELECT_BOTH);
  if (low_ports)
    capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
                 CAP_NET_BIND_SERVICE);
  const auto flags = static_cast<capng_flags_t>(CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
  const int done =
      capng_change_id(static_cast<int>(identity.user), static_cast<int>(identity.group), flags);
  if (done != 0)
    return fail("capng_change_id(3) answered " + std::to_string(done) + ": " + last_error());
  if (geteuid() != identity.user || setuid(0) == 0)
    return fail("it still can be root again");  // the kernel has not done what it said
  return {};
}

Result<std::optional<Identity>> find_or_tell(const policy::Process& wanted) {
  auto identity = find(wanted);
  if (identity && !*identity && wanted.user != policy::Process().user)
    return fail("process.user: there is no user \"" + wanted.user +
                "\" on this machine; make it, or name another");
  return identity;
}

// Of what capng_get_caps_process(3) has read.
bool has_more_than(bool low_ports) {
  for (unsigned each = 0; each <= CAP_LAST_CAP; ++each) {
    if (low_ports && each == CAP_NET_BIND_SERVICE) continue;
    for (const auto set : {CAPNG_PERMITTED, CAPNG_EFFECTIVE, CAPNG_INHERITABLE})
      if (capng_have_capability(set, each) != 0) return true;
  }
  return false;
}

// The kernel's filter of system calls under the unit allows only the first step, and there is
// nothing to do for the second.
Result<void> keep_at_most(bool low_ports) {
  capng_clear(CAPNG_SELECT_ALL);
  if (capng_apply(CAPNG_SELECT_AMBIENT) != 0) return fail("capng_apply(3): " + last_error());
  if (capng_get_caps_process() != 0) return fail("capng_get_caps_process(3): " + last_error());
  if (!has_more_than(low_ports)) return {};
  const bool has_low_ports =
      capng_have_capability(CAPNG_PERMITTED, CAP_NET_BIND_SERVICE) != 0 && low_ports;
  const bool bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
  capng_clear(CAPNG_SELECT_ALL);
  if (has_low_ports)
    capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
                 CAP_NET_BIND_SERVICE);
  if ((bounds && capng_apply(CAPNG_SELECT_BOUNDS) != 0) || capng_apply(CAPNG_SELECT_CAPS) != 0)
    return fail("capng_apply(3): " + last_error());
  return {};
}

}  // namespace

void give_up_needless_powers() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  // The limit does not hold where the kernel hands core dumps to a program; this does.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

Result<std::string> leave_root(const policy::Config& config) {
  const auto& wanted = config.process;
  if (geteuid() != 0) {
    const auto done = keep_at_most(needs_low_ports(config));
    return done ? std::string()
                : "this process cannot give up the capabilities that it was started with: " +
                      done.error().message;
  }
  if (wanted.user == "root") return std::string();
  const auto identity = find_or_tell(wanted);
  if (!identity) return tl::unexpected(identity.error());
  if (!*identity)
    return std::string("started as root, and this machine has no user \"") + wanted.user +
           "\" to become: serving as root. Make that user, or name another in process.user";
  if (const auto done = become(**identity, needs_low_ports(config)); !done)
    return fail("process.user: root has started this, and it cannot become \"" + wanted.user +
                "\": " + done.error().message +
                ". Start it as that user, or say process.user = \"root\"");
  // The change of the user has set it anew.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  return std::string();
}

Result<void> give_up_all_capabilities() {
  return keep_at_most(false);
}

Result<certs::ServiceUser> user_of_files(const policy::Process& process) {
  if (geteuid() != 0 || process.user == "root") return certs::ServiceUser::of_this_process();
  const auto identity = find_or_tell(process);
  if (!identity) return tl::unexpected(identity.error());
  if (!*identity) return certs::ServiceUser::of_this_process();
  return certs::ServiceUser{(*identity)->user, (*identity)->group};
}

std::optional<uid_t> user_named(const policy::Process& process) {
  const passwd* const user = getpwnam(process.user.c_str());  // NOLINT(concurrency-mt-unsafe)
  return user == nullptr ? std::nullopt : std::optional(user->pw_uid);
}

void make_private_files() {
  umask(S_IRWXG | S_IRWXO);
}

}  // namespace portcullis::app
