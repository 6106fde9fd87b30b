#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include "proxy/app/control.h"
#include "proxy/app/doctor/machine.h"
#include "proxy/app/instance_lock.h"
#include "proxy/app/powers.h"
#include "proxy/app/settings_digest.h"
#include "proxy/net/descriptor.h"
#include "proxy/net/local_socket.h"
#include "proxy/net/socket_owners.h"

namespace portcullis::app {
namespace {

// Of the abstract socket that a running gate holds; nullopt: nobody holds it. Nobody is connected
// to: the gate never accepts there.
std::optional<std::uint64_t> inode_of_lock(const std::string& name) {
  constexpr std::string_view kListens = "00010000";  // __SO_ACCEPTCON
  std::ifstream in("/proc/self/net/unix");
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string number, references, protocol, flags, type, state, path;
    std::uint64_t inode = 0;
    if (words >> number >> references >> protocol >> flags >> type >> state >> inode >> path &&
        flags == kListens && path == "@" + name)
      return inode;
  }
  return std::nullopt;
}

// Who listens at the control socket, as the kernel noted it.
std::optional<ucred> holder_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  path.copy(address.sun_path, path.size());
  const net::Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return std::nullopt;
  const auto* const raw = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(probe.get(), raw, sizeof address) != 0) return std::nullopt;
  ucred holder{};
  socklen_t size = sizeof holder;
  if (::getsockopt(probe.get(), SOL_SOCKET, SO_PEERCRED, &holder, &size) != 0) return std::nullopt;
  return holder;
}

std::optional<uid_t> user_of(pid_t process) {
  struct stat found {};
  std::ifstream in("/proc/" + std::to_string(process) + "/status");
  // The folder of a process that must not be dumped belongs to root, whoever runs it.
  for (std::string word; in >> word;)
    if (uid_t user = 0; word == "Uid:" && in >> user) return user;
  return ::stat(("/proc/" + std::to_string(process)).c_str(), &found) == 0
             ? std::optional(found.st_uid)
             : std::nullopt;
}

}  // namespace

doctor::Settings compare_settings(const policy::Config& config) {
  constexpr std::chrono::seconds kSettingsPatience{2};
  const auto& path = config.listen.control;
  if (path.empty()) return doctor::Settings::kNotAsked;
  const auto answer = net::ask_local(path, std::string(kSettingsRequest), kSettingsPatience);
  if (!answer)
    return ::access(path.c_str(), R_OK | W_OK) != 0 && errno == EACCES
               ? doctor::Settings::kUnseen
               : doctor::Settings::kNotAsked;
  const auto told = read_control_answer(*answer);
  const auto own = settings_text(config) + "\n";
  const auto version = own.substr(0, own.find(' ') + 1);
  if (!told.ok || !told.lines.starts_with(version)) return doctor::Settings::kNotAsked;
  return told.lines == own ? doctor::Settings::kSame : doctor::Settings::kOther;
}

std::optional<doctor::RunningGate> find_gate(const std::string& config_file,
                                             const policy::Config& config) {
  const auto inode = inode_of_lock(InstanceLock::name(config_file));
  if (!inode) return std::nullopt;
  doctor::RunningGate gate;
  const auto owners = net::owners_of({*inode});
  if (const auto owner = owners.find(*inode); owner != owners.end()) {
    gate.process = owner->second.process;
  } else if (const auto holder = holder_of(config.listen.control)) {
    gate.process = holder->pid;
    gate.user = holder->uid;
    return gate;
  }
  if (gate.process != 0)
    if (const auto user = user_of(gate.process)) {
      gate.user = *user;
      return gate;
    }
  if (const auto user = user_of_files(config.process)) gate.user = user->user;
  gate.user_is_known = ::geteuid() == 0;
  return gate;
}

}  // namespace portcullis::app
