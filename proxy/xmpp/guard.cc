#include "proxy/xmpp/guard.h"

#include <algorithm>
#include <utility>

#include "proxy/xmpp/address_form.h"
#include "proxy/xmpp/boundary_scanner.h"
#include "proxy/xmpp/plain_stanza.h"
#include "proxy/xmpp/unit_judge.h"
#include "proxy/xmpp/xml_space.h"

namespace portcullis::xmpp {
namespace {

using policy::Reason;
using Found = BoundaryScanner::Found;

// What completes an unfinished unit is put behind it in pieces of that size, so that what comes
// behind the unit is not copied, too.
constexpr std::size_t kPiece = std::size_t{4} * 1024;

GuardFault fault(Reason reason, std::string detail) {
  return {reason, std::move(detail), {}};
}

// Whether `end_tag` is the end tag of the stream. The end that sent it may use a prefix of its own.
bool is_stream_end(std::string_view end_tag, const GuardRules& rules) {
  std::string_view name = end_tag.substr(2, end_tag.size() - 3);
  name = name.substr(0, name.find_last_not_of(kXmlSpace) + 1);
  if (name == "stream:stream") return true;
  return std::any_of(rules.declared.begin(), rules.declared.end(), [&](const auto& one) {
    return one.uri == ns::kStream && name == one.prefix + ":stream";
  });
}

}  // namespace

// What may be sent on, and where the stanzas are in it.
struct Passed {
  Gathered& bytes;
  std::vector<StanzaMark>* marks;
  bool lends;  // what is judged is the caller's, and not what was held

  // A stanza begins so far behind what was passed before.
  void mark(std::size_t behind, std::size_t tag, std::size_t length) const {
    const std::size_t begin = bytes.size() + behind;
    if (marks != nullptr) marks->push_back({begin, tag, begin + length});
  }

  void add(std::string_view judged) const {
    if (lends)
      bytes.lend(judged);
    else
      bytes.append(judged);
  }
};

struct Guard::Impl {
  explicit Impl(GuardRules guard_rules)
      : rules(std::move(guard_rules)), stanza_bytes(rules.stanza_bytes), scanner(rules.depth) {
    if (rules.unproved_bytes != 0)
      rules.stanza_bytes = std::min(rules.stanza_bytes, rules.unproved_bytes);
  }

  std::optional<GuardStop> feed(std::string_view bytes, Passed out);
  std::optional<GuardStop> finish_held(std::string_view& bytes, Passed out);
  void pass_plain(std::string_view& bytes, Passed out);
  std::optional<GuardStop> pass_units(std::string_view& bytes, Passed out);
  std::optional<GuardStop> judge_unfinished(std::string_view bytes, Found found);
  GuardStop end(std::string_view end_tag) const;

  GuardRules rules;          // with the `stanza_bytes` that holds now
  std::size_t stanza_bytes;  // once a key was good
  std::string held;          // the unfinished unit, from its '<'
  BoundaryScanner scanner;
  bool start_judged = false;  // of the unfinished unit
  std::uint64_t stanzas = 0;
  bool managed = false;
  std::vector<Element> dialback;  // that was taken out
};

std::optional<GuardStop> Guard::Impl::feed(std::string_view bytes, Passed out) {
  if (bytes.empty()) return std::nullopt;
  if (rules.questions && rules.questions->proved()) rules.stanza_bytes = stanza_bytes;
  const std::size_t before = out.bytes.size();
  const bool was_idle = held.empty();
  if (!was_idle)
    if (auto stop = finish_held(bytes, {out.bytes, out.marks, false})) return stop;
  if (!held.empty()) return std::nullopt;
  if (auto stop = pass_units(bytes, out)) return stop;
  // Only white space was read, which keeps a connection alive. One space keeps the far connection
  // alive, too.
  if (was_idle && bytes.empty() && out.bytes.size() == before) out.bytes.append(" ");
  held = bytes;
  return std::nullopt;
}

// Puts as much of `bytes` behind the unfinished unit as completes it, and takes that away from
// them; or all of it.
std::optional<GuardStop> Guard::Impl::finish_held(std::string_view& bytes, Passed out) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPiece);
    bytes.remove_prefix(piece.size());
    std::string_view rest = held.append(piece);
    if (auto stop = pass_units(rest, out)) {
      std::string().swap(held);
      return stop;
    }
    if (rest.size() == held.size()) continue;
    if (bytes.empty() && !rest.empty()) {
      held.erase(0, held.size() - rest.size());
      return std::nullopt;
    }
    // The unit ended in this piece. Of what is behind it at most the piece is read once more.
    bytes = {bytes.data() - rest.size(), rest.size() + bytes.size()};
    std::string().swap(held);
    scanner.reset();
    start_judged = false;
    return std::nullopt;
  }
  return std::nullopt;
}

