#include "proxy/telemetry/log_line.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "proxy/telemetry/escape.h"

namespace portcullis::telemetry {
namespace {

constexpr std::array<std::string_view, 5> kLevels{"error", "warning", "notice", "info", "debug"};
constexpr int kErrorPriority = 3;  // LOG_ERR; the others follow in the same order

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._:/@+*,[]").find(c) != std::string_view::npos;
}

void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  append_escaped(out, value, kMaxLogValue);
  out += '"';
}

void append_value(std::string& out, const Value& value, bool always_quoted) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    fmt::format_to(std::back_inserter(out), "{}", *number);
    return;
  }
  const auto text = std::get<std::string_view>(value);
  const bool bare = !always_quoted && text.size() <= kMaxLogValue && !text.empty() &&
                    std::all_of(text.begin(), text.end(), is_bare);
  if (bare)
    out += text;
  else
    append_quoted(out, text);
}

void append_field(std::string& out, LineFormat format, LogField field, const Value& value) {
  const bool json = format == LineFormat::kJson;
  if (is_left_out(value)) return;
  if (!out.empty() && out.back() != '{' && out.back() != '>') out += json ? ',' : ' ';
  if (json)
    append_quoted(out, field.name);
  else
    out += field.name;
  out += json ? ':' : '=';
  append_value(out, value, json);
}

}  // namespace

bool is_left_out(const Value& value) {
  const auto* text = std::get_if<std::string_view>(&value);
  return text != nullptr && text->empty();
}

int priority_of(Severity severity) {
  return kErrorPriority + static_cast<int>(severity);
}

bool is_journal(const char* journal_stream, int descriptor) {
  struct stat status {};
  return journal_stream != nullptr && fstat(descriptor, &status) == 0 &&
         fmt::format("{}:{}", status.st_dev, status.st_ino) == journal_stream;
}

std::string format_line(LineFormat format, Severity severity, LogTime time, LogEvent event,
                        std::initializer_list<Field> fields) {
  const auto level = static_cast<std::size_t>(severity);
  std::string out;
  if (format == LineFormat::kJournal) {
    out = fmt::format("<{}>", priority_of(severity));
  } else {
    if (format == LineFormat::kJson) out += '{';
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const std::string stamp =
        fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(whole), (time - whole).count());
    append_field(out, format, log_field::kTime, std::string_view(stamp));
    append_field(out, format, log_field::kLevel, kLevels[level]);
  }
  append_field(out, format, log_field::kEvent, event.name);
  for (const auto& [field, value] : fields) append_field(out, format, field, value);
  out += format == LineFormat::kJson ? "}\n" : "\n";
  return out;
}

}  // namespace portcullis::telemetry
