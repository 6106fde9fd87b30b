#include "proxy/xmpp/guard.h"

#include <algorithm>
#include <utility>

#include "proxy/xmpp/boundary_scanner.h"
#include "proxy/xmpp/element_builder.h"
#include "proxy/xmpp/expat_parser.h"
#include "proxy/xmpp/guard_rules.h"
#include "proxy/xmpp/stream_prefixes.h"
#include "proxy/xmpp/xml_space.h"

namespace portcullis::xmpp {
namespace {

using policy::Reason;
using Found = BoundaryScanner::Found;

constexpr std::size_t kErrorBudget = std::size_t{256} * 1024;  // memory for a <stream:error/>

GuardFault fault(Reason reason, std::string detail) {
  return {reason, std::move(detail), {}};
}

// The stream header under which the far end reads what is passed on: as write_header() makes it,
// and "db", which lets dialback be called by its name.
std::string synthetic_header(const GuardRules& rules) {
  std::string out = "<stream:stream";
  append_attribute(out, "xmlns", rules.content_ns);
  append_attribute(out, "xmlns:stream", ns::kStream);
  for (const auto& one : rules.declared)
    if (one.prefix == "db") append_attribute(out, "xmlns:db", ns::kDialback);
  append_declarations(out, rules.declared);
  return out += '>';
}

// Whether an end tag is that of the stream. This end may write it with a prefix of its own.
bool is_stream_end(std::string_view end_tag, const GuardRules& rules) {
  std::string_view name = end_tag.substr(2, end_tag.size() - 3);
  name = name.substr(0, name.find_last_not_of(kXmlSpace) + 1);
  if (name == "stream:stream") return true;
  return std::any_of(rules.declared.begin(), rules.declared.end(), [&](const auto& one) {
    return one.uri == ns::kStream && name == one.prefix + ":stream";
  });
}

// One run of expat over whole units. Lives during one feed() only: expat interns every name it
// meets for as long as a parser lives, and an idle stream shall hold none.
class UnitJudge final : ExpatParser::Handler {
 public:
  UnitJudge(const GuardRules& rules, const std::string& header)
      : rules_(rules), parser_(*this, {rules.depth, rules.attributes}), error_(kErrorBudget) {
    if (parser_.parse(header))
      stop_ = fault(Reason::kInternalError, "the namespaces of the stream header do not parse");
  }

  // A whole unit: nothing, when it may pass.
  std::optional<GuardStop> judge(std::string_view unit) {
    whole_ = false;
    if (auto stop = parse(unit)) return stop;
    if (!whole_) return fault(Reason::kXmlInvalid, "the XML is not well-formed");
    return std::nullopt;
  }
  // Whether that was a stanza, not a stream element.
  bool stanza() const { return stanza_; }
  // The start tag of a unit alone. No other unit may follow.
  std::optional<GuardStop> judge_start(std::string_view tag) { return parse(tag); }

 private:
  std::optional<GuardStop> parse(std::string_view bytes) {
    if (stop_) return stop_;
    auto found = parser_.parse(bytes);
    if (!stop_ && found) stop_ = fault(found->reason, std::move(found->detail));
    return stop_;
  }

  void refuse(GuardFault why) {
    parser_.refuse(why.reason, why.detail);
    stop_ = std::move(why);
  }

  void start_element(const StartTag& tag, std::size_t depth) override;
  void end_element(std::size_t depth) override;
  void text(std::string_view text) override;

  const GuardRules& rules_;
  ExpatParser parser_;
  ElementBuilder error_;
  bool in_error_ = false;
  bool stanza_ = false;
  bool whole_ = false;  // expat has seen one unit that ends where the bytes end
  std::optional<GuardStop> stop_;
};

void UnitJudge::start_element(const StartTag& tag, std::size_t depth) {
  if (depth == 0) return;
  // Inside a stanza too: there the far end may not know the prefix "db".
  if (tag.uses(ns::kDialback))
    return refuse(fault(Reason::kDialbackAttempted, "an element of server dialback"));
  if (depth == 1) {
    in_error_ = tag.name().is(ns::kStream, "error");
    stanza_ = tag.name().ns == rules_.content_ns;
    if (!in_error_)
      if (auto why = judge_first_level(tag, rules_)) return refuse(std::move(*why));
  }
  if (in_error_ && !error_.start(tag))
    refuse(fault(Reason::kStanzaTooBig, "a stream error needs too much memory"));
}

void UnitJudge::end_element(std::size_t depth) {
  if (in_error_) error_.end();
  if (depth != 1) return;
  if (!parser_.at_end_of_input())
    return refuse(fault(Reason::kXmlInvalid, "the XML is not well-formed"));
  whole_ = true;
  if (in_error_) stop_ = GuardStreamError{error_.take()};
}

void UnitJudge::text(std::string_view text) {
  if (parser_.depth() < 2) return refuse(fault(Reason::kXmlInvalid, "text stands between stanzas"));
  if (in_error_) error_.text(text);
}

}  // namespace

struct Guard::Impl {
  explicit Impl(GuardRules guard_rules)
      : rules(std::move(guard_rules)), header(synthetic_header(rules)) {}

