#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/xmpp/element.h"
#include "proxy/xmpp/expat_parser.h"

namespace portcullis::xmpp {

// Puts one Element together from what expat reports.
class ElementBuilder {
 public:
  // `budget` is how many bytes may be held. Names are stored expanded: without this limit, one long
  // namespace name that many small children inherit would take far more memory than it took to
  // send.
  explicit ElementBuilder(std::size_t budget) : budget_(budget) {}

  // From the next element on.
  void set_budget(std::size_t budget) { budget_ = budget; }

  // Returns false if the budget is used up.
  [[nodiscard]] bool start(const StartTag& tag);
  void text(std::string_view text) { text_.append(text); }
  void end();

  // Whether the element that start() began first is complete. Then take_element() returns it.
  bool complete() const { return complete_; }
  Element take_element();

 private:
  [[nodiscard]] bool spend(std::size_t bytes);

  std::size_t budget_;
  std::size_t spent_ = 0;
  std::vector<Element> open_;  // outermost first
  std::string text_;           // since the last tag
  Element root_;
  bool complete_ = false;
};

}  // namespace portcullis::xmpp
