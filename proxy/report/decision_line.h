#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "policy/decide/gate.h"
#include "policy/reasons/reason.h"
#include "proxy/base/stream_kind.h"
#include "proxy/report/log_time.h"

namespace portcullis::report {

// What one decision line of the log says (docs/operating.md). Texts are as they stand in the
// line, without escapes; `from` and `to` may be anything a peer claimed.
struct DecisionLine {
  std::optional<std::chrono::sys_seconds> time;
  StreamKind kind = StreamKind::kS2sInbound;
  std::string from;
  std::string to;
  policy::Verdict verdict = policy::Verdict::kAccepted;
  std::optional<policy::Reason> reason;  // none only with kAccepted
};
struct OtherLine {};       // not a decision
struct UnreadableLine {};  // a decision that is cut, garbled or of another version

using Line = std::variant<OtherLine, UnreadableLine, DecisionLine>;

// Reads one line without its line feed: logfmt or JSON, also behind what journald, syslog, docker
// or a priority prefix put in front, and inside of the JSON objects of journald and docker. Takes
// any octets. Only what stands in front of the record's first field can tell where it begins, so
// that no text a peer put into a field is taken for a record.
Line parse_line(std::string_view line, const TimeReference& reference);

}  // namespace portcullis::report