  std::optional<GuardStop> feed(std::string_view bytes, std::string& out);
  std::optional<GuardStop> pass_units(std::string_view& bytes, std::string& out);
  std::optional<GuardStop> judge_unfinished(std::string_view bytes, Found found);
  GuardStop end(std::string_view end_tag) const;

  GuardRules rules;
  std::string header;
  std::string held;  // the unfinished unit, from its '<'
  BoundaryScanner scanner;
  bool start_judged = false;  // of the unfinished unit
  std::uint64_t stanzas = 0;
};

std::optional<GuardStop> Guard::Impl::feed(std::string_view bytes, std::string& out) {
  if (bytes.empty()) return std::nullopt;
  const std::size_t before = out.size();
  std::string_view rest = bytes;
  if (!held.empty()) rest = held.append(bytes);
  if (auto stop = pass_units(rest, out)) {
    std::string().swap(held);
    return stop;
  }
  if (held.empty()) {
    // Only white space was read, which keeps the far connection alive as well.
    if (rest.empty() && out.size() == before) out += ' ';
    held = rest;
  } else if (rest.empty()) {
    std::string().swap(held);
  } else {
    held.erase(0, held.size() - rest.size());
  }
  return std::nullopt;
}

// Leaves the unfinished unit in `bytes`.
std::optional<GuardStop> Guard::Impl::pass_units(std::string_view& bytes, std::string& out) {
  std::optional<UnitJudge> judge;
  for (bytes = skip_space(bytes); !bytes.empty(); bytes = skip_space(bytes)) {
    if (bytes.front() != '<') return fault(Reason::kXmlInvalid, "text stands between stanzas");
    const Found found = scanner.scan(bytes, BoundaryScanner::Unit::kElement);
    const std::size_t size = found == Found::kMore ? bytes.size() : scanner.end();
    if (found != Found::kUnit || size > rules.stanza_bytes) return judge_unfinished(bytes, found);
    const std::string_view unit = bytes.substr(0, scanner.end());
    if (unit.starts_with("</")) return end(unit);
    if (!judge) judge.emplace(rules, header);
    if (auto stop = judge->judge(unit)) return stop;
    out.append(unit);
    if (judge->stanza()) ++stanzas;
    scanner.reset();
    start_judged = false;
    bytes.remove_prefix(unit.size());
  }
  return std::nullopt;
}

GuardStop Guard::Impl::end(std::string_view end_tag) const {
  if (is_stream_end(end_tag, rules)) return GuardEnded{};
  return fault(Reason::kXmlInvalid, "an end tag closes nothing that is open");
}

// A stanza that may not pass is refused before its end has come; a second stream header has none.
std::optional<GuardStop> Guard::Impl::judge_unfinished(std::string_view bytes, Found found) {
  const std::size_t tag = scanner.first_tag();
  if (!start_judged && tag != 0 && tag <= rules.stanza_bytes) {
    start_judged = true;
    if (auto stop = UnitJudge(rules, header).judge_start(bytes.substr(0, tag))) return stop;
  }
  const std::size_t size = found == Found::kMore ? bytes.size() : scanner.end();
  if (size > rules.stanza_bytes)
    return fault(Reason::kStanzaTooBig,
                 "a stanza is longer than " + std::to_string(rules.stanza_bytes) + " bytes");
  if (found == Found::kMalformed)
    return fault(Reason::kXmlInvalid, "the XML is not well-formed: '<' in the wrong place");
  if (found == Found::kRestricted)
    return fault(Reason::kXmlRestricted, "a comment, document type or processing instruction");
  return std::nullopt;
}

Guard::Guard(GuardRules rules) : impl_(std::make_unique<Impl>(std::move(rules))) {}
Guard::Guard(Guard&&) noexcept = default;
Guard& Guard::operator=(Guard&&) noexcept = default;
Guard::~Guard() = default;

std::optional<GuardStop> Guard::feed(std::string_view bytes, std::string& out) {
  return impl_->feed(bytes, out);
}

std::uint64_t Guard::stanzas() const {
  return impl_->stanzas;
}

std::size_t Guard::held_bytes() const {
  return impl_->held.size();
}

}  // namespace portcullis::xmpp
