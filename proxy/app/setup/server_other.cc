#include <filesystem>

#include <fmt/format.h>

#include "proxy/app/setup/server_change.h"
#include "proxy/setup/guide.h"
#include "proxy/setup/xml_facts.h"

namespace portcullis::app {
namespace {

using policy::BackendKind;

Result<setup::XmlSettings> settings_at(const std::string& path) {
  const auto text = read_if_there(path, setup::kMostConfigOctets);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return fail(path + " is not there; name it with --server-config");
  auto settings = setup::parse_xml_settings(**text);
  if (!settings) return fail(path + ": " + settings.error().message);
  return settings;
}

std::string default_file(BackendKind kind) {
  if (kind == BackendKind::kJabberd2) return "/etc/jabberd2/c2s.xml";
  for (const auto* path : {"/etc/openfire/openfire.xml", "/opt/openfire/conf/openfire.xml",
                           "/usr/share/openfire/conf/openfire.xml"}) {
    std::error_code error;
    if (std::filesystem::exists(path, error)) return path;
  }
  return "/etc/openfire/openfire.xml";
}

std::string openfire_lines(const setup::Plan& plan) {
  auto rows = setup::guide_table(plan.kind, "## What changes");
  if (plan.mode == setup::Mode::kObserve)
    for (const auto& [key, value] : setup::guide_table(plan.kind, "## While Portcullis"))
      for (auto& row : rows)
        if (row.first == key) row.second = value;
  std::string text = "In Openfire's admin console (Server, Server Manager, System Properties):\n";
  for (const auto& [key, value] : rows) text += fmt::format("  {} = {}\n", key, value);
  text += "In the folder resources/security of Openfire, while it is stopped:\n";
  return text + setup::replaced(setup::guide_block(plan.kind, "keystores.sh"),
                                {{"/etc/portcullis/backend.pem", plan.pins},
                                 {"-inkey backend.key", "-inkey " + plan.key},
                                 {"backend.p12 backend.key", "backend.p12"},
                                 {"legacy.example", plan.hosts.front().domain},
                                 {"/var/lib/portcullis/local-ca", plan.local_ca}});
}

std::string jabberd2_lines(const setup::Plan& plan) {
  std::string text;
  for (const auto* file : {"s2s.xml", "c2s.xml"})
    text += fmt::format("In {}, in place of what stands there:\n{}", file,
                        setup::replaced(setup::guide_block(plan.kind, file),
                                        {{"legacy.example", plan.hosts.front().domain}}));
  return text +
         "And take <out-conn-reuse/> out of s2s.xml. In a drop-in file of jabberd-s2s.service:\n"
         "  [Service]\n  Environment=NAMESERVERS=127.0.0.3 RES_OPTIONS=port:5353\n";
}

}  // namespace

Result<FoundServer> find_other(BackendKind kind, const std::string& file, bool is_named) {
  FoundServer server;
  if (kind == BackendKind::kOther) return server;
  const auto path = file.empty() ? default_file(kind) : file;
  const auto settings = settings_at(path);
  if (!settings && (!is_named || !file.empty())) return tl::unexpected(settings.error());
  if (!settings) {
    server.facts.notes.push_back(
        settings.error().message +
        ": what this server has is not known, but for what you have named");
    return server;
  }
  server.main_file = path;
  server.facts = kind == BackendKind::kOpenfire ? setup::openfire_facts(*settings)
                                                : setup::jabberd2_facts(*settings);
  server.facts.files = {server.main_file};
  return server;
}

ServerChange lines_for_other(const setup::Plan& plan) {
  ServerChange change;
  const auto& kind = policy::info(plan.kind);
  change.by_hand.push_back(fmt::format("setup does not change the files of {}", kind.title));
  if (plan.kind == BackendKind::kOpenfire) {
    change.lines = openfire_lines(plan);
  } else if (plan.kind == BackendKind::kJabberd2) {
    change.lines = jabberd2_lines(plan);
  } else {
    for (const auto& [title, text] : policy::hint_lines(kind, plan.local_ca))
      if (plan.mode == setup::Mode::kObserve || title != "in observe mode")
        change.lines += fmt::format("  {}: {}\n", title, text);
  }
  return change;
}

Result<FoundServer> find_server(BackendKind kind, const std::string& file,
                                const std::vector<std::string>& domains) {
  if (kind == BackendKind::kProsody) return find_prosody(file);
  if (kind == BackendKind::kEjabberd) return find_ejabberd(file, domains);
  return find_other(kind, file, !domains.empty());
}

Result<ServerChange> change_server(const FoundServer& server, const setup::Plan& plan) {
  if (plan.kind == BackendKind::kProsody) return change_prosody(server, plan);
  if (plan.kind == BackendKind::kEjabberd) return change_ejabberd(server, plan);
  return lines_for_other(plan);
}

Result<void> check_server(BackendKind kind, const FoundServer& server) {
  if (kind == BackendKind::kProsody) return check_prosody(server);
  if (kind == BackendKind::kEjabberd) return check_ejabberd(server);
  return {};
}

}  // namespace portcullis::app
