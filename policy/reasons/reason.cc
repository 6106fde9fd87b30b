#include "policy/reasons/reason.h"

#include <algorithm>

#include "policy/reasons/reason_table.h"
#include "policy/reasons/rows_backend.h"
#include "policy/reasons/rows_certificate.h"
#include "policy/reasons/rows_chain.h"
#include "policy/reasons/rows_dialing.h"
#include "policy/reasons/rows_limits.h"
#include "policy/reasons/rows_proxy.h"
#include "policy/reasons/rows_session.h"
#include "policy/reasons/rows_stream.h"
#include "policy/reasons/rows_tls.h"

namespace portcullis::policy {
namespace {

template <class... Rows>
constexpr ReasonTable joined(const Rows&... rows) {
  static_assert((std::tuple_size_v<Rows> + ...) == kReasonCount,
                "every reason has one row, and every row a reason");
  ReasonTable table{};
  auto* at = table.data();
  ((at = std::copy(rows.begin(), rows.end(), at)), ...);
  return table;
}

constexpr ReasonTable kTable =
    joined(kStreamRows, kTlsRows, kChainRows, kCertificateRows, kSessionRows, kLimitRows,
           kBackendRows, kProxyRows, kDialingRows);
static_assert(each_row_is_for_its_reason(kTable));
static_assert(ids_are_unique_words(kTable));
static_assert(conditions_are_stream_errors(kTable));
static_assert(result_types_are_known(kTable));
static_assert(texts_are_complete(kTable));
static_assert(nobody_at_home_is_called_you(kTable));
static_assert(attacks_are_never_waived(kTable));
static_assert(every_reason_occurs(kTable));

}  // namespace

const ReasonInfo& info(Reason reason) {
  return kTable.at(static_cast<std::size_t>(reason));
}

std::optional<Reason> reason_from_id(std::string_view id) {
  const auto* const found = std::find_if(kTable.begin(), kTable.end(),
                                         [&](const ReasonInfo& row) { return row.id == id; });
  if (found == kTable.end()) return std::nullopt;
  return found->reason;
}

bool can_refuse(Reason reason, StreamKind kind) {
  switch (info(reason).streams) {
    case Streams::kAll:
      return true;
    case Streams::kBetweenServers:
      return kind != StreamKind::kC2s;
    case Streams::kIncoming:
      return !calls_peer(kind);
    case Streams::kOutgoing:
      return calls_peer(kind);
    case Streams::kNone:
      return false;
  }
  return true;
}

Fault fault_of(Reason reason, StreamKind kind) {
  const bool outgoing = calls_peer(kind);
  switch (info(reason).blame) {
    case Blame::kPeer:
      return Fault::kPeer;
    case Blame::kInitiatingEntity:
      return outgoing ? Fault::kLocal : Fault::kPeer;
    case Blame::kReceivingEntity:
      return outgoing ? Fault::kPeer : Fault::kLocal;
    case Blame::kLocal:
      return Fault::kLocal;
    case Blame::kNetwork:
      return Fault::kNetwork;
  }
  return Fault::kLocal;
}

}  // namespace portcullis::policy
