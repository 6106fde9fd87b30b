#include "proxy/status/overview_words.h"

#include <algorithm>
#include <cstdint>

#include "proxy/status/lights.h"
#include "proxy/status/words.h"

namespace portcullis::status {

std::string_view words(StreamKind kind) {
  switch (kind) {
    case StreamKind::kS2sInbound:
      return "from servers";
    case StreamKind::kS2sOutbound:
      return "to servers";
    case StreamKind::kC2s:
      return "clients";
  }
  return "";
}

std::string_view mode_sentence(policy::Mode mode) {
  switch (mode) {
    case policy::Mode::kEnforce:
      return "what does not meet the policy is refused";
    case policy::Mode::kObserve:
      return "what does not meet the policy is let through and noted; nothing of it is protected";
  }
  return "";
}

std::string capture_sentence(const CaptureState& capture) {
  switch (capture.how) {
    case policy::Capture::kNone:
      return "none: your server's own configuration leads its streams to the gate";
    case policy::Capture::kNftables:
      return "nftables: configured; \"portcullis doctor\" says whether it is in force";
    case policy::Capture::kDns:
      return capture.looked_up
                 ? "dns: your server looks for others at the gate"
                 : "dns: nobody has looked for another server at the gate since the start";
  }
  return "";
}

std::string reload_sentence(const Overview& overview) {
  if (!overview.last_reload) return "none since the start";
  const auto& last = *overview.last_reload;
  return time_text(last.at) + ", by " + (last.trigger == "files" ? "changed files" : last.trigger) +
         (last.ok ? ": taken" : ": FAILED") + (last.detail.empty() ? "" : " (" + last.detail + ")");
}

std::string_view state_of(const BackendRow& row) {
  if (row.impostor) return "not the backend";
  if (!row.up) return "not known yet";
  return *row.up ? "up" : "down";
}

std::string certificate_name(const CertificateRow& row) {
  return row.use == CertificateRow::Use::kLocalCa ? std::string("local CA") : row.host;
}

std::string days_text(const Overview& overview, const CertificateRow& row) {
  const auto days = days_left(overview, row.not_after);
  return days < 0 ? "over" : counted(static_cast<std::uint64_t>(days), "day", "days");
}

std::string hint_for(policy::Reason reason) {
  std::string hint(policy::info(reason).local);
  std::erase(hint, '`');
  return hint;
}

}  // namespace portcullis::status
