#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace portcullis::report {

// The members of one record that a report needs; everything else in it is passed over.
class RecordFields {
 public:
  static constexpr std::array<std::string_view, 11> kNames{
      "time",    "event",
      "kind",    "from",
      "to",                 // ours
      "verdict", "reason",  // ours
      "MESSAGE", "__REALTIME_TIMESTAMP",
      "log",     "timestamp"};  // journald's and docker's envelopes

  // The first value of a name counts.
  void set(std::string_view name, std::string value);
  const std::string* find(std::string_view name) const;
  std::string get(std::string_view name) const;  // "" when absent

 private:
  std::array<std::optional<std::string>, kNames.size()> values_;
};

// "key=value key="a \"quoted\" value" ..." as Portcullis writes it. Empty: it is cut or garbled.
std::optional<RecordFields> parse_logfmt(std::string_view record);

// One JSON object (RFC 8259); members that are no strings, and whatever is nested, are passed
// over. What follows the object must be blank. Empty: no such object. No recursion.
std::optional<RecordFields> parse_json(std::string_view record);

}  // namespace portcullis::report
