#pragma once

#include <string>
#include <vector>

namespace portcullis::net::test {

// What dnsmasq is told to answer: domains whose records are as varied as those of real ones.
inline const std::vector<std::string> kZone{
    "--srv-host=_xmpp-server._tcp.both.example,a.both.example,5269,10,0",
    "--srv-host=_xmpps-server._tcp.both.example,a.both.example,5270,5,0",
    "--host-record=a.both.example,192.0.2.1,2001:db8::1",
    "--host-record=fallback.example,192.0.2.7",
    "--srv-host=_xmpp-server._tcp.none.example",
    "--srv-host=_xmpps-server._tcp.none.example",
    "--host-record=none.example,192.0.2.9",
    "--srv-host=_xmpps-server._tcp.startonly.example",
    "--srv-host=_xmpp-server._tcp.startonly.example,a.both.example,5269",
    "--srv-host=_xmpps-server._tcp.halfnone.example",
    "--host-record=halfnone.example,192.0.2.10",
    "--srv-host=_xmpp-server._tcp.dangling.example,nowhere.example,5269",
    "--host-record=dangling.example,192.0.2.11",
    "--srv-host=_xmpp-server._tcp.unspecified.example,zero.example,5269",
    "--host-record=zero.example,0.0.0.0",
    "--cname=alias.example,fallback.example",
    "--server=/broken.example/127.0.0.1#1",
};

}  // namespace portcullis::net::test
