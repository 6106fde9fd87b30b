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

const std::string kStartTls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const std::string kExternal =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>";
// They may be empty behind the authentication.
const std::string kAnyFeatures = "<stream:features";

}  // namespace

const std::string kStreamEnd = "</stream:stream>";

Script client_script(Entry entry, Depth depth) {
  Script script;
  if (entry == Entry::kStartTls) {
    script.push_back({false, kHeader, kFeatures});
    script.push_back({false, kStartTls, "<proceed"});
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

Script server_script(Entry entry, const std::string& from, const std::string& to) {
  const std::string header =
      "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
      "xmlns:stream='http://etherx.jabber.org/streams' from='" +
      from + "' to='" + to + "' version='1.0'>";
  Script script;
  if (entry == Entry::kStartTls) {
    script.push_back({false, header, kFeatures});
    script.push_back({false, kStartTls, "<proceed"});
  }
  script.push_back({true, header, kFeatures});
  script.push_back({false, kExternal, "<success"});
  script.push_back({false, header, kAnyFeatures});
  return script;
}

}  // namespace portcullis::bench
