#pragma once

#include "policy/reasons/reason.h"

namespace portcullis::relay {

// A refusal of a remote server in the words that our own users read, in the bounce of what they
// sent: a sentence that speaks to the remote admin is quoted, one about the remote server stands as
// it is.
policy::Refusal for_our_users(policy::Refusal refusal);

}  // namespace portcullis::relay
