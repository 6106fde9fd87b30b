#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/decide/gate.h"
#include "policy/model/spki_pin.h"
#include "policy/reasons/reason.h"
#include "proxy/base/found_by.h"
#include "proxy/base/stream_kind.h"
#include "proxy/base/tls_version.h"
#include "proxy/report/log_time.h"

namespace portcullis::report {

// What one decision line of the log says (docs/operating.md). Escapes in texts are undone. `from`
// and `to` can be anything that a peer has claimed.
struct DecisionLine {
  std::optional<std::chrono::sys_seconds> time;
  StreamKind kind = StreamKind::kS2sInbound;
  std::string from;
  std::string to;
  policy::Verdict verdict = policy::Verdict::kAccepted;
  std::optional<policy::Reason> reason;  // none only with kAccepted
  std::vector<policy::Reason> also;      // what else was wrong, as far as this version knows it
  // Lines of earlier versions lack these.
  std::optional<FoundBy> found;        // by what the address was found of a server that was called
  std::optional<policy::SpkiPin> key;  // that the other server showed
  std::string rule;                    // the pattern of the rule for it; "" if there is none
  TlsVersion tls = TlsVersion::kUnknown;
};
struct OtherLine {};       // not a decision
struct UnreadableLine {};  // a decision that is cut off, damaged or of another version

using Line = std::variant<OtherLine, UnreadableLine, DecisionLine>;

// Reads one line without its line feed. The line is logfmt or JSON, and may stand behind what
// journald, syslog, docker or a priority prefix adds, or inside a JSON object of journald or
// docker. Any octets are accepted. A record begins at its first field, and nothing behind that is
// searched for another record: a peer can put text into a field that looks like one.
Line parse_line(std::string_view line, const TimeReference& reference);

}  // namespace portcullis::report
