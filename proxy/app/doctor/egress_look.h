#pragma once

#include "policy/model/config.h"
#include "proxy/doctor/facts.h"

namespace portcullis::app {

// With capture = "nftables": whether the table of the packet filter is the one that the
// configuration asks for. For root only; others are told that they cannot see it. Starts nft(8) in
// a network namespace of its own, to have the expected table written in the same words, so it must
// be called before there is another thread.
void look_at_egress(const policy::Config& config, doctor::CaptureFacts& capture);

}  // namespace portcullis::app
