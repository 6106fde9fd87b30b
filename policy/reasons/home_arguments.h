#pragma once

#include <array>
#include <string_view>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// Arguments that only `at_home` may use, because they tell of this installation; see
// kArgumentNames.
//   resolver  which DNS servers were asked, and what names them
inline constexpr std::array<std::string_view, 1> kHomeArgumentNames{"resolver"};

// The same refusal for our own users, who read what `at_home` says, too: without those arguments.
Refusal for_our_users(Refusal refusal);

}  // namespace portcullis::policy
