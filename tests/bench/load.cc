// The load generator of the benchmark: one workload against one port of 127.0.0.1.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <map>

#include "tests/bench/workload.h"

namespace {

using namespace portcullis::bench;

using Workload = void (*)(const Load&);

const std::map<std::string, Workload> kWorkloads = {
    {"setup", measure_setup}, {"echo", measure_echo}, {"bulk", measure_bulk}, {"idle", hold_idle}};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("XMPP client load for the benchmark.");
  Load load;
  std::string workload;
  bool starttls = false;
  bool rsa = false;
  bool down = false;
  std::size_t seconds = 60;
  app.add_option("workload", workload, "setup, echo, bulk or idle")
      ->required()
      ->check(CLI::IsMember(kWorkloads));
  app.add_option("--port", load.target.port)->required();
  app.add_flag("--starttls", starttls, "STARTTLS instead of direct TLS");
  app.add_flag("--rsa", rsa, "accept RSA signatures only, instead of ECDSA only");
  app.add_option("--count", load.count, "set-ups, stanzas or idle connections");
  app.add_option("--connections", load.connections, "connections at once");
  app.add_option("--window", load.window, "stanzas under way on a connection");
  app.add_option("--size", load.size, "bytes of a stanza")->check(CLI::Range(100, 16384));
  app.add_option("--bytes", load.bytes, "bytes to move in bulk");
  app.add_flag("--down", down, "bulk from the backend to the client");
  app.add_option("--limit", seconds, "seconds until it gives up");
  CLI11_PARSE(app, argc, argv);
  try {
    load.target.entry = starttls ? Entry::kStartTls : Entry::kDirectTls;
    load.target.key = rsa ? KeyType::kRsa : KeyType::kEcdsa;
    load.target.context = client_context(load.target.key);
    load.upward = !down;
    load.limit = std::chrono::seconds(seconds);
    kWorkloads.at(workload)(load);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_load: %s\n", error.what());
    return 1;
  }
}
