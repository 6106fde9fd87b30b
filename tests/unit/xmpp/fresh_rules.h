#pragma once

#include <memory>

#include "proxy/xmpp/guard.h"

namespace portcullis::xmpp::test {

// The same rules with a book of questions of their own. A guard changes its book, so each of
// several runs that are compared needs one.
inline GuardRules fresh(const GuardRules& rules) {
  GuardRules copy = rules;
  if (rules.questions) copy.questions = std::make_shared<DialbackQuestions>(*rules.questions);
  return copy;
}

}  // namespace portcullis::xmpp::test
