#include "tests/bench/script.h"

namespace portcullis::bench {
namespace {

const std::string kHeader =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams' to='bench.example' version='1.0' "
    "xml:lang='en'>";
const std::string kFeatures = "</stream:features";
// "\0juliet\0secret"
const std::string kAuth =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGp1bGlldABzZWNyZXQ=</auth>";

}  // namespace

Script client_script(Entry entry, Depth depth) {
  Script script;
  if (entry == Entry::kStartTls) {
    script.push_back({false, kHeader, kFeatures});
    script.push_back({false, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<proceed"});
  }
  script.push_back({true, kHeader, kFeatures});
  if (depth == Depth::kFeatures) return script;
  script.push_back({false, kAuth, "<success"});
  script.push_back({false, kHeader, kFeatures});
  if (depth == Depth::kLogin) return script;
  script.push_back(
      {false, "<iq type='set' id='mode'><mode xmlns='bench' kind='echo'/></iq>", "</iq"});
  return script;
}

}  // namespace portcullis::bench
