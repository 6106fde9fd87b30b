// The load generator of the benchmark: one workload against one port.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <map>

#include "tests/bench/workload.h"

namespace {

using namespace portcullis::bench;

using Workload = void (*)(const Load&);
using ServersWorkload = void (*)(const Load&, const ServerLoad&);

const std::map<std::string, Workload> kWorkloads = {
    {"setup", measure_setup}, {"echo", measure_echo}, {"bulk", measure_bulk}, {"idle", hold_idle}};
const std::map<std::string, ServersWorkload> kServers = {
    {"servers", measure_servers}, {"stanzas", measure_stanzas}, {"storm", measure_storm}};

void add_server_options(CLI::App& app, ServerLoad& servers) {
  app.add_option("--authority", servers.authority, "folder with ca.pem and ca.key");
  app.add_option("--domain", servers.domain, "the domain that is called, or that calls");
  app.add_option("--remote", servers.remote, "the other domains are below this one");
  app.add_option("--first", servers.first, "number of the first of them");
  app.add_option("--domains", servers.domains, "how many of them")->check(CLI::PositiveNumber);
  app.add_option("--from", servers.from, "the first source address");
  app.add_option("--sources", servers.sources, "how many")->check(CLI::PositiveNumber);
  app.add_option("--rate", servers.rate, "stanzas each second, instead of as many as go through");
  app.add_option("--backend-chain", servers.backend_chain, "be the backend, which calls servers");
  app.add_option("--backend-key", servers.backend_key, "its key");
}

void run(const std::string& workload, const Load& load, const ServerLoad& servers) {
  if (const auto found = kServers.find(workload); found != kServers.end())
    return found->second(load, servers);
  kWorkloads.at(workload)(load);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("XMPP load for the benchmark: clients, or servers.");
  Load load;
  ServerLoad servers;
  std::string workload;
  bool starttls = false;
  bool rsa = false;
  bool tls12 = false;
  bool down = false;
  std::size_t seconds = 60;
  app.add_option("workload", workload, "setup, echo, bulk or idle; servers, stanzas or storm")
      ->required()
      ->check(CLI::IsMember(kWorkloads) | CLI::IsMember(kServers));
  app.add_option("--address", load.target.address, "of the target; 127.0.0.1 if it is not given");
  app.add_option("--port", load.target.port)->required();
  app.add_flag("--starttls", starttls, "STARTTLS instead of direct TLS");
  app.add_flag("--rsa", rsa, "accept RSA signatures only, instead of ECDSA only");
  app.add_flag("--tls12", tls12, "TLS 1.2 instead of 1.3");
  app.add_flag("--resume", load.resume, "set-ups: resume a session each, and use each once");
  app.add_option("--count", load.count, "set-ups, stanzas or idle connections");
  app.add_option("--connections", load.connections, "connections at once");
  app.add_option("--window", load.window, "stanzas under way on a connection");
  app.add_option("--size", load.size, "bytes of a stanza")->check(CLI::Range(100, 16384));
  app.add_option("--bytes", load.bytes, "bytes to move in bulk");
  app.add_flag("--down", down, "bulk from the backend to the client");
  app.add_option("--limit", seconds, "seconds until it gives up");
  add_server_options(app, servers);
  CLI11_PARSE(app, argc, argv);
  try {
    load.target.entry = starttls ? Entry::kStartTls : Entry::kDirectTls;
    load.target.key = rsa ? KeyType::kRsa : KeyType::kEcdsa;
    load.target.context =
        client_context(load.target.key, tls12 ? TlsVersion::kTls12 : TlsVersion::kTls13);
    if (kServers.contains(workload)) load.target.alpn = "xmpp-server";
    load.upward = !down;
    load.limit = std::chrono::seconds(seconds);
    run(workload, load, servers);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_load: %s\n", error.what());
    return 1;
  }
}
