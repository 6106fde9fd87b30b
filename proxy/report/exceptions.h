#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "policy/model/config.h"
#include "proxy/report/log_reader.h"

namespace portcullis::report {

// `[[s2s.exception]]` blocks for the servers that the log says are refused, or would be by
// `enforce`, as text that can be put behind portcullis.toml. They hold until `until`.
//
// A block is written only where `portcullis check` takes it, and where it cannot help a stranger: a
// key is one that was shown by a server which we called, never one that came with a claim. For
// every other domain that policy refuses there is a comment that says why it has no block. Attacks,
// broken streams and names that cannot be used are left out.
//
// `config` is what the blocks are to be added to; null if it is not known. What it has an exception
// for, denies or serves itself gets no block.
std::string exceptions_report(const LogReader& log, const policy::Config* config,
                              std::chrono::sys_days until);

// How many blocks that has.
std::size_t exception_count(const LogReader& log, const policy::Config* config);

}  // namespace portcullis::report
