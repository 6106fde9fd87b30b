#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "policy/reasons/reason.h"
#include "proxy/app/bounded_child.h"
#include "proxy/app/setup/server_change.h"
#include "proxy/setup/check_words.h"
#include "proxy/setup/embedded.h"
#include "proxy/setup/prosody_lines.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;

constexpr char kMainFile[] = "/etc/prosody/prosody.cfg.lua";
constexpr char kControl[] = "/usr/bin/prosodyctl";
constexpr std::size_t kMostMemory = std::size_t{512} << 20U;
constexpr std::chrono::seconds kTime{10};

struct Installation {
  std::string lua;     // the interpreter
  std::string source;  // the folder of Prosody's code
};

// As prosodyctl begins: with "#!/usr/bin/env lua5.4" and CFG_SOURCEDIR='/usr/lib/prosody'.
Result<Installation> installation() {
  const auto text = read_if_there(kControl, setup::kMostConfigOctets);
  if (!text) return tl::unexpected(text.error());
  if (!*text)
    return fail(std::string(kControl) +
                " is not there: run setup on the machine where Prosody is installed");
  Installation found{"", "/usr/lib/prosody"};
  const auto first = (*text)->substr(0, (*text)->find('\n'));
  const auto name = first.substr(first.find_last_of(" /") + 1);
  for (const char* known : {"lua5.4", "lua5.3", "lua5.2", "lua5.1", "lua", "luajit"}) {
    const auto path = std::string("/usr/bin/") + known;
    if (name == known && ::access(path.c_str(), X_OK) == 0) found.lua = path;
  }
  if (found.lua.empty())
    return fail("no Lua is found that could read Prosody's configuration: " +
                std::string(kControl) + " begins with \"" + policy::printable(first, 80) + "\"");
  constexpr std::string_view kSource = "CFG_SOURCEDIR='";
  if (const auto at = (*text)->find(kSource); at != std::string::npos) {
    const auto begin = at + kSource.size();
    const auto end = (*text)->find('\'', begin);
    if (end != std::string::npos && (**text)[begin] == '/')
      found.source = (*text)->substr(begin, end - begin);
  }
  return found;
}

// Nothing in the configuration can know it, so that nothing there can answer in our place.
std::string fresh_mark() {
  std::array<unsigned char, 16> octets{};
  RAND_bytes(octets.data(), static_cast<int>(octets.size()));
  std::string mark = "portcullis-";
  for (const auto octet : octets) mark += fmt::format("{:02x}", octet);
  return mark;
}

// The configuration is a program. It is run by the user whom Prosody runs as, never by root.
Result<setup::ProsodyFacts> ask(const std::string& main_file,
                                const std::vector<setup::PlannedFile>& files) {
  const auto prosody = installation();
  if (!prosody) return tl::unexpected(prosody.error());
  const auto mark = fresh_mark();
  const auto done =
      run_child({.program = prosody->lua,
                 .arguments = {"-e", std::string("\n") + setup::kReadProsody},
                 .input = setup::prosody_question(mark, prosody->source, main_file, files),
                 .environment = {"PATH=/usr/bin:/bin", "HOME=/", "LC_ALL=C.UTF-8"},
                 .user = "prosody",
                 .time = kTime,
                 .most_memory = kMostMemory});
  if (!done)
    return fail(main_file +
                ": Prosody's own code did not get to the end of it: " + done.error().message);
  auto facts = setup::prosody_answer(mark, done->out.empty() ? "" : done->out);
  if (facts) return facts;
  const auto said = done->err.empty() ? "" : "; it said: " + policy::printable(done->err, 300);
  return fail(main_file + ": Prosody's own code cannot read it: " + facts.error().message + said);
}

struct Places {
  std::string in_folder;  // conf.d, if it is included
  std::string beside;
};

Places places_of(const std::string& main_file) {
  const auto folder = fs::path(main_file).parent_path();
  return {(folder / "conf.d" / "portcullis.cfg.lua").string(),
          (folder / "portcullis.cfg.lua").string()};
}

Result<FileChange> main_without_us(const std::string& main_file) {
  auto change = file_to_change(main_file);
  if (!change) return change;
  if (!change->before) return fail(main_file + " is not there: name it with --server-config");
  change->after = setup::without_include(*change->before);
  return change;
}

// The configuration without anything of ours: what is asked in front of a file that is planned.
Result<std::vector<setup::PlannedFile>> files_without_us(const std::string& main_file) {
  const auto main = main_without_us(main_file);
  if (!main) return tl::unexpected(main.error());
  std::vector<setup::PlannedFile> files;
  const auto ours = places_of(main_file).in_folder;
  const auto text = read_if_there(ours, setup::kMostConfigOctets);
  if (!text) return tl::unexpected(text.error());
  if (!*text || setup::is_prosody_file_of_ours(**text)) files.push_back({ours, ""});
  if (main->is_needed()) files.push_back({main_file, main->after});
  return files;
}

