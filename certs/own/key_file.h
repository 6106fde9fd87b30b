#pragma once

#include <string>

#include "proxy/base/result.h"

namespace portcullis::certs {

// The text of the file of a private key. It is opened once; what is judged is what is read.
//
// Fails when more users can use or replace the key than have to. Accepted is a file of root or of
// the user of this program that only its owner can use, and one of root that a group may read
// (0640, 0440), so that a service that is not root can have a key that it cannot change. The folder
// in which it stands, and the one that a link to it stands in, must belong to root or to the user
// of this program, and nobody else may write to them; the groups of root and of this program may,
// and everybody where the sticky bit keeps files from being replaced (as Kubernetes mounts
// Secrets). When root asks, as for `portcullis check`, the user "portcullis" counts as the user of
// this program.
Result<std::string> read_key_file(const std::string& path);

}  // namespace portcullis::certs
