#pragma once

#include <string>
#include <vector>

#include "proxy/app/file_change.h"
#include "proxy/base/result.h"
#include "proxy/setup/plan.h"

namespace portcullis::app {

// A server as setup finds it, and what is to be changed in its files. One for each kind.

struct FoundServer {
  setup::ServerFacts facts;
  std::string main_file;
  std::vector<std::string> certificate_files;  // that it shows already; ejabberd only
  // Sentences: what else has a say in what setup changes, so that it cannot be changed alone.
  std::vector<std::string> conflicts;
};

struct ServerChange {
  std::vector<FileChange> files;     // in the order in which they are written
  std::vector<std::string> by_hand;  // sentences: why setup does not change them itself
  std::vector<std::string> notes;
  std::string lines;  // what the operator has to write then
};

// `file` empty: where Debian's package has it.
Result<FoundServer> find_prosody(const std::string& file);
Result<ServerChange> change_prosody(const FoundServer& server, const setup::Plan& plan);
// The server's own opinion of its files as they are now. Fails with its words.
Result<void> check_prosody(const FoundServer& server);

// `domains` may be new to it: its services have names below theirs, too.
Result<FoundServer> find_ejabberd(const std::string& file, const std::vector<std::string>& domains);
Result<ServerChange> change_ejabberd(const FoundServer& server, const setup::Plan& plan);
Result<void> check_ejabberd(const FoundServer& server);

// Servers whose files setup does not change: openfire, jabberd2, other.
// `is_named`: domains are given, so that its file need not be there.
Result<FoundServer> find_other(policy::BackendKind kind, const std::string& file, bool is_named);
ServerChange lines_for_other(const setup::Plan& plan);

// By the kind.
Result<FoundServer> find_server(policy::BackendKind kind, const std::string& file,
                                const std::vector<std::string>& domains);
Result<ServerChange> change_server(const FoundServer& server, const setup::Plan& plan);
Result<void> check_server(policy::BackendKind kind, const FoundServer& server);

}  // namespace portcullis::app
