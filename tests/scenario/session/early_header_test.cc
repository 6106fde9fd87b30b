#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// After <success/> the stream is begun anew by us (RFC 6120 section 6.4.6). A receiving entity that
// sends its header before it has ours is at fault: it is told so, and no fault of ours is logged.
namespace portcullis::session::stage {
namespace {

const std::string kReply = server("id='r' version='1.0'");

// Until it says <success/> and, in the same breath, its next header.
void authenticate(Party& other, std::string_view ours, std::string_view auth_sent) {
  other.connects();
  other.says(kReply + std::string(kStartTlsFeatures));
  other.says(kProceed);
  other.secures();
  other.says(kReply + std::string(kExternalFeatures));
  other.hears("[10s]" + std::string(ours) + std::string(kStartTls) +
              "[tls][judge legacy.example peer.example]" + std::string(ours) +
              std::string(auth_sent));
  other.says(std::string(kSuccess) + kReply);
}

TEST(EarlyHeader, OfAPeerIsItsFault) {
  play([](Stage& stage) {
    const auto ours = server("from='legacy.example' to='peer.example' version='1.0'");
    auto& peer = stage.initiating(StreamKind::kS2sOutbound, Side::kWan);
    authenticate(peer, ours, auth(kAuthLegacy));
    peer.hears("[far authenticated]" + ours + error("bad-format", "xml_invalid") +
               ended_both("xml_invalid"));
  });
}

TEST(EarlyHeader, OfTheBackendIsAFaultOfThisInstallation) {
  play([](Stage& stage) {
    const auto ours = server("from='peer.example' to='legacy.example' version='1.0'");
    auto& backend = stage.initiating(StreamKind::kS2sInbound, Side::kBackend);
    authenticate(backend, ours, auth(kAuthPeer));
    backend.hears("[far authenticated]" + ours + error("bad-format", "backend_misconfigured") +
                  ended_both("backend_misconfigured"));
  });
}

TEST(EarlyHeader, EndsAClientsLogin) {
  play([](Stage& stage) {
    const auto reply = client("id='r' version='1.0'");
    const auto ours = client("to='legacy.example' version='1.0'");
    auto& backend = stage.initiating(StreamKind::kC2s, Side::kBackend);
    backend.connects();
    backend.says(reply + std::string(kNoFeatures));
    backend.hears("[10s]" + ours + "[far header][far features]");
    backend.says(std::string(kSuccess) + reply);
    backend.hears("[far element success]" + ours + error("bad-format", "backend_misconfigured") +
                  ended_both("backend_misconfigured"));
  });
}

TEST(EarlyHeader, IsNoFaultBehindOurs) {
  play([](Stage& stage) {
    const auto ours = client("to='legacy.example' version='1.0'");
    auto& backend = stage.initiating(StreamKind::kC2s, Side::kBackend);
    backend.connects();
    backend.says(client("id='r' version='1.0'") + std::string(kNoFeatures));
    backend.says(kSuccess);
    backend.tell(FarHeader{});
    backend.forget();
    backend.says(client("id='s' version='1.0'"));
    backend.hears("[far header]");
  });
}

}  // namespace
}  // namespace portcullis::session::stage