// As if we had never been there, but for the hosts that were added with --domain: they stay.
Result<setup::ProsodyFacts> facts_without_us(const std::string& main_file) {
  const auto files = files_without_us(main_file);
  if (!files) return tl::unexpected(files.error());
  auto facts = ask(main_file, *files);
  if (!facts) return facts;
  auto& known = facts->server.hosts;
  const auto places = places_of(main_file);
  for (const auto& place : {places.in_folder, places.beside}) {
    const auto text = read_if_there(place, setup::kMostConfigOctets);
    if (!text) return tl::unexpected(text.error());
    if (!*text || !setup::is_prosody_file_of_ours(**text)) continue;
    for (const auto& host : setup::hosts_added_by(**text)) {
      if (std::find(known.begin(), known.end(), host) != known.end()) continue;
      known.push_back(host);
      facts->added_hosts.push_back(host);
    }
  }
  return facts;
}

FileChange as_readable(FileChange change, const std::string& text) {
  const auto prosody = user_to_become("prosody");
  if (!change.before && prosody) {
    change.group = prosody->group;
    change.mode = 0640;
  }
  change.after = text;
  return change;
}

// `text` goes to `chosen`, and a file of ours at the other place goes away.
Result<void> plan_files(ServerChange& change, const std::string& chosen, const std::string& text,
                        const std::string& other) {
  auto own = file_to_change(chosen);
  if (!own) return tl::unexpected(own.error());
  change.files.push_back(as_readable(std::move(*own), text));
  auto gone = file_to_change(other);
  if (!gone) return tl::unexpected(gone.error());
  if (!gone->before || !setup::is_prosody_file_of_ours(*gone->before)) return {};
  gone->is_gone = true;
  gone->after.clear();
  change.files.push_back(std::move(*gone));
  return {};
}

bool includes(const setup::ProsodyFacts& facts, const std::string& path) {
  for (const auto& file : facts.server.files)
    if (fs::path(file).lexically_normal() == fs::path(path).lexically_normal()) return true;
  return false;
}

bool loses_globally(const setup::ProsodyFacts& facts) {
  for (const auto& lost : facts.lost)
    if (lost.host.empty()) return true;
  return false;
}

}  // namespace

Result<FoundServer> find_prosody(const std::string& file) {
  FoundServer server;
  server.main_file = file.empty() ? kMainFile : fs::absolute(file).string();
  auto facts = facts_without_us(server.main_file);
  if (!facts) return tl::unexpected(facts.error());
  server.facts = facts->server;
  server.facts.notes = setup::prosody_notes(*facts);
  return server;
}

Result<ServerChange> change_prosody(const FoundServer& server, const setup::Plan& plan) {
  const auto facts = facts_without_us(server.main_file);
  if (!facts) return tl::unexpected(facts.error());
  const auto places = places_of(server.main_file);
  const auto text = setup::prosody_lines(plan, *facts);
  ServerChange change;
  change.lines = text;
  if (plan.mode == setup::Mode::kObserve) change.notes = setup::observe_notes(*facts);
  auto main = main_without_us(server.main_file);
  if (!main) return tl::unexpected(main.error());
  if (includes(*facts, places.in_folder)) {
    std::vector<setup::PlannedFile> files{{places.in_folder, text}};
    if (main->is_needed()) files.push_back({server.main_file, main->after});
    const auto after = ask(server.main_file, files);
    if (!after) return tl::unexpected(after.error());
    if (!loses_globally(*after)) {
      if (auto done = plan_files(change, places.in_folder, text, places.beside); !done)
        return tl::unexpected(done.error());
      change.files.push_back(std::move(*main));
      change.by_hand = setup::lost_texts(after->lost);
      return change;
    }
  }
  main->after = setup::with_include(main->after, places.beside);
  const auto after =
      ask(server.main_file,
          {{places.beside, text}, {server.main_file, main->after}, {places.in_folder, ""}});
  if (!after) return tl::unexpected(after.error());
  if (auto done = plan_files(change, places.beside, text, places.in_folder); !done)
    return tl::unexpected(done.error());
  change.files.push_back(std::move(*main));
  change.by_hand = setup::lost_texts(after->lost);
  return change;
}

Result<void> check_prosody(const FoundServer& server) {
  if (const auto facts = ask(server.main_file, {}); !facts) return tl::unexpected(facts.error());
  const auto done = run_child({.program = kControl,
                               .arguments = {"--config", server.main_file, "check", "config"},
                               .environment = {"PATH=/usr/bin:/bin", "HOME=/", "LC_ALL=C.UTF-8"},
                               .user = "prosody"});
  if (!done) return tl::unexpected(done.error());
  if (done->status == 0) return {};
  return fail("prosodyctl check config: " +
              policy::printable(done->out + done->err, setup::kLongestCheck));
}

}  // namespace portcullis::app
