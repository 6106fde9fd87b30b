#pragma once

#include "policy/load/config_draft.h"
#include "policy/load/config_value.h"

namespace portcullis::policy {

// Reads the whole document, whose root table `root` is, as far as it can be read.
void read_config(const Value& root, Draft& draft);

}  // namespace portcullis::policy
