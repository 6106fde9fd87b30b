#pragma once

#include <array>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// Reasons about onion services, and about the proxy through which they are called. A part of the
// table in reason.cc.
inline constexpr std::array kProxyRows{
    ReasonInfo{
        .reason = Reason::kBadOnionName,
        .id = "bad_onion_name",
        .sentence = "The remote domain is no onion service[: {detail}].",
        .at_home = "No onion service can be named {remote}[: {detail}].",
        .condition = "remote-connection-failed",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kEverybody,
        .blame = Blame::kNetwork,
        .streams = Streams::kOutgoing,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "The domain ends with `.onion`, but the label before that is no address of version 3: "
            "56 of `a` to `z` and `2` to `7`, with the right version and checksum. Nobody was "
            "called, and neither DNS nor a proxy was asked.",
        .remote = "Write the address as it stands in the file `hostname` of the onion service.",
        .local = "Check the spelling of the address the user wrote to. Addresses of version 2 (16 "
                 "characters) are not used any more.",
    },
    ReasonInfo{
        .reason = Reason::kOnionWithoutProxy,
        .id = "onion_without_proxy",
        .sentence = "The remote domain is an onion service, and none is called from here.",
        .at_home = "An onion service such as {remote} is not called from here, because no rule "
                   "for it has via.",
        .condition = "remote-connection-failed",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kEverybody,
        .blame = Blame::kLocal,
        .streams = Streams::kOutgoing,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "The domain ends with `.onion`, and no rule says through which proxy such names are "
            "called. DNS is not asked for them (RFC 7686): it does not know them, and would tell "
            "others whom your users write to.",
        .remote = "Offer a name in DNS, too, if servers without Tor are to reach the domain.",
        .local = "If onion services are to be reached, run Tor and write a `[[s2s.rule]]` with "
                 "`match = [\"*.onion\"]` and `via = \"socks5://127.0.0.1:9050\"`.",
    },
    ReasonInfo{
        .reason = Reason::kSocksProxyFailed,
        .id = "socks_proxy_failed",
        .sentence = "The proxy through which the remote domain is called does not work[: "
                    "{detail}].",
        .at_home = "The proxy through which {remote} is called does not work[: {detail}].",
        .condition = "internal-server-error",
        .always_enforced = true,
        .waiver = Waiver::kNever,
        .audience = Audience::kOperator,
        .blame = Blame::kLocal,
        .streams = Streams::kOutgoing,
        .while_relaying = false,
        .published = PublishedClass::kNone,
        .tlsrpt = "",
        .weight = Weight::kExplained,
        .meaning =
            "The SOCKS5 proxy of the rule (`via`) could not be connected, did not take the "
            "request, or said what no such proxy says. The remote domain was not reached, and is "
            "not to blame. What the proxy says of the remote domain, such as that it refused the "
            "connection, is `peer_unreachable`.",
        .remote = "Nothing; the other side has to mend its proxy.",
        .local = "Look whether Tor runs and has `SocksPort` at the address in `via`. Where the "
                 "text speaks of authorization, give Tor the key of that onion service "
                 "(`ClientOnionAuthDir`).",
    },
};

}  // namespace portcullis::policy
