#include "proxy/net/port_holder.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <system_error>

namespace portcullis::net {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListen = "0A";  // TCP_LISTEN in the column of states
constexpr rlim_t kMostDescriptors = 1U << 20U;

struct Local {
  in6_addr address{};  // IPv4 in its mapped form
  std::uint16_t port = 0;
};

std::optional<std::uint32_t> hex(std::string_view digits) {
  std::uint32_t value = 0;
  if (digits.empty() || digits.size() > 8) return std::nullopt;
  for (const char digit : digits) {
    const auto at = std::string_view("0123456789ABCDEF").find(digit);
    if (at == std::string_view::npos) return std::nullopt;
    value = value << 4U | static_cast<std::uint32_t>(at);
  }
  return value;
}

// The kernel prints each four octets of the address as a number of this machine's order.
std::optional<Local> read_local(std::string_view text) {
  const auto colon = text.find(':');
  if (colon != 8 && colon != 32) return std::nullopt;
  Local local;
  const auto port = hex(text.substr(colon + 1));
  if (!port || *port > 0xffff) return std::nullopt;
  local.port = static_cast<std::uint16_t>(*port);
  std::size_t at = colon == 8 ? 12 : 0;
  if (at != 0) local.address.s6_addr[10] = local.address.s6_addr[11] = 0xff;
  for (std::size_t i = 0; i < colon; i += 8, at += 4) {
    const auto word = hex(text.substr(i, 8));
    if (!word) return std::nullopt;
    std::memcpy(&local.address.s6_addr[at], &*word, sizeof *word);
  }
  return local;
}

bool is_mapped(const in6_addr& address) {
  return IN6_IS_ADDR_V4MAPPED(&address);
}

// "::" may take IPv4, too; whether it does is not shown.
bool takes_all_of(const in6_addr& wildcard, const in6_addr& other) {
  if (IN6_IS_ADDR_UNSPECIFIED(&wildcard)) return true;
  const auto* const last = &wildcard.s6_addr[12];
  return is_mapped(wildcard) && is_mapped(other) &&
         std::all_of(last, last + 4, [](std::uint8_t octet) { return octet == 0; });
}

bool overlap(const in6_addr& a, const in6_addr& b) {
  return IN6_ARE_ADDR_EQUAL(&a, &b) || takes_all_of(a, b) || takes_all_of(b, a);
}

// /proc/self/fd cannot be read by a process that must not be dumped.
std::set<std::uint64_t> own_sockets() {
  std::set<std::uint64_t> inodes;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return inodes;
  const auto end = static_cast<int>(std::min(limit.rlim_cur, kMostDescriptors));
  for (int fd = 0; fd < end; ++fd) {
    struct stat found {};
    if (::fstat(fd, &found) == 0 && S_ISSOCK(found.st_mode)) inodes.insert(found.st_ino);
  }
  return inodes;
}

std::string content(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool has_open(const fs::path& process, const std::string& socket) {
  std::error_code error;
  for (fs::directory_iterator it(process / "fd", error), end; !error && it != end;
       it.increment(error)) {
    std::error_code unreadable;
    if (fs::read_symlink(it->path(), unreadable) == socket) return true;
  }
  return false;
}

std::optional<std::string> process_with(std::uint64_t inode) {
  const std::string socket = "socket:[" + std::to_string(inode) + "]";
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const std::string pid = it->path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    if (!has_open(it->path(), socket)) continue;
    std::string program = content((it->path() / "comm").c_str());
    if (!program.empty() && program.back() == '\n') program.pop_back();
    // Its owner chooses the name.
    std::replace_if(
        program.begin(), program.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return std::string("process ").append(pid).append(" (").append(program).append(")");
  }
  return std::nullopt;
}

}  // namespace

std::vector<PortHolder> read_holders(const std::string& table, const SocketAddress& address) {
  std::vector<PortHolder> holders;
  std::istringstream lines(table);
  const auto wanted = address.as_v6();
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string number, local_text, remote, state, queues, timer, retransmits, timeout;
    PortHolder holder;
    if (!(words >> number >> local_text >> remote >> state >> queues >> timer >> retransmits >>
          holder.user >> timeout >> holder.inode))
      continue;
    const auto local = read_local(local_text);
    if (state == kListen && local && local->port == address.port() &&
        overlap(local->address, wanted))
      holders.push_back(holder);
  }
  return holders;
}

std::vector<PortHolder> holders_of(const SocketAddress& address) {
  auto holders = read_holders(content("/proc/net/tcp"), address);
  for (const auto& holder : read_holders(content("/proc/net/tcp6"), address))
    holders.push_back(holder);
  if (holders.empty()) return holders;
  const auto ours = own_sockets();
  for (auto& holder : holders) holder.is_ours = ours.contains(holder.inode);
  return holders;
}

std::string text_of(const PortHolder& holder) {
  const std::string user = "user " + std::to_string(holder.user);
  if (const auto process = process_with(holder.inode)) return *process + " of " + user;
  return "a process of " + user + " that we may not look into (`ss -ltnp`, as root, names it)";
}

std::string served_by(const SocketAddress& address) {
  std::string text;
  for (const auto& holder : holders_of(address))
    if (!holder.is_ours) text += (text.empty() ? "; it is served by " : ", ") + text_of(holder);
  return text;
}

}  // namespace portcullis::net
