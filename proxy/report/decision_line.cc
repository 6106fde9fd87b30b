#include "proxy/report/decision_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "proxy/base/log_words.h"
#include "proxy/report/record_fields.h"

namespace portcullis::report {
namespace {

using std::chrono::sys_seconds;

constexpr std::string_view kDecision = log_event::kDecision.name;
constexpr std::int64_t kLastMicrosecond = 253'402'300'799'999'999;  // of the year 9999

// Whether a word can begin here: behind a blank, or behind a priority prefix such as "<5>".
bool begins_word(std::string_view line, std::size_t at) {
  return at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t' || line[at - 1] == '>' ||
         line[at - 1] == '|';
}

// The text behind "name=", if the name at `at` is followed by "=".
std::optional<std::string_view> value_at(std::string_view line, std::size_t at, LogField field) {
  const std::string_view rest = line.substr(at + field.name.size());
  if (!rest.starts_with('=')) return std::nullopt;
  return rest.substr(1);
}

std::size_t find_record(std::string_view line) {
  const std::string_view first = log_field::kEvent.name;
  for (auto at = line.find(first); at != std::string_view::npos; at = line.find(first, at + 1))
    if (begins_word(line, at) && value_at(line, at, log_field::kEvent)) return at;
  return std::string_view::npos;
}

// The stamp that we put right in front of a record: "time=... level=... event=".
std::optional<sys_seconds> own_time(std::string_view prefix, const TimeReference& reference) {
  constexpr auto kNone = std::string_view::npos;
  const std::string_view name = log_field::kTime.name;
  for (auto at = prefix.rfind(name); at != kNone; at = at > 0 ? prefix.rfind(name, at - 1) : kNone)
    if (const auto value = value_at(prefix, at, log_field::kTime))
      return parse_timestamp(value->substr(0, value->find(' ')), reference);
  return std::nullopt;
}

std::optional<StreamKind> kind_of(std::string_view word) {
  for (const StreamKind kind : kStreamKinds)
    if (name(kind) == word) return kind;
  return std::nullopt;
}

std::optional<policy::Verdict> verdict_of(std::string_view word) {
  using policy::Verdict;
  for (std::size_t i = 0; i < policy::kVerdictNames.size(); ++i)
    if (policy::kVerdictNames.at(i) == word) return static_cast<Verdict>(i);
  // These are in logs of earlier versions.
  if (word == "accept") return Verdict::kAccepted;
  if (word == "reject") return Verdict::kRejected;
  return std::nullopt;
}

std::optional<FoundBy> found_of(std::string_view word) {
  for (const auto found : {FoundBy::kSrv, FoundBy::kFallback, FoundBy::kProxy, FoundBy::kLocal})
    if (name(found) == word) return found;
  return std::nullopt;
}

TlsVersion tls_of(std::string_view word) {
  for (const auto version :
       {TlsVersion::kTls10, TlsVersion::kTls11, TlsVersion::kTls12, TlsVersion::kTls13})
    if (name(version) == word) return version;
  return TlsVersion::kUnknown;
}

// Reasons of a later version are left out: nothing can be said about them.
std::vector<policy::Reason> reasons_of(std::string_view words) {
  std::vector<policy::Reason> reasons;
  while (!words.empty() && reasons.size() < policy::kReasonCount) {
    const auto blank = std::min(words.find(' '), words.size());
    if (const auto reason = policy::reason_from_id(words.substr(0, blank)))
      reasons.push_back(*reason);
    words.remove_prefix(std::min(blank + 1, words.size()));
  }
  return reasons;
}

// What else the line knows about the other server, and how far that can be believed.
void add_evidence(const RecordFields& fields, DecisionLine& line) {
  line.also = reasons_of(fields.get(log_field::kAlso));
  line.found = found_of(fields.get(log_field::kFound));
  line.tls = tls_of(fields.get(log_field::kTls));
  line.rule = fields.get(log_field::kRule);
  if (const auto key = policy::parse_pin(fields.get(log_field::kPin))) line.key = *key;
}

Line decision(const RecordFields& fields, std::optional<sys_seconds> time) {
  DecisionLine line;
  const auto kind = kind_of(fields.get(log_field::kKind));
  const auto verdict = verdict_of(fields.get(log_field::kVerdict));
  if (!kind || !verdict) return UnreadableLine{};
  if (const auto* const reason = fields.find(log_field::kReason)) {
    line.reason = policy::reason_from_id(*reason);
    if (!line.reason) return UnreadableLine{};
  }
  if (*verdict == policy::Verdict::kAccepted)
    line.reason.reset();
  else if (!line.reason)
    return UnreadableLine{};
  line.time = time;
  line.kind = *kind;
  line.verdict = *verdict;
  line.from = fields.get(log_field::kFrom);
  line.to = fields.get(log_field::kTo);
  add_evidence(fields, line);
  return line;
}

std::optional<sys_seconds> microseconds_time(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  if (value > kLastMicrosecond) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(
      std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(value)));
}

// The time in a JSON object: our own field, or that of docker or journald.
std::optional<sys_seconds> object_time(const RecordFields& fields, const TimeReference& reference) {
  for (const LogField field : {log_field::kTime, envelope::kDockerTime})
    if (const auto* const text = fields.find(field))
      if (const auto found = parse_timestamp(*text, reference)) return found;
  const auto* const micro = fields.find(envelope::kJournalTime);
  return micro != nullptr ? microseconds_time(*micro) : std::nullopt;
}

Line with_time(Line line, std::optional<sys_seconds> outer) {
  auto* const found = std::get_if<DecisionLine>(&line);
  if (found != nullptr && !found->time) found->time = outer;
  return line;
}

Line parse_text(std::string_view line, std::size_t record, const TimeReference& reference) {
  if (!value_at(line, record, log_field::kEvent)->starts_with(kDecision)) return OtherLine{};
  const auto fields = parse_logfmt(line.substr(record));
  if (!fields) return UnreadableLine{};
  if (fields->get(log_field::kEvent) != kDecision) return OtherLine{};
  const std::string_view prefix = line.substr(0, record);
  const auto own = own_time(prefix, reference);
  return decision(*fields, own ? own : find_timestamp(prefix, reference));
}

Line parse_object(std::string_view line, std::size_t brace, const TimeReference& reference,
                  bool enveloped);

Line parse_record(std::string_view line, const TimeReference& reference, bool enveloped) {
  while (line.ends_with('\n') || line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
  const auto record = find_record(line);
  const auto brace = line.find('{');
  if (brace < record) return parse_object(line, brace, reference, enveloped);
  if (record == std::string_view::npos) return OtherLine{};
  return parse_text(line, record, reference);
}

// `enveloped`: the line itself was found inside an object. Then no further object is opened, so
// that there is no recursion.
Line parse_object(std::string_view line, std::size_t brace, const TimeReference& reference,
                  bool enveloped) {
  const std::string_view object = line.substr(brace);
  // Most objects in a log are not ours; this is faster than parsing them.
  if (object.find(kDecision) == std::string_view::npos) return OtherLine{};
  const auto fields = parse_json(object);
  if (!fields) {
    const auto ours_has = fmt::format(R"("{}":"{}")", log_field::kEvent.name, kDecision);
    const bool ours = object.find(ours_has) != std::string_view::npos;
    return ours ? Line(UnreadableLine{}) : Line(OtherLine{});
  }
  auto time = object_time(*fields, reference);
  if (!time) time = find_timestamp(line.substr(0, brace), reference);
  if (const auto* const event = fields->find(log_field::kEvent))
    return *event == kDecision ? decision(*fields, time) : Line(OtherLine{});
  if (enveloped) return OtherLine{};
  for (const LogField field : {envelope::kJournalMessage, envelope::kDockerMessage})
    if (const auto* const inner = fields->find(field))
      return with_time(parse_record(*inner, reference, true), time);
  return OtherLine{};
}

}  // namespace

Line parse_line(std::string_view line, const TimeReference& reference) {
  return parse_record(line, reference, false);
}

}  // namespace portcullis::report
