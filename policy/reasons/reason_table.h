#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "policy/reasons/home_arguments.h"
#include "policy/reasons/reason.h"

namespace portcullis::policy {

// What has to be true of the rows. The compiler checks all of it, in reason.cc.

using ReasonTable = std::array<ReasonInfo, kReasonCount>;

// RFC 6120 section 4.9.3, complete.
inline constexpr std::array<std::string_view, 25> kStreamErrors{"bad-format",
                                                                "bad-namespace-prefix",
                                                                "conflict",
                                                                "connection-timeout",
                                                                "host-gone",
                                                                "host-unknown",
                                                                "improper-addressing",
                                                                "internal-server-error",
                                                                "invalid-from",
                                                                "invalid-namespace",
                                                                "invalid-xml",
                                                                "not-authorized",
                                                                "not-well-formed",
                                                                "policy-violation",
                                                                "remote-connection-failed",
                                                                "reset",
                                                                "resource-constraint",
                                                                "restricted-xml",
                                                                "see-other-host",
                                                                "system-shutdown",
                                                                "undefined-condition",
                                                                "unsupported-encoding",
                                                                "unsupported-feature",
                                                                "unsupported-stanza-type",
                                                                "unsupported-version"};

// RFC 8460 section 4.3, but for those about MTA-STS and DANE.
inline constexpr std::array<std::string_view, 6> kResultTypes{"",
                                                              "starttls-not-supported",
                                                              "certificate-host-mismatch",
                                                              "certificate-expired",
                                                              "certificate-not-trusted",
                                                              "validation-failure"};

template <std::size_t N>
constexpr bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// "cert_missing": lower case, digits, single low lines between them.
constexpr bool is_id(std::string_view id) {
  bool may_part = false;
  for (const char c : id) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!is_letter && (c != '_' || !may_part)) return false;
    may_part = is_letter;
  }
  return may_part;
}

// One paragraph that ends with a full stop.
constexpr bool is_paragraph(std::string_view text) {
  return text.ends_with('.') && text.find('\n') == std::string_view::npos;
}

// Every {name} is an argument, or one that is for us at home where those may stand, and no brace
// stands alone.
constexpr bool uses_known_arguments(std::string_view sentence, bool at_home = false) {
  while (true) {
    const auto open = sentence.find_first_of("{}");
    if (open == std::string_view::npos) return true;
    const auto close = sentence.find('}', open);
    if (sentence[open] == '}' || close == std::string_view::npos) return false;
    const auto name = sentence.substr(open + 1, close - open - 1);
    const bool is_for_home = is_one_of(name, kEndNames) || is_one_of(name, kHomeArgumentNames);
    if (!is_one_of(name, kArgumentNames) && !(at_home && is_for_home)) return false;
    sentence.remove_prefix(close + 1);
  }
}

// Each [part] has an argument, and none is inside another.
constexpr bool brackets_are_pairs(std::string_view sentence) {
  while (true) {
    const auto open = sentence.find_first_of("[]");
    if (open == std::string_view::npos) return true;
    const auto close = sentence.find_first_of("[]", open + 1);
    if (sentence[open] == ']' || close == std::string_view::npos || sentence[close] == '[')
      return false;
    if (sentence.substr(open, close - open).find('{') == std::string_view::npos) return false;
    sentence.remove_prefix(close + 1);
  }
}

constexpr bool each_row_is_for_its_reason(const ReasonTable& table) {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (table[i].reason != reason_at(i)) return false;
  return true;
}

constexpr bool ids_are_unique_words(const ReasonTable& table) {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (!is_id(table[i].id)) return false;
    for (std::size_t j = 0; j < i; ++j)
      if (table[i].id == table[j].id) return false;
  }
  return true;
}

constexpr bool conditions_are_stream_errors(const ReasonTable& table) {
  return std::all_of(table.begin(), table.end(),
                     [](const ReasonInfo& row) { return is_one_of(row.condition, kStreamErrors); });
}

constexpr bool result_types_are_known(const ReasonTable& table) {
  return std::all_of(table.begin(), table.end(),
                     [](const ReasonInfo& row) { return is_one_of(row.tlsrpt, kResultTypes); });
}

constexpr bool texts_are_complete(const ReasonTable& table) {
  return std::all_of(table.begin(), table.end(), [](const ReasonInfo& row) {
    const bool at_home =
        row.at_home.empty() ||
        (is_paragraph(row.at_home) && row.at_home.front() != '{' &&
         uses_known_arguments(row.at_home, true) && brackets_are_pairs(row.at_home));
    return is_paragraph(row.sentence) && uses_known_arguments(row.sentence) &&
           brackets_are_pairs(row.sentence) && at_home && is_paragraph(row.meaning) &&
           is_paragraph(row.remote) && is_paragraph(row.local);
  });
}

// Whether a sentence calls its reader "you", as only the remote admin is called.
constexpr bool says_you(std::string_view sentence) {
  for (const std::string_view word : {"You ", "you ", "Your ", "your ", "you.", "you,"})
    if (sentence.find(word) != std::string_view::npos) return true;
  return false;
}

constexpr bool nobody_at_home_is_called_you(const ReasonTable& table) {
  return std::all_of(table.begin(), table.end(), [](const ReasonInfo& row) {
    return !says_you(row.at_home.empty() ? row.sentence : row.at_home);
  });
}

// A reason that observe mode refuses is not about trust: no exception can waive it, and it does not
// belong into a list of servers with insufficient encryption.
constexpr bool attacks_are_never_waived(const ReasonTable& table) {
  return std::all_of(table.begin(), table.end(), [](const ReasonInfo& row) {
    return !row.always_enforced ||
           (row.waiver == Waiver::kNever && row.published == PublishedClass::kNone);
  });
}

// A reason that can neither refuse a connection nor end a stream is none. What waives a reason is
// an exception of [s2s], so it must be possible between servers.
constexpr bool every_reason_occurs(const ReasonTable& table) {
  return std::all_of(table.begin(), table.end(), [](const ReasonInfo& row) {
    if (row.streams == Streams::kNone) return row.while_relaying && row.waiver == Waiver::kNever;
    return true;
  });
}

}  // namespace portcullis::policy
