#include "proxy/relay/our_users.h"

namespace portcullis::relay {
namespace {

constexpr std::size_t kMaxSentence = 512;

}  // namespace

policy::Refusal for_our_users(policy::Refusal refusal) {
  switch (refusal.reason) {
    case policy::Reason::kRefusedByPeer:
    case policy::Reason::kNoSuchService:
    case policy::Reason::kDnsFailed:
    case policy::Reason::kPeerUnreachable:
    case policy::Reason::kPeerLeft:
    case policy::Reason::kNegotiationTimeout:
    case policy::Reason::kInternalError:
      return refusal;
    default:
      refusal.text = policy::printable(
          "The remote server is not trusted and was told: " + refusal.text, kMaxSentence);
      return refusal;
  }
}

}  // namespace portcullis::relay
