#include "policy/reasons/reason_text.h"

namespace portcullis::policy {

std::string_view waiver_words(Waiver waiver) {
  switch (waiver) {
    case Waiver::kNever:
      return "never";
    case Waiver::kAllowed:
      return "yes";
    case Waiver::kWithPins:
      return "only with pins";
  }
  return "";
}

std::string_view blame_words(Blame blame) {
  switch (blame) {
    case Blame::kPeer:
      return "the other side";
    case Blame::kInitiatingEntity:
      return "the side that opened the stream";
    case Blame::kReceivingEntity:
      return "the side that was called";
    case Blame::kLocal:
      return "this server or its backend";
    case Blame::kNetwork:
      return "DNS, the network or a server that is down";
  }
  return "";
}

std::string stream_words(const ReasonInfo& reason) {
  std::string words;
  for (const StreamKind kind : kStreamKinds) {
    if (!can_refuse(reason.reason, kind)) continue;
    if (!words.empty()) words += ", ";
    words += "`" + std::string(name(kind)) + "`";
  }
  if (!reason.while_relaying) return words;
  return words.empty() ? "established ones" : words + ", established ones";
}

std::vector<std::string> lines(const ReasonInfo& reason) {
  const auto line = [](std::string label, std::string_view text) {
    constexpr std::size_t kWidth = 16;
    label.resize(kWidth, ' ');
    return label + std::string(text);
  };
  return {
      line("reason", reason.id),
      line("meaning", reason.meaning),
      line("told to them", reason.sentence),
      line("told at home", reason.at_home.empty() ? "the same" : reason.at_home),
      line("stream error", reason.condition),
      line("fault of", blame_words(reason.blame)),
      line("observe mode", reason.always_enforced ? "refuses it, too" : "lets it through"),
      line("exception", waiver_words(reason.waiver)),
      line("TLSRPT", reason.tlsrpt.empty() ? "none" : reason.tlsrpt),
      line("remote admin", reason.remote),
      line("local operator", reason.local),
  };
}

}  // namespace portcullis::policy