// Moves the plain stanzas at the front of `bytes` to `out`, all of them as one piece.
void Guard::Impl::pass_plain(std::string_view& bytes, Passed out) {
  const PlainStanza plain(rules);
  std::size_t passed = 0;
  for (;;) {
    const auto found = plain.check(bytes.substr(passed));
    if (found.length == 0) break;
    out.mark(passed, found.tag, found.length);
    passed += found.length;
    ++stanzas;
  }
  out.add(bytes.substr(0, passed));
  bytes.remove_prefix(passed);
}

// Passes on all whole units. Afterwards `bytes` is the unfinished unit.
std::optional<GuardStop> Guard::Impl::pass_units(std::string_view& bytes, Passed out) {
  std::optional<UnitJudge> judge;
  for (bytes = skip_space(bytes); !bytes.empty(); bytes = skip_space(bytes)) {
    // A unit that came in pieces is read again when it is whole. So each byte is read at most
    // twice (and a piece at the begin of a long input once more).
    const bool resumed = scanner.end() != 0;
    if (!resumed) pass_plain(bytes, out);
    if (skip_space(bytes).size() != bytes.size() || bytes.empty()) continue;
    if (bytes.front() != '<') return fault(Reason::kXmlInvalid, "text stands between stanzas");
    const Found found = scanner.scan(bytes, BoundaryScanner::Unit::kElement);
    const std::size_t size = found == Found::kMore ? bytes.size() : scanner.end();
    if (found != Found::kUnit || size > rules.stanza_bytes) return judge_unfinished(bytes, found);
    const std::string_view unit = bytes.substr(0, scanner.end());
    if (unit.starts_with("</")) return end(unit);
    if (resumed && PlainStanza(rules).check(unit).length == unit.size()) {
      ++stanzas;
      out.mark(0, scanner.first_tag(), unit.size());
      out.add(unit);
    } else {
      const AddressForm formed(unit, scanner.first_tag(), rules);
      if (!judge) judge.emplace(rules);
      if (auto stop = judge->judge(formed.unit())) return stop;
      managed = managed || judge->managed();
      auto taken = judge->take_dialback();
      // It is answered with the very names that stand in it.
      if (taken && formed.unit().size() != unit.size())
        if (UnitJudge as_said(rules); !as_said.judge(unit)) taken = as_said.take_dialback();
      if (taken) dialback.push_back(std::move(*taken));
      if (judge->stanza()) {
        ++stanzas;
        // The addresses stand in the start tag, which is longer now by what the unit is longer.
        const std::size_t tag = scanner.first_tag() + formed.unit().size() - unit.size();
        out.mark(0, tag, formed.unit().size());
      }
      if (!taken) out.bytes.append(formed.unit());
    }
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

// A stanza that may not pass is refused before its end has come. This also refuses a second stream
// header, whose end never comes.
std::optional<GuardStop> Guard::Impl::judge_unfinished(std::string_view bytes, Found found) {
  const std::size_t tag = scanner.first_tag();
  if (!start_judged && tag != 0 && tag <= rules.stanza_bytes) {
    start_judged = true;
    const std::string_view start = bytes.substr(0, tag);
    if (!PlainStanza(rules).accepts_start(start))
      if (auto stop = UnitJudge(rules).judge_start(AddressForm(start, tag, rules).unit()))
        return stop;
  }
  const std::size_t size = found == Found::kMore ? bytes.size() : scanner.end();
  if (size > rules.stanza_bytes)
    return fault(Reason::kStanzaTooBig,
                 "a stanza is longer than " + std::to_string(rules.stanza_bytes) + " bytes");
  if (found == Found::kMalformed)
    return fault(Reason::kXmlInvalid, "the XML is not well-formed: '<' in the wrong place");
  if (found == Found::kRestricted)
    return fault(Reason::kXmlRestricted, "a comment, document type or processing instruction");
  if (found == Found::kTooDeep) return fault(Reason::kXmlInvalid, "elements are nested too deeply");
  return std::nullopt;
}

Guard::Guard(GuardRules rules) : impl_(std::make_unique<Impl>(std::move(rules))) {}
Guard::Guard(Guard&&) noexcept = default;
Guard& Guard::operator=(Guard&&) noexcept = default;
Guard::~Guard() = default;

std::optional<GuardStop> Guard::feed(std::string_view bytes, Gathered& out,
                                     std::vector<StanzaMark>* marks) {
  return impl_->feed(bytes, {out, marks, true});
}

std::uint64_t Guard::stanzas() const {
  return impl_->stanzas;
}

bool Guard::managed() const {
  return impl_->managed;
}

std::size_t Guard::held_bytes() const {
  return impl_->held.size();
}

std::vector<Element> Guard::take_dialback() {
  return std::exchange(impl_->dialback, {});
}

}  // namespace portcullis::xmpp
