#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/xmpp/element_builder.h"
#include "proxy/xmpp/expat_parser.h"
#include "proxy/xmpp/guard.h"

namespace portcullis::xmpp {

// The stream header under which the far end reads what a guard passes on: as write_header() makes
// it, and "db", which lets dialback be called by its name.
std::string synthetic_header(const GuardRules& rules);

// One run of expat over whole units of a relayed stream. Lives during one call of the guard only:
// expat interns every name it meets for as long as a parser lives, and an idle stream shall hold
// none.
class UnitJudge final : ExpatParser::Handler {
 public:
  // `header` is synthetic_header(rules); `rules` must outlive this.
  UnitJudge(const GuardRules& rules, std::string_view header);

  // A whole unit: nothing, when it may pass.
  std::optional<GuardStop> judge(std::string_view unit);
  // Whether that was a stanza, not a stream element.
  bool stanza() const { return stanza_; }
  // The start tag of a unit alone. No other unit may follow.
  std::optional<GuardStop> judge_start(std::string_view tag) { return parse(tag); }

 private:
  std::optional<GuardStop> parse(std::string_view bytes);
  void refuse(GuardFault why);
  bool smuggles_dialback(const StartTag& tag, std::size_t depth) const;

  void start_element(const StartTag& tag, std::size_t depth) override;
  void end_element(std::size_t depth) override;
  void text(std::string_view text) override;

  const GuardRules& rules_;
  ExpatParser parser_;
  ElementBuilder error_;
  bool in_error_ = false;
  bool in_dialback_ = false;
  bool stanza_ = false;
  bool whole_ = false;  // expat has seen one unit that ends where the bytes end
  std::optional<GuardStop> stop_;
};

}  // namespace portcullis::xmpp
