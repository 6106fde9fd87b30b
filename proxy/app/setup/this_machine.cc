#include "proxy/app/setup/this_machine.h"

#include <pwd.h>

#include <ctime>
#include <string_view>

namespace portcullis::app {
namespace {

// Of people, by Debian's policy.
constexpr uid_t kFirst = 1'000;
constexpr uid_t kLast = 59'999;
constexpr int kMostLooked = 10'000;

bool can_log_in(const passwd& user) {
  const std::string_view shell = user.pw_shell == nullptr ? "" : user.pw_shell;
  return !shell.empty() && !shell.ends_with("/nologin") && !shell.ends_with("/false");
}

}  // namespace

bool others_have_accounts() {
  int people = 0;
  ::setpwent();
  for (int i = 0; i < kMostLooked; ++i) {
    const passwd* const user = ::getpwent();  // NOLINT(concurrency-mt-unsafe)
    if (user == nullptr) break;
    if (user->pw_uid >= kFirst && user->pw_uid <= kLast && can_log_in(*user)) ++people;
  }
  ::endpwent();
  return people > 1;
}

std::string stamp_text(std::chrono::sys_seconds time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  const auto size = std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &parts);
  return {text, size};
}

}  // namespace portcullis::app
