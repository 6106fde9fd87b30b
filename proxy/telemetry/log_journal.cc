#include "proxy/telemetry/log_journal.h"

#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "proxy/telemetry/escape.h"
#include "proxy/telemetry/log_line.h"

// Where in the source a line was said is of no use to its reader.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

namespace portcullis::telemetry {
namespace {

constexpr std::string_view kPriority = "PRIORITY=";
constexpr std::string_view kMessage = "MESSAGE=";
constexpr const char* kSocket = "/run/systemd/journal/socket";
// More than an event has.
constexpr std::size_t kMostFields = 40;

void append_name(std::string& out, std::string_view name) {
  out += kJournalPrefix;
  std::transform(name.begin(), name.end(), std::back_inserter(out), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
}

void append_field(std::string& out, const Field& field) {
  const auto& [name, value] = field;
  if (is_left_out(value)) return;
  append_name(out, name.name);
  out += '=';
  if (const auto* number = std::get_if<std::int64_t>(&value))
    fmt::format_to(std::back_inserter(out), "{}", *number);
  else
    append_unquoted(out, std::get<std::string_view>(value), kMaxLogValue);
  out += '\n';
}

// libsystemd says nothing of it when there is no socket, and then the line would be lost.
bool has_socket() {
  return ::access(kSocket, W_OK) == 0;
}

}  // namespace

std::string journal_entry(std::string_view line, LogEvent event,
                          std::initializer_list<Field> fields) {
  // "<4>event=...\n"
  auto out = fmt::format("{}{}\n{}{}SYSLOG_IDENTIFIER=portcullis\n", kPriority, line[1], kMessage,
                         line.substr(3));
  append_field(out, {log_field::kEvent, event.name});
  for (const auto& field : fields) append_field(out, field);
  return out;
}

std::string line_of_entry(std::string_view entry) {
  if (!entry.starts_with(kPriority)) return std::string(entry);
  const auto priority = entry.substr(kPriority.size(), 1);
  entry.remove_prefix(entry.find('\n') + 1);
  const auto message = entry.substr(kMessage.size(), entry.find('\n') - kMessage.size());
  return fmt::format("<{}>{}\n", priority, message);
}

bool LogJournal::write(std::string_view entry) {
  std::array<iovec, kMostFields> fields{};
  std::size_t count = 0;
  for (auto rest = entry; !rest.empty() && count < fields.size(); ++count) {
    const auto end = rest.find('\n');
    // The library only reads it.
    fields.at(count) = {const_cast<char*>(rest.data()), end};  // NOLINT
    rest.remove_prefix(end + 1);
  }
  if (has_socket() && sd_journal_sendv(fields.data(), static_cast<int>(count)) == 0) return true;
  return fallback_.write(line_of_entry(entry));
}

}  // namespace portcullis::telemetry
