#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "certs/x509/pem_file.h"
#include "proxy/relay/bridge.h"
#include "tests/scenario/session/wire.h"
#include "tests/support/log_lines.h"
#include "tests/support/memory_scheduler.h"
#include "tests/support/memory_transport.h"
#include "tests/unit/relay/snapshot_world.h"

// A real bridge with its gate, account, metrics and log, between connections in memory. The test
// speaks for the ends, answers the look-ups and moves the clock. What the scene demands of every
// scenario at its end is in ~Scene().
namespace portcullis::relay::scene {

using namespace std::chrono_literals;

inline constexpr auto kInbound = StreamKind::kS2sInbound;
inline constexpr auto kOutbound = StreamKind::kS2sOutbound;

inline net::SocketAddress address(std::string_view host, std::uint16_t port) {
  return net::SocketAddress::from(Endpoint{std::string(host), port}).value();
}

// The certificates and the configuration, made once.
class World {
 public:
  World()
      : peer(pki().leaf(test::leaf_spec("peer.example"))),
        other(pki().leaf(test::leaf_spec("other.example"))),
        backend(pki().leaf(test::leaf_spec("x.example"))) {
    files_.write("backend.pem", test::pem(backend.certificate.get()));
    plain = build("");
  }
  // `s2s`: more settings of [s2s]; `more`: further tables; `of_backend`: more of [host.backend].
  SnapshotPtr build(const std::string& s2s, const std::string& more = "",
                    const std::string& of_backend = "") const {
    auto built = files_.build("c2s = \"127.0.0.1:15222\"\n" + of_backend +
                              "[outbound]\nallow_networks = [\"198.51.100.0/24\"]\n"
                              "[s2s]\nroots = \"roots.pem\"\n" +
                              s2s + more);
    EXPECT_TRUE(built.snapshot) << texts(built);
    return built.snapshot;
  }
  // The same, but these certificates are pinned for the backend from here on.
  SnapshotPtr with_backends(const std::vector<const test::Issued*>& pinned,
                            const std::string& of_backend = "") {
    std::string pem;
    for (const auto* one : pinned) pem += test::pem(one->certificate.get());
    files_.write("backend.pem", pem);
    auto built = build("", "", of_backend);
    files_.write("backend.pem", test::pem(backend.certificate.get()));
    return built;
  }
  void write(const std::string& name, const std::string& text) { files_.write(name, text); }
  // The certificate of legacy.example.
  certs::X509Ptr served() const {
    return std::move(certs::read_certificates(files_.path("host.pem")).value().front());
  }
  // NAME.pem and NAME.key for a host that a scenario adds.
  void certify(const std::string& name, const std::string& domain) {
    files_.certify(name, test::leaf_spec(domain));
  }

  test::Issued peer;
  test::Issued other;
  test::Issued backend;
  SnapshotPtr plain;

 private:
  SnapshotWorld files_;
};

inline World& world() {
  static World made;
  return made;
}

// The other end of one connection.
class End {
 public:
  End(net::SocketAddress at, std::size_t piece) : piece_(piece) {
    connection.peer = at;
    connection.facts.version = TlsVersion::kTls13;
    connection.on_did = [this](test::MemoryConnection::Did did, std::string_view bytes) {
      hear(did, bytes);
    };
  }
  void says(std::string_view bytes) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece_, bytes.size())))
      connection.say(bytes.substr(0, piece_));
  }
  // With that certificate, or with none.
  void secures(const test::Issued* shown) {
    ASSERT_TRUE(connection.securing()) << heard_;
    if (shown != nullptr) connection.chain = [shown] { return pki().present(*shown); };
    connection.secure();
  }
  // All that came since the last call, ids of streams as "*", without the sentence of a <text/>.
  void hears(std::string_view expected) { EXPECT_EQ(std::exchange(heard_, {}), expected); }
  std::string heard() { return std::exchange(heard_, {}); }

  bool was_told_of_the_end() const { return told_of_the_end_; }

  test::MemoryConnection connection;

 private:
  void hear(test::MemoryConnection::Did did, std::string_view bytes) {
    using Did = test::MemoryConnection::Did;
    switch (did) {
      case Did::kSend:
        heard_ += plain(std::string(bytes));
        told_of_the_end_ |= bytes.find("</stream:stream>") != bytes.npos;
        break;
      case Did::kBeginTls:
        heard_ += "[tls]";
        break;
      case Did::kPause:
        heard_ += "[pause]";
        break;
      case Did::kResume:
        heard_ += "[resume]";
        break;
      case Did::kClose:
        heard_ += "[close]";
        break;
      case Did::kAbort:
        heard_ += "[abort]";
        break;
    }
  }
  static std::string plain(std::string bytes) {
    if (const auto id = bytes.find(" id='"); bytes.starts_with("<?xml") && id != bytes.npos)
      bytes.replace(id, bytes.find('\'', id + 5) + 1 - id, " id='*'");
    if (const auto text = bytes.find("<text"); text != bytes.npos)
      bytes.erase(text, bytes.find("</text>") + 7 - text);
    return bytes;
  }

  std::size_t piece_;
  std::string heard_;
  bool told_of_the_end_ = false;
};

