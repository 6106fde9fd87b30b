#include "proxy/telemetry/metrics.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <random>
#include <regex>
#include <set>
#include <thread>
#include <vector>

#include "tests/unit/telemetry/exposition.h"
#include "tests/unit/telemetry/samples.h"

namespace portcullis::telemetry {
namespace {

using std::chrono::microseconds;

std::string kind_label(StreamKind kind) {
  return "kind=\"" + std::string(name(kind)) + "\"";
}

TEST(Metrics, EveryReasonOfAKindExistsFromTheStartIfItCanOccurThere) {
  const Metrics metrics;
  const std::string text = metrics.render();
  for (const StreamKind kind : kStreamKinds)
    for (std::size_t i = 0; i < policy::kReasonCount; ++i) {
      const auto reason = policy::reason_at(i);
      const std::string sample = "portcullis_streams_rejected_total{fault=\"" +
                                 std::string(name(policy::fault_of(reason, kind))) + "\"," +
                                 kind_label(kind) + ",reason=\"" + std::string(policy::id(reason)) +
                                 "\"} 0\n";
      EXPECT_EQ(text.find(sample) != std::string::npos, policy::can_refuse(reason, kind)) << sample;
    }
}

TEST(Metrics, AReasonHasOneFaultForEachKind) {
  std::map<std::string, int> faults;
  auto exposed = parse_exposition(Metrics().render());
  for (const auto& labels : exposed["portcullis_streams_rejected_total"].series)
    ++faults[labels.at("kind") + " " + labels.at("reason")];
  for (const auto& [pair, count] : faults) EXPECT_EQ(count, 1) << pair;
}

TEST(Metrics, WhatCannotOccurHasNoSeries) {
  auto exposed = parse_exposition(Metrics().render());
  EXPECT_EQ(exposed["portcullis_backend_connections_total"].values("kind"),
            (std::set<std::string>{"s2s_in", "c2s"}));
  EXPECT_EQ(exposed["portcullis_tls_served_certificates_total"].values("kind"),
            (std::set<std::string>{"s2s_in", "c2s"}));
  for (const auto& labels : exposed["portcullis_connections_accepted_total"].series)
    EXPECT_FALSE(labels.at("kind") == "s2s_out" && labels.at("tls_entry") == "direct");
  for (const auto& labels : exposed["portcullis_tls_handshakes_total"].series)
    EXPECT_EQ(labels.at("outcome") == "failure", labels.at("version") == "none");
  for (const auto& labels : exposed["portcullis_stanzas_rejected_total"].series)
    EXPECT_FALSE(labels.at("kind") == "c2s" && labels.at("reason") == "address_spoofed");
  EXPECT_FALSE(exposed["portcullis_stanzas_rejected_total"].values("reason").contains("expired"));
}

// The books must balance whatever the table of reasons believes.
TEST(Metrics, WhatOccursAllTheSameIsCounted) {
  Metrics metrics;
  metrics.streams.accepted(StreamKind::kC2s, TlsEntry::kDirectTls);
  metrics.streams.rejected(StreamKind::kC2s, policy::Reason::kPeerUnreachable);
  EXPECT_EQ(sum(metrics.render(),
                "portcullis_streams_rejected_total{fault=\"network\",kind=\"c2s\",reason=\"peer_"
                "unreachable\"}"),
            1);
}

TEST(Metrics, DeclaresEveryMetricWithHelpAndType) {
  Metrics metrics;
  metrics.configuration.certificate_expiry("legacy.example", KeyType::kEcdsa,
                                           std::chrono::sys_seconds{});
  metrics.build_info("1.2.3", "OpenSSL 3.0");
  const std::string text = metrics.render();
  for (const std::string metric :
       {"connections_accepted_total", "streams_active", "streams_established_total",
        "streams_rejected_total", "streams_closed_total", "tls_handshakes_total",
        "tls_handshake_duration_seconds", "tls_served_certificates_total", "stanzas_rejected_total",
        "bytes_total", "dial_attempts_total", "dns_queries_total", "dns_query_duration_seconds",
        "backend_connections_total", "limit_hits_total", "certificate_not_after_timestamp_seconds",
        "build_info", "start_time_seconds"}) {
    EXPECT_NE(text.find("# HELP portcullis_" + metric + " "), std::string::npos) << metric;
    EXPECT_NE(text.find("# TYPE portcullis_" + metric + " "), std::string::npos) << metric;
  }
}

TEST(Metrics, CountsWhatItIsTold) {
  Metrics metrics;
  metrics.streams.accepted(StreamKind::kC2s, TlsEntry::kDirectTls);
  metrics.connections.handshake_done(StreamKind::kC2s, TlsVersion::kTls13, microseconds(3000));
  metrics.connections.handshake_done(StreamKind::kC2s, TlsVersion::kTls12, microseconds(700'000));
  metrics.connections.handshake_failed(StreamKind::kC2s);
  metrics.connections.served_certificate(StreamKind::kC2s, KeyType::kEcdsa);
  metrics.streams.bytes(StreamKind::kC2s, Direction::kToBackend, 5000);
  metrics.streams.bytes(StreamKind::kC2s, Direction::kFromBackend, 70);
  metrics.connections.dial_attempt(Outcome::kFailure);
  metrics.connections.dns_query(Outcome::kSuccess, microseconds(2000));
  metrics.connections.backend_connection(StreamKind::kC2s, Outcome::kSuccess);
  metrics.streams.limit_hit(Limit::kDescriptors);
  const std::string text = metrics.render();
  EXPECT_EQ(sum(text, "portcullis_connections_accepted_total", "tls_entry=\"direct\""), 1);
  EXPECT_EQ(sum(text, "portcullis_connections_accepted_total", "tls_entry=\"starttls\""), 0);
  EXPECT_EQ(sum(text, "portcullis_streams_active", "phase=\"negotiating\""), 1);
  EXPECT_NE(text.find("portcullis_tls_handshakes_total{kind=\"c2s\",outcome=\"success\","
                      "version=\"TLSv1.3\"} 1\n"),
            std::string::npos);
  EXPECT_NE(text.find("portcullis_tls_handshakes_total{kind=\"c2s\",outcome=\"failure\","
                      "version=\"none\"} 1\n"),
            std::string::npos);
  EXPECT_EQ(
      sum(text, "portcullis_tls_handshake_duration_seconds_count", kind_label(StreamKind::kC2s)),
      2);
  EXPECT_NEAR(sum(text, "portcullis_tls_handshake_duration_seconds_sum"), 0.703, 1e-9);
  EXPECT_EQ(sum(text, "portcullis_tls_served_certificates_total", "key_type=\"ecdsa\""), 1);
  EXPECT_EQ(sum(text, "portcullis_bytes_total", "direction=\"to_backend\""), 5000);
  EXPECT_EQ(sum(text, "portcullis_bytes_total", "direction=\"from_backend\""), 70);
  EXPECT_EQ(sum(text, "portcullis_dial_attempts_total", "failure"), 1);
  EXPECT_EQ(sum(text, "portcullis_dial_attempts_total", "success"), 0);
  EXPECT_EQ(sum(text, "portcullis_dns_queries_total", "success"), 1);
  EXPECT_EQ(sum(text, "portcullis_dns_query_duration_seconds_count"), 1);
  EXPECT_EQ(sum(text, "portcullis_backend_connections_total", "success"), 1);
  EXPECT_EQ(sum(text, "portcullis_limit_hits_total"), 1);
}

// Whatever a peer can influence must not become a new label value.
TEST(Metrics, VersionsThatCannotBeNegotiatedCreateOneSeriesAtMost) {
  Metrics metrics;
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  const auto before = lines(metrics.render());
  metrics.connections.handshake_done(StreamKind::kS2sInbound, TlsVersion::kTls10, microseconds(1));
  const std::string text = metrics.render();
  EXPECT_EQ(lines(text), before + 1);  // of a version that cannot be; all others are this one too
  metrics.connections.handshake_done(StreamKind::kS2sInbound, TlsVersion::kUnknown,
                                     microseconds(1));
  EXPECT_EQ(lines(metrics.render()), before + 1);
  EXPECT_EQ(sum(text, "portcullis_tls_handshakes_total", "version=\"none\""), 1);
}

TEST(Metrics, CertificateExpiryIsReplacedNotAdded) {
  Metrics metrics;
  const std::chrono::sys_seconds first{std::chrono::seconds(1'700'000'000)};
  metrics.configuration.certificate_expiry("legacy.example", KeyType::kRsa, first);
  metrics.configuration.certificate_expiry("legacy.example", KeyType::kRsa,
                                           first + std::chrono::seconds(5));
  EXPECT_NE(metrics.render().find("portcullis_certificate_not_after_timestamp_seconds{domain="
                                  "\"legacy.example\",key_type=\"rsa\"} 1700000005\n"),
            std::string::npos);
}

// accepted = rejected + closed + active, after every step of random legal sequences.
TEST(Metrics, ConservationHoldsInRandomLegalSequences) {
  Metrics metrics;
  std::mt19937 random(20'250'101);
  const auto pick = [&](std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
  };
  struct Stream {
    StreamKind kind;
    Phase phase;
  };
  std::vector<Stream> streams;
  for (int step = 0; step < 3000; ++step) {
    const std::size_t action = streams.empty() ? 0 : pick(4);
    if (action == 0) {
      streams.push_back({kStreamKinds[pick(3)], Phase::kNegotiating});
      metrics.streams.accepted(streams.back().kind, static_cast<TlsEntry>(pick(2)));
      continue;
    }
    const std::size_t which = pick(streams.size());
    Stream& stream = streams[which];
    const bool negotiating = stream.phase == Phase::kNegotiating;
    if (action == 1 && negotiating) {
      metrics.streams.established(stream.kind);
      stream.phase = Phase::kRelaying;
      continue;
    }
    if (action == 2 && negotiating)
      metrics.streams.rejected(stream.kind, policy::reason_at(pick(policy::kReasonCount)));
    else
      metrics.streams.closed(stream.kind, static_cast<End>(pick(5)), stream.phase);
    streams.erase(streams.begin() + static_cast<std::ptrdiff_t>(which));
    if (step % 50 != 0) continue;
    const std::string text = metrics.render();
    for (const StreamKind kind : kStreamKinds) {
      const std::string label = kind_label(kind);
      const auto active = std::count_if(streams.begin(), streams.end(),
                                        [&](const Stream& s) { return s.kind == kind; });
      EXPECT_EQ(sum(text, "portcullis_streams_active", label), static_cast<double>(active));
      EXPECT_EQ(sum(text, "portcullis_connections_accepted_total", label),
                sum(text, "portcullis_streams_rejected_total", label) +
                    sum(text, "portcullis_streams_closed_total", label) +
                    sum(text, "portcullis_streams_active", label));
    }
  }
}

TEST(Metrics, CountsFromManyThreadsAndWhileRendering) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i)
        metrics.streams.bytes(StreamKind::kS2sInbound, Direction::kToBackend, 3);
    });
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(metrics.render().empty());
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(sum(metrics.render(), "portcullis_bytes_total"), 120'000);
}

TEST(Metrics, ProcessMetricsAreTrue) {
  const Metrics metrics;
  const std::string text = metrics.render();
  EXPECT_GT(sum(text, "process_resident_memory_bytes"), 1'000'000);
  EXPECT_GE(sum(text, "process_open_fds"), 3);
  EXPECT_LT(sum(text, "process_open_fds"), sum(text, "process_max_fds"));
  EXPECT_GE(sum(text, "process_cpu_seconds_total"), 0);
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_NEAR(sum(text, "process_start_time_seconds"), now, 300);
  EXPECT_NEAR(sum(text, "portcullis_start_time_seconds"), now, 60);

  FILE* more = std::fopen("/dev/null", "r");
  const double with_one_more = sum(metrics.render(), "process_open_fds");
  std::fclose(more);
  EXPECT_EQ(with_one_more, sum(text, "process_open_fds") + 1);
}

TEST(Metrics, PromtoolFindsNothing) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0)  // NOLINT(cert-env33-c)
    GTEST_SKIP() << "promtool is not installed";
  Metrics metrics;
  metrics.configuration.certificate_expiry("legacy.example", KeyType::kEcdsa,
                                           std::chrono::sys_seconds{});
  metrics.build_info("1.2.3", "OpenSSL 3.0");
  metrics.policy.rule_verdict("*.bank.example", policy::Verdict::kRejected,
                              policy::Reason::kExpired);
  metrics.configuration.exception_until("slow.example", std::chrono::sys_seconds{});
  metrics.connections.backend_up("legacy.example", StreamKind::kS2sInbound, true);
  metrics.configuration.crl_next_update("/etc/a \"b\".pem", std::chrono::sys_seconds{});
  metrics.configuration.reloaded(Outcome::kSuccess, 2, std::chrono::sys_seconds{});
  FILE* promtool = popen("promtool check metrics 2>&1", "w");
  ASSERT_NE(promtool, nullptr);
  const std::string text = metrics.render();
  EXPECT_EQ(std::fwrite(text.data(), 1, text.size(), promtool), text.size());
  const int status = pclose(promtool);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace portcullis::telemetry
