#pragma once

#include "proxy/examine/findings.h"
#include "proxy/xmpp/element.h"

namespace portcullis::examine {

// What these stream features offer.
Offer read_offer(const xmpp::Element& features);

}  // namespace portcullis::examine
