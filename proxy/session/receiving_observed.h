#pragma once

#include <optional>

#include "proxy/session/receiving_states.h"

// Observe mode and certified dialback, on streams of which we are the receiving entity.
namespace portcullis::session::receiving {

// The addresses of a first header if its remote domain is observed. nullopt if the policy is
// enforced for it, or if the header is wrong in any mode.
std::optional<Addresses> observed_addresses(const Context& context,
                                            const xmpp::StreamHeader& header);

// Opens the far leg before this end gets an answer.
ProbingFar probe(Addresses claimed, const xmpp::StreamHeader& header, Context& context);

// On the backend side, under TLS: offers the backend what the peer can do, EXTERNAL or dialback.
OneOf<AwaitingAuth, Relaying> answer_backend(Pair pair, xmpp::StreamHeader header,
                                             Context& context);

// Answers <db:result/> or <db:verify/> of a peer whose certificate is good.
OneOf<OpeningFarLeg, OpeningUnauthenticated, Closed> answer_dialback(const xmpp::Element& element,
                                                                     Pair pair,
                                                                     xmpp::StreamHeader header,
                                                                     Context& context);

}  // namespace portcullis::session::receiving
