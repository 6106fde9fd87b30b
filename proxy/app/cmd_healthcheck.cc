#include <chrono>
#include <cstdio>

#include "policy/load/where_to_ask.h"
#include "policy/reasons/reason.h"
#include "proxy/admin/readiness_answer.h"
#include "proxy/app/commands.h"
#include "proxy/app/config_source.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/say.h"
#include "proxy/net/ask_tcp.h"

namespace portcullis::app {
namespace {

// The admin server gives each slow client up to two seconds, so this waits for more than one.
constexpr net::AskLimits kLimits{std::chrono::seconds(5), std::size_t{64} * 1024};

// Where to ask a server that listens on `admin`.
Endpoint address_to_ask(Endpoint admin) {
  if (admin.host == "0.0.0.0") admin.host = "127.0.0.1";
  return admin;
}

Result<admin::Readiness> ask_readiness(const Endpoint& admin) {
  const auto answer = net::ask_tcp(admin, admin::kReadinessRequest, kLimits);
  if (!answer) return tl::unexpected(answer.error());
  auto readiness = admin::read_readiness(*answer);
  if (!readiness) return fail(admin.text() + ": " + readiness.error().message);
  return readiness;
}

int show(const admin::Readiness& readiness) {
  if (readiness.ready) std::printf("ready\n");
  for (const auto& check : readiness.checks)
    if (!check.ok)
      std::printf("%s: %s: %s\n", check.required ? "not ready" : "warning",
                  policy::printable(check.name).c_str(), policy::printable(check.detail).c_str());
  return readiness.ready ? kFine : kProblemFound;
}

}  // namespace

int healthcheck(const HealthcheckOptions& options) {
  const auto sources = read_sources(options.config_file);
  if (!sources) return say(sources.error().text(), kInvalidConfig);
  const auto admin = policy::admin_address(*sources);
  if (!admin) return say(admin.error().message, kInvalidConfig);
  if (!*admin)
    return say(
        "the configuration switches the admin address off, so nobody can be asked; set "
        "admin = \"127.0.0.1:9270\" in [listen] and restart portcullis",
        kUnreachable);
  const auto readiness = ask_readiness(address_to_ask(**admin));
  if (!readiness)
    return say("the running portcullis cannot be asked: " + readiness.error().message,
               kUnreachable);
  return show(*readiness);
}

}  // namespace portcullis::app
