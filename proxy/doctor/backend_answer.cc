#include "proxy/doctor/backend_answer.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace portcullis::doctor {

std::string detail_of(const policy::Refusal& refusal) {
  if (refusal.arguments)
    for (const auto& [name, value] : *refusal.arguments)
      if (name == "detail" && !value.empty()) return policy::printable(value);
  return policy::printable(policy::without_full_stop(refusal.text));
}

bool lacks_answer(const examine::Findings& answer, policy::ProxyProtocol sent) {
  if (answer.failure && answer.failure->stage == examine::Stage::kConnecting) return false;
  if (answer.content_ns.empty()) return true;
  if (sent == policy::ProxyProtocol::kOff || !answer.failure) return false;
  // It reads the header as XML, and complains; Prosody in a stream without a version.
  constexpr std::array<std::string_view, 4> kComplaints{"not-well-formed", "xml-not-well-formed",
                                                        "bad-format", "invalid-xml"};
  return answer.failure->refusal.reason == policy::Reason::kUnsupportedVersion ||
         std::find(kComplaints.begin(), kComplaints.end(), answer.failure->condition) !=
             kComplaints.end();
}

}  // namespace portcullis::doctor
