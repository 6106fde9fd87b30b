#pragma once

#include <sys/types.h>

namespace portcullis::certs {

// A user namespace, in which a container or a hardened unit runs, shows all users of whom it knows
// nothing as one (user_namespaces(7)).

// Whether an owner of this number can be any of those users, and so nothing is known about him.
bool is_unknown_user(uid_t user);

// The same, where root is one of those users.
bool can_be_unknown_root(uid_t user);

}  // namespace portcullis::certs
