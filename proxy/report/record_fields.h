#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/base/log_words.h"

namespace portcullis::report {

// The members of the JSON objects into which journald and docker put our lines.
namespace envelope {
inline constexpr LogField kJournalMessage{"MESSAGE"};
inline constexpr LogField kJournalTime{"__REALTIME_TIMESTAMP"};  // in microseconds
inline constexpr LogField kDockerMessage{"log"};
inline constexpr LogField kDockerTime{"timestamp"};
}  // namespace envelope

// The fields of one record that a report needs. All others are ignored.
class RecordFields {
 public:
  static constexpr std::array kFields{log_field::kTime,       log_field::kEvent,
                                      log_field::kKind,       log_field::kFrom,
                                      log_field::kTo,         log_field::kFound,
                                      log_field::kTls,        log_field::kVerdict,
                                      log_field::kReason,     log_field::kRule,
                                      log_field::kAlso,       log_field::kPin,
                                      envelope::kJournalTime, envelope::kJournalMessage,
                                      envelope::kDockerTime,  envelope::kDockerMessage};

  // If a name comes twice, the first value counts.
  void set(std::string_view name, std::string value);
  const std::string* find(LogField field) const;
  std::string get(LogField field) const;  // "" when absent

 private:
  static std::optional<std::size_t> place_of(std::string_view name);

  std::array<std::optional<std::string>, kFields.size()> values_;
};

// Reads "key=value key="a \"quoted\" value" ...", as Portcullis writes it. Empty if the record is
// cut off or damaged.
std::optional<RecordFields> parse_logfmt(std::string_view record);

// Reads one JSON object (RFC 8259), which only white space may follow. Members that are not strings
// are ignored, with everything inside them. Empty if there is no such object. No recursion.
std::optional<RecordFields> parse_json(std::string_view record);

}  // namespace portcullis::report
