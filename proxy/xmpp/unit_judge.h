#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/xmpp/element_builder.h"
#include "proxy/xmpp/expat_parser.h"
#include "proxy/xmpp/guard.h"

namespace portcullis::xmpp {

// The stream header under which the far end reads what a guard passes on. It declares what
// write_header() declares, and "db" if this end declared it, so that dialback is recognised as
// dialback.
std::string synthetic_header(const GuardRules& rules);

// One run of expat over whole units of a relayed stream. It lives only during one call of the
// guard: a parser of expat keeps every name that it has met, and an idle stream must not hold them.
class UnitJudge final : ExpatParser::Handler {
 public:
  // `rules` must outlive this.
  explicit UnitJudge(const GuardRules& rules);

  // Judges a whole unit. nullopt means that it may pass.
  std::optional<GuardStop> judge(std::string_view unit);
  // Whether the unit that was judged last is a stanza (and not a stream element).
  bool stanza() const { return stanza_; }
  // Whether one of the units that were judged says that stream management is in force (XEP-0198),
  // on its way from the host to its client.
  bool managed() const { return managed_; }
  // The unit that was judged last, if it is dialback and GuardRules::takes_dialback.
  std::optional<Element> take_dialback();
  // Judges only the start tag of a unit. Nothing else may be judged after it.
  std::optional<GuardStop> judge_start(std::string_view tag) { return parse(tag); }

 private:
  std::optional<GuardStop> parse(std::string_view bytes);
  void refuse(GuardFault why);
  bool smuggles_dialback(const StartTag& tag, std::size_t depth) const;
  void note_dialback();

  void start_element(const StartTag& tag, std::size_t depth) override;
  void end_element(std::size_t depth) override;
  void text(std::string_view text) override;

  const GuardRules& rules_;
  ExpatParser parser_;
  ElementBuilder error_;
  std::optional<ElementBuilder> dialback_;  // that is taken out
  bool in_error_ = false;
  bool in_dialback_ = false;
  std::optional<DialbackQuestion> asked_;  // of the dialback element that is being judged
  bool answers_ = false;                   // it is an answer
  bool valid_ = false;                     // which says that the key is good
  bool stanza_ = false;
  bool managed_ = false;
  bool whole_ = false;  // expat has seen one unit that ends where the bytes end
  std::optional<GuardStop> stop_;
};

}  // namespace portcullis::xmpp
