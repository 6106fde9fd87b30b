#include "proxy/xmpp/unit_judge.h"

#include <utility>

#include "proxy/xmpp/guard_rules.h"
#include "proxy/xmpp/stream_prefixes.h"

namespace portcullis::xmpp {
namespace {

using policy::Reason;

// Memory for a <stream:error/>, or for an element of dialback.
constexpr std::size_t kErrorBudget = std::size_t{256} * 1024;

GuardFault fault(Reason reason, std::string detail) {
  return {reason, std::move(detail), {}};
}

}  // namespace

std::string synthetic_header(const GuardRules& rules) {
  std::string out = "<stream:stream";
  append_attribute(out, "xmlns", rules.content_ns);
  append_attribute(out, "xmlns:stream", ns::kStream);
  for (const auto& one : rules.declared)
    if (one.prefix == "db") append_attribute(out, "xmlns:db", ns::kDialback);
  append_declarations(out, rules.declared);
  return out += '>';
}

UnitJudge::UnitJudge(const GuardRules& rules)
    : rules_(rules), parser_(*this, {rules.depth, rules.attributes}), error_(kErrorBudget) {
  if (parser_.parse(synthetic_header(rules)))
    stop_ = fault(Reason::kInternalError, "the namespaces of the stream header do not parse");
}

std::optional<GuardStop> UnitJudge::judge(std::string_view unit) {
  whole_ = false;
  if (auto stop = parse(unit)) return stop;
  if (!whole_) return fault(Reason::kXmlInvalid, "the XML is not well-formed");
  return std::nullopt;
}

std::optional<Element> UnitJudge::take_dialback() {
  if (!dialback_ || !dialback_->complete()) return std::nullopt;
  auto element = dialback_->take_element();
  dialback_.reset();
  return element;
}

std::optional<GuardStop> UnitJudge::parse(std::string_view bytes) {
  if (stop_) return stop_;
  auto found = parser_.parse(bytes);
  if (!stop_ && found) stop_ = fault(found->reason, std::move(found->detail));
  return stop_;
}

void UnitJudge::refuse(GuardFault why) {
  parser_.refuse(why.reason, why.detail);
  stop_ = std::move(why);
}

// Whether dialback stands where it has no meaning. If the header that the far end got does not
// declare the prefix "db", it would not even be well-formed there. The <error/> in a dialback
// answer may be in the namespace of dialback: it inherits it, if that is the answer's default
// namespace.
bool UnitJudge::smuggles_dialback(const StartTag& tag, std::size_t depth) const {
  if (tag.has_attribute_in(ns::kDialback)) return true;
  if (depth == 1 || tag.name().ns != ns::kDialback) return false;
  return !in_dialback_ || is_dialback(tag.name());
}

void UnitJudge::start_element(const StartTag& tag, std::size_t depth) {
  if (depth == 0) return;
  if (smuggles_dialback(tag, depth))
    return refuse(fault(Reason::kDialbackAttempted, "server dialback inside of another element"));
  if (depth == 1) {
    in_dialback_ = tag.name().ns == ns::kDialback;
    in_error_ = tag.name().is(ns::kStream, "error");
    stanza_ = tag.name().ns == rules_.content_ns;
    if (!in_error_)
      if (auto why = judge_first_level(tag, rules_)) return refuse(std::move(*why));
    managed_ = managed_ || (rules_.traffic == GuardRules::Traffic::kHostToClient &&
                            begins_stream_management(tag.name().ns, tag.name().local));
    const bool taken = in_dialback_ && rules_.takes_dialback;
    if (taken) dialback_.emplace(kErrorBudget);
    asked_ = in_dialback_ && !taken ? question_of(tag) : std::nullopt;
    const auto type = tag.value("type");
    answers_ = type.has_value();
    valid_ = type == "valid";
  }
  if (in_error_ && !error_.start(tag))
    refuse(fault(Reason::kStanzaTooBig, "a stream error needs too much memory"));
  if (dialback_ && !dialback_->start(tag))
    refuse(fault(Reason::kStanzaTooBig, "an element of dialback needs too much memory"));
}

void UnitJudge::end_element(std::size_t depth) {
  if (in_error_) error_.end();
  if (dialback_) dialback_->end();
  if (depth != 1) return;
  if (!parser_.at_end_of_input())
    return refuse(fault(Reason::kXmlInvalid, "the XML is not well-formed"));
  whole_ = true;
  note_dialback();
  if (in_error_) stop_ = GuardStreamError{error_.take_element()};
}

// Only when the element is whole: the start tag of one that comes in pieces is judged twice.
void UnitJudge::note_dialback() {
  if (!asked_ || !rules_.questions) return;
  if (answers_)
    rules_.questions->answer(*asked_, valid_);
  else
    rules_.questions->ask(*std::move(asked_));
  asked_.reset();
}

void UnitJudge::text(std::string_view text) {
  if (parser_.depth() < 2) return refuse(fault(Reason::kXmlInvalid, "text stands between stanzas"));
  if (in_error_) error_.text(text);
  if (dialback_) dialback_->text(text);
}

}  // namespace portcullis::xmpp
