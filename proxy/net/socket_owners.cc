#include "proxy/net/socket_owners.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

namespace portcullis::net {
namespace {

namespace fs = std::filesystem;

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// What a link in /proc/PID/fd says: "socket:[4711]".
std::optional<std::uint64_t> inode_of(std::string_view link) {
  constexpr std::string_view kBegin = "socket:[";
  if (!link.starts_with(kBegin) || !link.ends_with(']')) return std::nullopt;
  return number<std::uint64_t>(link.substr(kBegin.size(), link.size() - kBegin.size() - 1));
}

// Its owner chooses the name.
std::string program_of(const fs::path& process) {
  std::string program;
  std::getline(std::ifstream(process / "comm"), program);
  std::replace_if(
      program.begin(), program.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return program;
}

// It keeps the sockets that it hands to a service; they are the service's.
constexpr pid_t kServiceManager = 1;

}  // namespace

std::unordered_map<std::uint64_t, SocketOwner> owners_of(const std::set<std::uint64_t>& inodes) {
  std::unordered_map<std::uint64_t, SocketOwner> owners;
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const auto process = number<pid_t>(it->path().filename().string());
    if (!process) continue;
    std::error_code unreadable;
    for (fs::directory_iterator fd(it->path() / "fd", unreadable); !unreadable && fd != end;
         fd.increment(unreadable)) {
      std::error_code gone;
      const auto inode = inode_of(fs::read_symlink(fd->path(), gone).string());
      if (!inode || !inodes.contains(*inode)) continue;
      const auto known = owners.find(*inode);
      if (known == owners.end() || known->second.process == kServiceManager)
        owners[*inode] = {*process, program_of(it->path())};
    }
  }
  return owners;
}

}  // namespace portcullis::net
