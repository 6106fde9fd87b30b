#pragma once

#include <optional>

#include "proxy/session/receiving_states.h"

// Observe mode and certified dialback, on streams of which we are the receiving entity.
namespace portcullis::session::receiving {

// The addresses of a first header whose remote domain is observed; nothing where it is enforced or
// the header is not good enough for either.
std::optional<Addresses> observed_addresses(const Context& context,
                                            const xmpp::StreamHeader& header);

// Asks the far end before this one is answered.
ProbingFar probe(Addresses claimed, const xmpp::StreamHeader& header, Context& context);

// Toward the backend, under TLS: offers what the peer turned out to be good for.
OneOf<AwaitingAuth, Relaying> answer_backend(Pair pair, xmpp::StreamHeader header,
                                             Context& context);

// <db:result/> or <db:verify/> of a peer whose certificate is good.
OneOf<OpeningFarLeg, OpeningUnauthenticated, Closed> answer_dialback(const xmpp::Element& element,
                                                                     Pair pair,
                                                                     xmpp::StreamHeader header,
                                                                     Context& context);

}  // namespace portcullis::session::receiving
