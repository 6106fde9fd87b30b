#pragma once

#include <string>

#include "certs/own/file_writers.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

// The text of the file of a private key. It is opened once; what is judged is what is read.
//
// Fails when more users can use or replace the key than have to. Accepted is a file of root or of
// `us` that only its owner can use, and one of root that a group may read (0640, 0440), so that a
// service that is not root can have a key that it cannot change. Nobody else may be able to put
// another file in its place (faults_on_the_way()).
Result<std::string> read_key_file(const std::string& path,
                                  const ServiceUser& us = ServiceUser::of_this_process());

}  // namespace portcullis::certs
