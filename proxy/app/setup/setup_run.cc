#include "proxy/app/setup/setup_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>

#include "policy/model/config.h"
#include "policy/reasons/reason.h"
#include "proxy/app/setup/setup_words.h"
#include "proxy/app/setup/this_machine.h"
#include "proxy/base/clock.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;
using policy::printable;

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + printable(name);
  return list.empty() ? "none" : list;
}

std::string listed(const std::vector<std::uint16_t>& ports) {
  std::string list;
  for (const auto port : ports) list += (list.empty() ? "" : ", ") + std::to_string(port);
  return list.empty() ? "not known" : list;
}

}  // namespace

SetupRun::SetupRun(const SetupOptions& options)
    : options_(options),
      folder_(fs::absolute(options.config_file).parent_path().string()),
      stamp_(stamp_text(wall_clock_now())) {}

Result<void> SetupRun::look() {
  plan_.kind =
      policy::backend_kind_from_name(options_.backend).value_or(policy::BackendKind::kOther);
  if (auto chosen = choose_mode(); !chosen) return chosen;
  auto found = find_server(plan_.kind, options_.server_config, options_.domains);
  if (!found) return tl::unexpected(found.error());
  server_ = std::move(*found);
  auto hosts = setup::choose_hosts(server_.facts, options_.domains, plan_.notes);
  if (!hosts) return tl::unexpected(hosts.error());
  plan_.hosts = std::move(*hosts);
  plan_.default_places = folder_ == fs::path(kDefaultConfig).parent_path();
  plan_.local_ca = plan_.default_places ? policy::LocalCa().directory : folder_ + "/local-ca";
  plan_.pins = folder_ + "/backend.pem";
  plan_.acme_dir = options_.acme_dir;
  plan_.certificates = folder_ + "/certs";
  plan_.shared_machine = others_have_accounts();
  has_local_ca_ = fs::exists(plan_.local_ca + "/ca.pem");
  ca_may_be_made_ = !options_.dry_run && (options_.apply || !plan_.default_places);
  auto backend = plan_backend_files(server_, plan_, folder_, wall_clock_now());
  if (!backend) return tl::unexpected(backend.error());
  backend_ = std::move(*backend);
  auto change = change_server(server_, plan_);
  if (!change) return tl::unexpected(change.error());
  change_ = std::move(*change);
  if (!change_.by_hand.empty()) keep_old_pins();
  // By hand, its own lines are left to the operator; the files that they name are made all the
  // same.
  if (!change_.by_hand.empty()) change_.files.clear();
  change_.files.insert(change_.files.begin(), backend_.server.begin(), backend_.server.end());
  auto toml = change_toml(fs::absolute(options_.config_file).string(), setup::gate_file(plan_),
                          options_.acme_dir.empty() ? std::set<std::string_view>()
                                                    : std::set<std::string_view>{"acme_dir"});
  if (!toml) return tl::unexpected(toml.error());
  toml_ = std::move(*toml);
  return {};
}

Result<void> SetupRun::choose_mode() {
  const auto path = fs::absolute(options_.config_file).string();
  const auto now = mode_now(path);
  const bool is_said = options_.enforce || options_.observe;
  if (!now && !is_said)
    return fail(now.error().message + ". Mend it, or say --observe or --enforce");
  const bool is_strict = now && now->mode == policy::Mode::kEnforce;
  const bool becomes_strict = is_said ? options_.enforce : is_strict;
  plan_.mode = becomes_strict ? setup::Mode::kEnforce : setup::Mode::kObserve;
  plan_.mode_elsewhere = now && now->elsewhere;
  if (plan_.mode_elsewhere && is_strict != becomes_strict)
    return fail(fmt::format("{}:{} gives the mode: change it there, or take it out",
                            printable(now->elsewhere->file), now->elsewhere->line));
  options_.enforce = becomes_strict;
  options_.observe = !becomes_strict;
  return {};
}

// Until the operator has changed the server, it shows what is pinned now.
void SetupRun::keep_old_pins() {
  for (auto& file : backend_.gate) {
    if (file.path != fs::weakly_canonical(plan_.pins) || !file.before) continue;
    auto pins = *file.before;
    if (!pins.empty() && !pins.ends_with('\n')) pins += '\n';
    if (pins.find(file.after) == std::string::npos) pins += file.after;
    file.after = std::move(pins);
  }
}

bool SetupRun::may_write_toml() const {
  if (options_.dry_run) return false;
  switch (toml_.fate) {
    case TomlFate::kSame:
      return false;
    case TomlFate::kFree:
      return true;
    case TomlFate::kReplace:
      return options_.apply;
    case TomlFate::kLosesLines:
      return options_.apply && options_.yes;
  }
  return false;
}

bool SetupRun::has_server_changes() const {
  return std::any_of(change_.files.begin(), change_.files.end(),
                     [](const FileChange& file) { return file.is_needed(); });
}

