#include "certs/own/user_namespace.h"

#include <cstdint>
#include <fstream>

namespace portcullis::certs {
namespace {

constexpr uid_t kOverflowUser = 65534;
constexpr std::uint64_t kAllUsers = 0xffffffffU;  // the last number, (uid_t)-1, is no user

struct UserMap {
  std::uint64_t known = 0;  // how many users; 0: the map cannot be read
  bool has_root = false;    // of the namespace around this one
};

UserMap read_user_map() {
  std::ifstream file("/proc/self/uid_map");
  UserMap map;
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  while (file >> inside >> outside >> count) {
    map.known += count;
    map.has_root = map.has_root || outside == 0;
  }
  return map;
}

}  // namespace

bool is_unknown_user(uid_t user) {
  if (user != kOverflowUser) return false;
  const auto map = read_user_map();
  return map.known != 0 && map.known < kAllUsers;
}

bool can_be_unknown_root(uid_t user) {
  if (user != kOverflowUser) return false;
  const auto map = read_user_map();
  return map.known != 0 && !map.has_root;
}

}  // namespace portcullis::certs