// Connects at once, and answers a look-up when the test does.
class MemoryNetwork final : public Network {
 public:
  explicit MemoryNetwork(std::size_t piece) : piece_(piece) {}

  std::unique_ptr<Call> call(const DialTarget& to, std::function<void(Called)> done) override {
    if (const auto& request = to.through())
      asked += "[" + to.address().text() + " for " + request->name.a_label() + ":" +
               std::to_string(request->port) + "]";
    ends.push_back(std::make_unique<End>(to.address(), piece_));
    return ends.back()->connection.call(std::move(done));
  }
  Lookup find_server(const DomainName& remote, std::chrono::milliseconds /*at_most*/,
                     std::function<void(net::Candidates)> done) override {
    asked += "[" + remote.a_label() + "]";
    found_ = std::move(done);
    return std::make_unique<Running>(*this);
  }
  Lookup resolve_endpoint(const Endpoint& endpoint,
                          std::function<void(net::EndpointAddresses)> done) override {
    asked += "[" + endpoint.host + ":" + std::to_string(endpoint.port) + "]";
    resolved_ = std::move(done);
    return std::make_unique<Running>(*this);
  }

  bool running() const { return found_ || resolved_; }
  void finds(net::Candidates candidates) {
    ASSERT_TRUE(found_);
    std::exchange(found_, nullptr)(std::move(candidates));
  }
  void resolves(net::EndpointAddresses addresses) {
    ASSERT_TRUE(resolved_);
    std::exchange(resolved_, nullptr)(std::move(addresses));
  }

  std::string asked;
  std::vector<std::unique_ptr<End>> ends;

 private:
  // A look-up that is destroyed is cancelled.
  class Running final : public net::Resolver::Lookup {
   public:
    explicit Running(MemoryNetwork& network) : network_(network) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() override {
      network_.found_ = nullptr;
      network_.resolved_ = nullptr;
    }

   private:
    MemoryNetwork& network_;
  };

  std::size_t piece_;
  std::function<void(net::Candidates)> found_;
  std::function<void(net::EndpointAddresses)> resolved_;
};

// Keeps what senders are to be told on other streams.
class HeardNotices final : public UndeliveredNotices {
 public:
  void tell(const DomainName& from, const DomainName& to, Side to_side,
            std::vector<std::string> stanzas) override {
    said += "[" + from.wire() + " " + to.wire() + (to_side == Side::kWan ? " wan]" : " backend]");
    for (const auto& stanza : stanzas) said += stanza;
  }
  std::string said;
};

