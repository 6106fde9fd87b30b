#pragma once

#include <string>
#include <vector>

#include "proxy/setup/plan.h"

namespace portcullis::setup {

struct EjabberdChange {
  std::string text;                  // ejabberd.yml as it should be
  std::vector<std::string> by_hand;  // sentences: why it cannot be changed line by line
};

// ejabberd.yml with the lines of its guide for the mode of `plan`, and everything else as it was
// written. Where something is written in a way that setup does not change, `by_hand` says what.
Result<EjabberdChange> ejabberd_lines(const std::string& text, const Plan& plan);

// The whole file inetrc.
std::string ejabberd_inetrc();

// The lines of the guide for the mode, for an operator who writes them.
std::string ejabberd_guide_lines(const Plan& plan);

}  // namespace portcullis::setup
