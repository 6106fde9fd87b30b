#include "proxy/telemetry/metrics.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <random>
#include <regex>
#include <thread>
#include <vector>

#include "proxy/telemetry/process_collector.h"
#include "tests/unit/telemetry/samples.h"

namespace portcullis::telemetry {
namespace {

using std::chrono::microseconds;

std::string kind_label(StreamKind kind) {
  return "kind=\"" + std::string(name(kind)) + "\"";
}

TEST(Metrics, EveryReasonOfEveryKindExistsFromTheStart) {
  const Metrics metrics;
  const std::string text = metrics.render();
  for (const StreamKind kind : kStreamKinds)
    for (std::size_t i = 0; i < policy::kReasonCount; ++i) {
      const std::string reason(policy::id(policy::reason_at(i)));
      for (const std::string metric :
           {"portcullis_streams_rejected_total", "portcullis_stanzas_rejected_total"}) {
        const std::string sample =
            metric + "{" + kind_label(kind) + ",reason=\"" + reason + "\"} 0\n";
        EXPECT_NE(text.find(sample), std::string::npos) << sample;
      }
    }
}

TEST(Metrics, DeclaresEveryMetricWithHelpAndType) {
  Metrics metrics;
  metrics.certificate_expiry("legacy.example", "ecdsa", std::chrono::sys_seconds{});
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
  metrics.accepted(StreamKind::kC2s, TlsEntry::kDirectTls);
  metrics.handshake(StreamKind::kC2s, TlsVersion::kTls13, true, microseconds(3000));
  metrics.handshake(StreamKind::kC2s, TlsVersion::kTls12, false, microseconds(700'000));
  metrics.served_certificate(StreamKind::kC2s, "ecdsa");
  metrics.bytes(StreamKind::kC2s, true, 5000);
  metrics.bytes(StreamKind::kC2s, false, 70);
  metrics.dial_attempt(false);
  metrics.dns_query(true, microseconds(2000));
  metrics.backend_connection(StreamKind::kC2s, true);
  metrics.limit_hit(Metrics::Limit::kDescriptors);
  const std::string text = metrics.render();
  EXPECT_EQ(sum(text, "portcullis_connections_accepted_total", "tls_entry=\"direct\""), 1);
  EXPECT_EQ(sum(text, "portcullis_connections_accepted_total", "tls_entry=\"starttls\""), 0);
  EXPECT_EQ(sum(text, "portcullis_streams_active", "phase=\"negotiating\""), 1);
  EXPECT_NE(text.find("portcullis_tls_handshakes_total{kind=\"c2s\",outcome=\"success\","
                      "version=\"TLSv1.3\"} 1\n"),
            std::string::npos);
  EXPECT_NE(text.find("portcullis_tls_handshakes_total{kind=\"c2s\",outcome=\"failure\","
                      "version=\"TLSv1.2\"} 1\n"),
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
TEST(Metrics, UnknownWordsCreateNoSeries) {
  Metrics metrics;
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  const auto before = lines(metrics.render());
  metrics.handshake(StreamKind::kS2sInbound, TlsVersion::kTls10, true, microseconds(1));
  metrics.served_certificate(StreamKind::kS2sInbound, "dsa");
  const std::string text = metrics.render();
  EXPECT_EQ(lines(text), before);
  EXPECT_EQ(text.find("evil"), std::string::npos);
  EXPECT_EQ(sum(text, "portcullis_tls_handshakes_total", "version=\"none\""), 1);
  EXPECT_EQ(sum(text, "portcullis_tls_served_certificates_total", "key_type=\"other\""), 1);
}

TEST(Metrics, CertificateExpiryIsReplacedNotAdded) {
  Metrics metrics;
  const std::chrono::sys_seconds first{std::chrono::seconds(1'700'000'000)};
  metrics.certificate_expiry("legacy.example", "rsa", first);
  metrics.certificate_expiry("legacy.example", "rsa", first + std::chrono::seconds(5));
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
    Metrics::Phase phase;
  };
  std::vector<Stream> streams;
  for (int step = 0; step < 3000; ++step) {
    const std::size_t action = streams.empty() ? 0 : pick(4);
    if (action == 0) {
      streams.push_back({kStreamKinds[pick(3)], Metrics::Phase::kNegotiating});
      metrics.accepted(streams.back().kind, static_cast<TlsEntry>(pick(2)));
      continue;
    }
    const std::size_t which = pick(streams.size());
    Stream& stream = streams[which];
    const bool negotiating = stream.phase == Metrics::Phase::kNegotiating;
    if (action == 1 && negotiating) {
      metrics.established(stream.kind);
      stream.phase = Metrics::Phase::kRelaying;
      continue;
    }
    if (action == 2 && negotiating)
      metrics.rejected(stream.kind, policy::reason_at(pick(policy::kReasonCount)));
    else
      metrics.closed(stream.kind, static_cast<Metrics::End>(pick(5)), stream.phase);
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
      for (int i = 0; i < 10'000; ++i) metrics.bytes(StreamKind::kS2sInbound, true, 3);
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

TEST(ProcessStat, TakesFieldsBehindAnyProgramName) {
  const auto stat = parse_process_stat(
      "77 (a ) b (c) S 1 2 3 4 5 6 7 8 9 10 140 60 13 14 15 16 17 18 2200 20 24 25");
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->cpu_ticks, 200);
  EXPECT_EQ(stat->start_ticks, 2200);
  EXPECT_EQ(stat->resident_pages, 24);
}

TEST(ProcessStat, RefusesWhatIsCutOrNoNumber) {
  EXPECT_FALSE(parse_process_stat("").has_value());
  EXPECT_FALSE(parse_process_stat("77 (x) S 1 2 3").has_value());
  EXPECT_FALSE(
      parse_process_stat("77 (x) S 1 2 3 4 5 6 7 8 9 10 abc 60 13 14 15 16 17 18 1 2 3 4 5")
          .has_value());
}

TEST(Metrics, PromtoolFindsNothing) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0)  // NOLINT(cert-env33-c)
    GTEST_SKIP() << "promtool is not installed";
  Metrics metrics;
  metrics.certificate_expiry("legacy.example", "ecdsa", std::chrono::sys_seconds{});
  metrics.build_info("1.2.3", "OpenSSL 3.0");
  metrics.rule_verdict("*.bank.example", policy::Verdict::kRejected, policy::Reason::kExpired);
  metrics.exception_until("slow.example", std::chrono::sys_seconds{});
  metrics.crl_next_update("/etc/a \"b\".pem", std::chrono::sys_seconds{});
  metrics.reloaded(true, 2, std::chrono::sys_seconds{});
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