class Scene {
 public:
  // `piece`: how many octets come at once. `admitted`: false if there is no memory for it.
  Scene(std::size_t piece, StreamKind kind, SnapshotPtr snapshot = world().plain,
        TlsEntry entry = TlsEntry::kStartTls, bool admitted = true)
      : network(piece), near(address("192.0.2.7", 40000), piece) {
    Admission admission({limits, limit_hits_}, kind);
    EXPECT_TRUE(admission.enter(near.connection.peer, time.now()));
    if (!admitted) admission.lack_memory(time.now());
    Accepted accepted{17, "id-17", kind, entry, std::move(admission)};
    bridge = std::make_unique<Bridge>(
        Services{time, network, scratch_, metrics_, log_, backends_, clock_, held, dials, notices},
        std::move(snapshot), std::move(accepted), near.connection.maker(),
        [this](std::uint64_t number) {
          EXPECT_EQ(number, 17U);
          ++gone_;
          bridge.reset();
        });
    near.connection.open();
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  // Each end that heard of the stream's end answers it, and each that was closed closes, too. Then
  // nothing may be left, and the account is complete.
  ~Scene() {
    time.settle();
    for (auto* const end : ends())
      if (end->was_told_of_the_end() && !end->connection.closing()) end->says(session::stage::kEnd);
    time.settle();
    for (auto* const end : ends())
      if (end->connection.closing() && !end->connection.gone()) {
        end->connection.take(end->connection.queued());
        end->connection.leave();
      }
    time.settle();
    EXPECT_EQ(gone_, 1) << "the bridge is left";
    for (auto* const end : ends()) EXPECT_TRUE(end->connection.destroyed());
    EXPECT_EQ(limits->open(), 0U);
    EXPECT_EQ(dials.under_way(), 0U);
    EXPECT_EQ(time.running_timers(), 0U);
    EXPECT_FALSE(network.running());
    if (check_account) expect_account();
    if (::testing::Test::HasFailure()) ADD_FAILURE() << log_text;
  }

  End& far(std::size_t index = 0) {
    if (index >= network.ends.size()) {
      ADD_FAILURE() << "no such attempt: " << log_text;
      network.ends.push_back(std::make_unique<End>(net::SocketAddress(), 1));
    }
    return *network.ends.at(index);
  }
  bool established() const { return metric("streams_active{", "relaying") == 1; }
  // The sum over all labels that hold `label`.
  double metric(std::string_view name, std::string_view label = "") const {
    std::istringstream lines(metrics_.render());
    double sum = 0;
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("portcullis_" + std::string(name)) && line.find(label) != line.npos)
        sum += std::stod(line.substr(line.rfind(' ') + 1));
    return sum;
  }
  int count(std::string_view words) const {
    int found = 0;
    for (auto at = log_text.find(words); at != log_text.npos; at = log_text.find(words, at + 1))
      ++found;
    return found;
  }

  test::MemoryScheduler time{test::kNow};
  MemoryNetwork network;
  std::shared_ptr<ConnectionLimits> limits =
      std::make_shared<ConnectionLimits>(*ConnectionLimits::Settings::of(policy::Limits()));
  HeldBytes held{policy::Limits().held_bytes};
  End near;
  DialLimits dials;
  HeardNotices notices;
  int further_pairs = 0;      // that the scenario brings to the stream, beside its own
  bool check_account = true;  // at the end; that takes most of the time of a short scenario
  std::string log_text;
  std::unique_ptr<Bridge> bridge;

 private:
  // The series of the counters, of which all that can occur are there from the start.
  static std::set<std::string> series(const telemetry::Metrics& metrics) {
    std::set<std::string> found;
    std::istringstream lines(metrics.render());
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("portcullis_") && line.find("_total{") != line.npos &&
          !line.starts_with("portcullis_rule_verdicts"))
        found.insert(line.substr(0, line.rfind(' ')));
    return found;
  }
  void expect_account() const {
    EXPECT_EQ(metric("connections_accepted_total"), 1);
    EXPECT_EQ(metric("connections_accepted_total"),
              metric("streams_rejected_total") + metric("streams_closed_total"));
    EXPECT_EQ(metric("streams_active"), 0);
    EXPECT_EQ(series(metrics_), series(telemetry::Metrics())) << "counted what cannot occur";
    const bool established = metric("streams_established_total") == 1;
    const bool decided = established || metric("streams_rejected_total") == 1;
    EXPECT_EQ(count("event=decision"), decided ? 1 + further_pairs : 0);
    const bool silent = metric("connections_silent_total") == 1;
    EXPECT_EQ(count("event=end"), metric("streams_rejected_total") == 1 || silent ? 0 : 1);
  }
  std::vector<End*> ends() {
    std::vector<End*> all{&near};
    for (const auto& end : network.ends) all.push_back(end.get());
    return all;
  }

  Scratch scratch_;
  telemetry::Metrics metrics_;
  telemetry::Log log_{policy::Log{policy::LogFormat::kText, false}, [this](std::string_view line) {
                        EXPECT_EQ(test::undocumented(line), "");
                        log_text += line;
                      }};
  BackendHealth backends_{metrics_};
  ClockWatch clock_{metrics_, log_};
  telemetry::LimitHits limit_hits_{metrics_, log_};
  int gone_ = 0;
};

// Performs a scenario whole and octet by octet.
template <class Scenario>
void play(Scenario scenario) {
  for (const auto piece : {std::string::npos, std::size_t{1}}) {
    SCOPED_TRACE(piece == 1 ? "octet by octet" : "whole");
    scenario(piece);
  }
}

}  // namespace portcullis::relay::scene
