#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "policy/model/config.h"

namespace portcullis::app {

// SHA-256 over the names, contents, rights and owners of files; one that cannot be read counts as
// such.
using FilesDigest = std::array<std::uint8_t, 32>;

// Every certificate, key, root and revocation list that the configuration names, and every file
// that may be a host's in a folder of certificates. "*.pem" at the end of a path is left as it is.
// The system's own roots are not among them.
std::vector<std::string> files_of(const policy::Config& config);

// Of what `files` are right now. A name that ends in "*.pem" stands for all such entries.
FilesDigest digest_of(const std::vector<std::string>& files);

// The directories in which a change can give one of `files` another content: the one the file is
// in and, for every symbolic link on the way to it, the one that holds the link. For a directory
// that does not exist, the nearest one above it that does; above one that cannot be read, the
// nearest one that can.
std::set<std::string> directories_of(const std::vector<std::string>& files);

}  // namespace portcullis::app
