// The hostile sender of tests/bench/hostile: many connections that all do the same, from one or
// from many addresses, as cheaply as can be. When its time is over it prints what it did as JSON.

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <deque>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <vector>

#include "tests/bench/attacker.h"

namespace {

using namespace portcullis::bench;
using Clock = std::chrono::steady_clock;

const std::map<std::string, Plan::Then> kThen = {{"leave", Plan::Then::kLeave},
                                                 {"drip", Plan::Then::kDrip},
                                                 {"key-update", Plan::Then::kKeyUpdate},
                                                 {"renegotiate", Plan::Then::kRenegotiate}};

struct Options {
  std::string to;
  std::uint16_t port = 0;
  std::vector<std::string> from;
  double rate = 100;         // new connections for each second
  std::size_t open = 10000;  // at most at once
  double seconds = 5;
  double interval_ms = 1000;
  // TLS
  std::string depth = "clear";
  std::string alpn;
  std::string certificate;
  std::string groups;
  bool tls12 = false;
  bool rsa = false;
  // What is said
  std::string greeting;
  std::string content;
  std::string then = "leave";
  std::size_t burst = 1;
  std::string record;
};

void must(long result, const char* what) {
  if (result != 1) throw std::runtime_error(std::string("OpenSSL refuses ") + what);
}

std::shared_ptr<SSL_CTX> context_of(const Options& options) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX* raw = context.get();
  SSL_CTX_set_security_level(raw, 0);
  SSL_CTX_set_verify(raw, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  must(SSL_CTX_set_max_proto_version(raw, options.tls12 ? TLS1_2_VERSION : TLS1_3_VERSION), "TLS");
  must(SSL_CTX_set1_groups_list(raw, options.groups.empty() ? "X25519" : options.groups.c_str()),
       "the groups");
  if (options.rsa) must(SSL_CTX_set1_sigalgs_list(raw, "RSA-PSS+SHA256:RSA+SHA256"), "RSA");
  if (!options.certificate.empty()) {
    must(SSL_CTX_use_certificate_chain_file(raw, options.certificate.c_str()), "the certificates");
    must(SSL_CTX_use_PrivateKey_file(raw, options.certificate.c_str(), SSL_FILETYPE_PEM),
         "the key");
  }
  return context;
}

std::string content_of(const std::string& file) {
  if (file.empty()) return {};
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file);
  return {std::istreambuf_iterator<char>(in), {}};
}

Plan plan_of(const Options& options) {
  Plan plan;
  plan.context = context_of(options);
  plan.alpn = options.alpn;
  if (options.depth == "tls") plan.script.push_back({true, "", ""});
  if (options.depth == "features") plan.script = client_script(Entry::kDirectTls, Depth::kFeatures);
  if (options.depth == "login") plan.script = client_script(Entry::kDirectTls, Depth::kLogin);
  plan.greeting = content_of(options.greeting);
  plan.content = content_of(options.content);
  plan.then = kThen.at(options.then);
  plan.burst = options.burst;
  if (plan.then == Plan::Then::kDrip && plan.content.empty())
    throw std::runtime_error("drip: --content is missing or empty");
  return plan;
}

// A ClientHello as this sender would write it, to be sent again and again without any work.
void record_hello(const Options& options) {
  const auto context = context_of(options);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_tlsext_host_name(ssl.get(), "bench.example");
  SSL_set_connect_state(ssl.get());
  SSL_do_handshake(ssl.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(ssl.get()), &data);
  std::ofstream(options.record, std::ios::binary).write(data, size);
}

Tally attack(const Options& options) {
  const Plan plan = plan_of(options);
  Poller poller;
  Tally tally;
  // Each acts once in an interval, and the interval is the same for all: so whose turn is next is
  // always at the front. Those that are over are dropped when it is their turn.
  struct Turn {
    Clock::time_point due;
    std::unique_ptr<Attacker> attacker;
  };
  std::deque<Turn> turns;
  const auto interval = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double, std::milli>(options.interval_ms));
  const auto began = Clock::now();
  for (auto now = began; now < began + std::chrono::duration<double>(options.seconds);
       now = Clock::now()) {
    const double due = options.rate * std::chrono::duration<double>(now - began).count();
    while (static_cast<double>(tally.attempted) < due && tally.open < options.open) {
      const auto& from = options.from.at(tally.attempted % options.from.size());
      turns.push_back({now + interval,
                       std::make_unique<Attacker>(
                           poller, plan, tally, connect_between(from, options.to, options.port))});
    }
    while (!turns.empty() && turns.front().due <= now) {
      Turn turn = std::move(turns.front());
      turns.pop_front();
      turn.attacker->act();
      turn.due = now + interval;
      if (!turn.attacker->over()) turns.push_back(std::move(turn));
    }
    poller.wait(1);
  }
  return tally;
}

double cpu_ms() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

void print(const Tally& tally) {
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "{\"attempted\": %llu, \"reached\": %llu, \"ended\": %llu, \"octets_out\": %llu, "
      "\"octets_in\": %llu, \"open\": %zu, \"most_open\": %zu, \"cpu_ms\": %.1f}\n",
      number(tally.attempted), number(tally.reached), number(tally.ended), number(tally.octets_out),
      number(tally.octets_in), tally.open, tally.most_open, cpu_ms());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Hostile connections for the benchmark.");
  Options options;
  app.add_option("--to", options.to, "address of the gate");
  app.add_option("--port", options.port);
  app.add_option("--from", options.from, "addresses, used in turn");
  app.add_option("--rate", options.rate, "new connections for each second");
  app.add_option("--open", options.open, "connections at once, at most");
  app.add_option("--seconds", options.seconds);
  app.add_option("--interval-ms", options.interval_ms, "between two acts of a connection");
  app.add_option("--depth", options.depth, "how far it negotiates, as a client with direct TLS")
      ->check(CLI::IsMember({"clear", "tls", "features", "login"}));
  app.add_option("--alpn", options.alpn);
  app.add_option("--certificate", options.certificate, "chain and key in one file");
  app.add_option("--groups", options.groups);
  app.add_flag("--tls12", options.tls12, "not TLS 1.3");
  app.add_flag("--rsa", options.rsa, "accept RSA signatures only");
  app.add_option("--greeting", options.greeting, "file that is sent behind the negotiation");
  app.add_option("--then", options.then, "what it does in each interval")
      ->check(CLI::IsMember(kThen));
  app.add_option("--content", options.content, "file of which octets are dripped");
  app.add_option("--burst", options.burst, "how many at once");
  app.add_option("--record", options.record, "only write a ClientHello into this file");
  CLI11_PARSE(app, argc, argv);
  try {
    if (!options.record.empty())
      record_hello(options);
    else
      print(attack(options));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_hostile: %s\n", error.what());
    return 1;
  }
}