void SetupRun::show() const {
  const auto& kind = policy::info(plan_.kind);
  std::printf("%s%s%s, mode \"%s\"\n", std::string(kind.title).c_str(),
              server_.main_file.empty() ? "" : ", as in ", printable(server_.main_file).c_str(),
              plan_.mode == setup::Mode::kObserve ? "observe" : "enforce");
  for (const auto& host : plan_.hosts)
    std::printf("  %s%s; services: %s\n", printable(host.domain).c_str(),
                host.is_new ? " (new)" : "", listed(host.aliases).c_str());
  if (!server_.main_file.empty())
    std::printf("  ports now: clients %s; servers %s\n", listed(server_.facts.client_ports).c_str(),
                listed(server_.facts.server_ports).c_str());
  if (plan_.mode == setup::Mode::kEnforce && toml_.fate == TomlFate::kFree)
    std::printf(
        "note: nothing was observed yet. With --observe nobody is refused, and \"portcullis "
        "report\" "
        "says who would be\n");
  for (const auto* notes : {&plan_.notes, &server_.facts.notes, &backend_.notes, &change_.notes})
    for (const auto& note : *notes) std::printf("note: %s\n", note.c_str());
  std::printf("\n");
  show_toml();
  if (!change_.by_hand.empty()) {
    for (const auto& why : change_.by_hand) std::printf("by hand: %s\n", why.c_str());
    std::printf("\nWhat %s needs for this mode:\n\n%s\n", std::string(kind.title).c_str(),
                printable_lines(change_.lines).c_str());
  }
  if (!change_.files.empty()) show_files(change_.files);
}

void SetupRun::show_toml() const {
  const auto& path = toml_.file.path;
  if (toml_.fate == TomlFate::kSame) {
    std::printf("%s is as it should be\n", printable(path).c_str());
    return;
  }
  std::printf("%s\n", printable_lines(diff_of(toml_.file)).c_str());
  if (toml_.fate == TomlFate::kLosesLines) {
    std::printf("%s says what the new one does not:\n", printable(path).c_str());
    for (const auto& lost : toml_.lost) std::printf("  %s\n", lost.c_str());
    if (!options_.yes)
      std::printf(
          "So it stays as it is, and your server as well. Move what you want to keep to conf.d, or "
          "put the lines "
          "above in; --apply --yes replaces it and keeps a copy\n");
  } else if (toml_.fate == TomlFate::kReplace && !options_.apply) {
    std::printf("%s stays as it is; --apply puts this in its place and keeps a copy\n",
                printable(path).c_str());
  }
}

void SetupRun::show_files(const std::vector<FileChange>& files) const {
  for (const auto& file : files) {
    if (!file.is_needed())
      std::printf("%s is as it should be\n", printable(file.path).c_str());
    else if (file.is_secret)
      std::printf("%s: a private key, made by setup\n", printable(file.path).c_str());
    else if (file.is_gone)
      std::printf("%s: goes, because setup writes its lines elsewhere\n",
                  printable(file.path).c_str());
    else if (file.after.starts_with("-----BEGIN CERTIFICATE"))
      std::printf("%s: the certificate that goes with it\n", printable(file.path).c_str());
    else
      std::printf("\n%s\n", printable_lines(diff_of(file)).c_str());
  }
  if (!has_server_changes()) return;
  if (!may_touch_server())
    std::printf("Your server was not changed; --apply changes it, and --undo takes that back\n");
}

// What the server shows comes before what the gate expects of it: until the server has been
// changed, the pins of a gate that runs stay right.
Result<void> SetupRun::write() {
  if (options_.dry_run) return {};
  if (toml_stays()) {
    if (!options_.apply) return {};
    return fail("nothing was changed, because " + printable(toml_.file.path) +
                " says what would be lost");
  }
  auto lock = FolderLock::take(folder_);
  if (!lock) return tl::unexpected(lock.error());
  lock_ = std::move(*lock);
  hold_.emplace();
  if (auto same = compare_with_now(); !same) return same;
  if (auto done = make_local_ca(); !done) return done;
  const bool is_applied = may_touch_server() && !change_.files.empty();
  if (is_applied)
    if (auto done = change_server_files(); !done) return done;
  for (auto& file : backend_.gate) {
    if (is_applied && file.path == backend_.spare_key) continue;
    if (!options_.apply && file.before && file.is_needed())
      std::printf("note: %s stays as it is until --apply; a copy is kept then\n",
                  printable(file.path).c_str());
    else if (auto done = write_gate_file(file); !done)
      return done;
  }
  if (auto done = write_toml(); !done) return done;
  for (const auto& path : written_) std::printf("written: %s\n", printable(path).c_str());
  return {};
}

Result<void> SetupRun::write_toml() {
  if (!may_write_toml()) return {};
  if (toml_.file.before) {
    const auto copy = keep_copy(toml_.file, stamp_);
    if (!copy) return tl::unexpected(copy.error());
    written_.push_back(*copy);
  }
  if (auto done = write_file(toml_.file); !done) return done;
  written_.push_back(toml_.file.path);
  return {};
}

void SetupRun::show_next() const {
  NextState state;
  state.options = options_;
  state.plan = plan_;
  state.folder = folder_;
  state.is_applied = may_touch_server() || !has_server_changes();
  state.is_by_hand = !change_.by_hand.empty();
  state.has_local_ca = has_local_ca_ || ca_may_be_made_;
  state.had_changes = has_server_changes() || toml_.fate != TomlFate::kSame;
  const auto commands = next_commands(state);
  std::printf("\nNext:\n");
  for (const auto& command : commands) std::printf("  %s\n", command.c_str());
}

}  // namespace portcullis::app
