#include <fmt/format.h>
#include <glob.h>
#include <unistd.h>

#include <filesystem>

#include "policy/reasons/reason.h"
#include "proxy/app/bounded_child.h"
#include "proxy/app/setup/server_change.h"
#include "proxy/setup/check_words.h"
#include "proxy/setup/ejabberd_facts.h"
#include "proxy/setup/ejabberd_lines.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;

constexpr char kMainFile[] = "/etc/ejabberd/ejabberd.yml";
constexpr char kErlang[] = "/usr/bin/erl";
constexpr char kLibraries[] = "/usr/lib/*/ejabberd-*/ebin";
constexpr char kFine[] = "portcullis: fine";

// What ejabberd does with its file when it starts, without the server: macros, included files, each
// option's own check, the certificates.
constexpr char kCheck[] =
    "logger:set_primary_config(level, none), "
    "[application:ensure_all_started(A) || A <- [crypto, ssl, inets, fast_yaml, fast_tls, "
    "fast_xml, "
    "stringprep, idna, jiffy, p1_utils, xmpp, cache_tab, pkix, mnesia]], "
    "Said = case catch ejabberd_config:load() of "
    "ok -> \"portcullis: fine\"; "
    "{error, _, _} = E -> catch ejabberd_config:format_error(E); "
    "{error, R} -> catch ejabberd_config:format_error(R); "
    "Other -> io_lib:format(\"~p\", [Other]) end, "
    "catch io:format(\"~ts~n\", [Said]), halt(0).";

// Where Erlang finds ejabberd: the folder above that of its version; "" when it is not there.
std::string libraries() {
  glob_t found{};
  std::string folder;
  if (::glob(kLibraries, GLOB_NOSORT, nullptr, &found) == 0 && found.gl_pathc > 0)
    folder = fs::path(found.gl_pathv[0]).parent_path().parent_path().string();
  ::globfree(&found);
  return folder;
}

Result<std::string> text_at(const std::string& path) {
  auto text = read_if_there(path, setup::kMostConfigOctets);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return fail(path + " is not there");
  return std::move(**text);
}

}  // namespace

Result<FoundServer> find_ejabberd(const std::string& file,
                                  const std::vector<std::string>& domains) {
  FoundServer server;
  server.main_file = file.empty() ? kMainFile : fs::absolute(file).string();
  const auto text = text_at(server.main_file);
  if (!text) return fail(text.error().message + "; name ejabberd's file with --server-config");
  const auto folder = fs::path(server.main_file).parent_path();
  const auto facts = setup::ejabberd_facts(
      server.main_file, *text,
      [&](const std::string& path) { return text_at((folder / path).string()); }, domains);
  if (!facts) return tl::unexpected(facts.error());
  server.facts = facts->server;
  server.certificate_files = facts->certificate_files;
  server.conflicts = facts->by_hand;
  return server;
}

Result<ServerChange> change_ejabberd(const FoundServer& server, const setup::Plan& plan) {
  ServerChange change;
  change.lines = setup::ejabberd_guide_lines(plan);
  auto main = file_to_change(server.main_file);
  if (!main) return tl::unexpected(main.error());
  auto changed = setup::ejabberd_lines(main->before.value_or(""), plan);
  if (!changed) return fail(server.main_file + ": " + changed.error().message);
  main->after = std::move(changed->text);
  change.by_hand = std::move(changed->by_hand);
  change.by_hand.insert(change.by_hand.end(), server.conflicts.begin(), server.conflicts.end());
  auto inetrc = file_to_change((fs::path(server.main_file).parent_path() / "inetrc").string());
  if (!inetrc) return tl::unexpected(inetrc.error());
  inetrc->after = setup::ejabberd_inetrc();
  change.files.push_back(std::move(*inetrc));
  change.files.push_back(std::move(*main));
  return change;
}

Result<void> check_ejabberd(const FoundServer& server) {
  const auto code = libraries();
  if (code.empty() || ::access(kErlang, X_OK) != 0) return {};
  const auto done =
      run_child({.program = kErlang,
                 .arguments = {"-noinput", "-boot", "start_clean", "-eval", kCheck},
                 .environment = {"PATH=/usr/bin:/bin", "HOME=/nonexistent", "LC_ALL=C.UTF-8",
                                 "ERL_LIBS=" + code, "ERL_CRASH_DUMP_BYTES=0",
                                 "EJABBERD_CONFIG_PATH=" + server.main_file},
                 .user = "ejabberd",
                 .time = std::chrono::seconds(60),
                 // Erlang compiles into a file in memory.
                 .most_file = std::size_t{1} << 30U});
  if (!done) return tl::unexpected(done.error());
  if (done->out.find(kFine) != std::string::npos) return {};
  return fail("ejabberd does not take it: " +
              policy::printable(done->out + done->err, setup::kLongestCheck));
}

}  // namespace portcullis::app
