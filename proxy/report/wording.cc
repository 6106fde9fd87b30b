#include "proxy/report/wording.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

namespace portcullis::report {

std::string timestamp(std::chrono::sys_seconds time) {
  // Formatting a time_point converts it to nanoseconds, which overflow in the year 2262.
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::time_t{time.time_since_epoch().count()}));
}

std::string timestamp_or_dash(std::optional<std::chrono::sys_seconds> time) {
  return time ? timestamp(*time) : "-";
}

std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", count, count == 1 ? singular : plural);
}

std::string_view direction(StreamKind kind) {
  return kind == StreamKind::kS2sOutbound ? "out" : "in";
}

std::string_view shown_domain(std::string_view domain) {
  return domain.empty() ? "(no domain given)" : domain;
}

bool is_domain_name(std::string_view domain) {
  return !domain.empty() && domain.front() != '"';
}

}  // namespace portcullis::report
