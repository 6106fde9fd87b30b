#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/model/backend_kind.h"

namespace portcullis::setup {

// The guides of docs/backends, which are compiled in: the lines that a server needs are written
// there, and nowhere else.

std::string_view guide(policy::BackendKind kind);

// The block of that guide behind "<!-- file: NAME -->", without its indentation; "" if it has none.
std::string guide_block(policy::BackendKind kind, std::string_view name);
std::string block_of(std::string_view page, std::string_view name);

// The rows `key` | `value` of the table behind the heading that begins with `heading`.
std::vector<std::pair<std::string, std::string>> guide_table(policy::BackendKind kind,
                                                             std::string_view heading);

// `text` with each first one replaced by its second, wherever it stands.
std::string replaced(std::string text,
                     const std::vector<std::pair<std::string, std::string>>& changes);

}  // namespace portcullis::setup
