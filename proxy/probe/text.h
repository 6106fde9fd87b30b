#pragma once

#include <string>

#include "proxy/probe/findings.h"
#include "proxy/probe/judgement.h"

namespace portcullis::probe {

// All that was found and what the policy says about it, once for people and once for programs. Both
// are printable. What the JSON holds is said in docs/probe.md.

struct Shown {
  const Subject& subject;
  const Findings& findings;
  const Judgement& judgement;
  std::string policy;        // what the policy was made from: a file, or that there is none
  std::string unshown = {};  // why no certificate of ours was shown; printable
};

std::string text_of(const Shown& shown);
std::string json_of(const Shown& shown);

}  // namespace portcullis::probe
