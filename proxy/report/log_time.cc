#include "proxy/report/log_time.h"

#include <algorithm>
#include <array>

namespace portcullis::report {
namespace {

using std::chrono::sys_seconds;

constexpr std::size_t kMaxPrefix = 512;  // no log adds more in front of a record
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes parts from the front of a text. When an expected part is missing, good() is false from then
// on.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int number(std::size_t digits) {
    if (rest_.size() < digits || !std::all_of(rest_.begin(), rest_.begin() + digits, is_digit)) {
      good_ = false;
      return 0;
    }
    int value = 0;
    for (const char digit : rest_.substr(0, digits)) value = value * 10 + (digit - '0');
    rest_.remove_prefix(digits);
    return value;
  }
  bool skip(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) { good_ = skip(c) && good_; }
  void skip_digits() {
    while (!rest_.empty() && is_digit(rest_.front())) rest_.remove_prefix(1);
  }
  bool good() const { return good_; }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool good_ = true;
};

std::optional<sys_seconds> point(int year, unsigned month, unsigned day,
                                 std::chrono::seconds time) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok() || year < 1970) return std::nullopt;
  return std::chrono::sys_days(date) + time;
}

std::optional<std::chrono::seconds> time_of_day(Scanner& scanner) {
  const int hours = scanner.number(2);
  scanner.expect(':');
  const int minutes = scanner.number(2);
  scanner.expect(':');
  const int seconds = scanner.number(2);
  if (scanner.skip('.') || scanner.skip(',')) scanner.skip_digits();
  if (!scanner.good() || hours > 23 || minutes > 59 || seconds > 60) return std::nullopt;
  return std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
}

std::optional<std::chrono::seconds> zone(Scanner& scanner, const TimeReference& reference) {
  if (scanner.rest().empty()) return reference.utc_offset;
  if (scanner.skip('Z') || scanner.skip('z')) return std::chrono::seconds(0);
  const bool west = scanner.skip('-');
  if (!west && !scanner.skip('+')) return std::nullopt;
  const int hours = scanner.number(2);
  scanner.skip(':');
  const int minutes = scanner.number(2);
  if (!scanner.good() || hours > 23 || minutes > 59) return std::nullopt;
  const std::chrono::seconds offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return west ? -offset : offset;
}

std::optional<sys_seconds> parse_syslog(std::string_view text, const TimeReference& reference) {
  if (text.size() < 15) return std::nullopt;
  const auto* const month = std::find(kMonths.begin(), kMonths.end(), text.substr(0, 3));
  if (month == kMonths.end()) return std::nullopt;
  Scanner scanner(text.substr(3, 12));
  scanner.expect(' ');
  const auto day = static_cast<unsigned>(scanner.skip(' ') ? scanner.number(1) : scanner.number(2));
  scanner.expect(' ');
  const auto time = time_of_day(scanner);
  if (!time || !scanner.rest().empty()) return std::nullopt;

  const auto month_number = static_cast<unsigned>(month - kMonths.begin()) + 1;
  const auto today = std::chrono::floor<std::chrono::days>(reference.now);
  const auto year = static_cast<int>(std::chrono::year_month_day(today).year());
  for (const int candidate : {year + 1, year, year - 1}) {
    const auto found = point(candidate, month_number, day, *time - reference.utc_offset);
    // One day more, because the clock of the machine that wrote the line may be ahead of ours.
    if (found && *found <= reference.now + std::chrono::days(1)) return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<sys_seconds> parse_timestamp(std::string_view text, const TimeReference& reference) {
  Scanner scanner(text);
  const int year = scanner.number(4);
  scanner.expect('-');
  const auto month = static_cast<unsigned>(scanner.number(2));
  scanner.expect('-');
  const auto day = static_cast<unsigned>(scanner.number(2));
  if (!scanner.good() || (!scanner.skip('T') && !scanner.skip('t') && !scanner.skip(' ')))
    return std::nullopt;
  const auto time = time_of_day(scanner);
  if (!time) return std::nullopt;
  const auto offset = zone(scanner, reference);
  if (!offset || !scanner.good() || !scanner.rest().empty()) return std::nullopt;
  return point(year, month, day, *time - *offset);
}

std::optional<sys_seconds> find_timestamp(std::string_view prefix, const TimeReference& reference) {
  prefix = prefix.substr(0, kMaxPrefix);
  if (const auto syslog = parse_syslog(prefix, reference)) return syslog;
  for (std::size_t at = 0; at < prefix.size();) {
    const auto end = std::min(prefix.find(' ', at), prefix.size());
    const std::string_view word = prefix.substr(at, end - at);
    if (const auto found = parse_timestamp(word, reference)) return found;
    const auto time_end =
        std::min(prefix.find(' ', std::min(end + 1, prefix.size())), prefix.size());
    // "2026-11-27 10:00:00 UTC": journalctl adds the zone when it is told to write in UTC.
    TimeReference zone = reference;
    if (prefix.substr(std::min(time_end + 1, prefix.size())).starts_with("UTC "))
      zone.utc_offset = {};
    if (const auto found = parse_timestamp(prefix.substr(at, time_end - at), zone)) return found;
    at = end + 1;
  }
  return std::nullopt;
}

}  // namespace portcullis::report
