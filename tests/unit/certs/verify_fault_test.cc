#include "certs/verify/checks/verify_fault.h"

#include <gtest/gtest.h>

#include <set>

namespace portcullis::certs {
namespace {

using policy::Reason;

constexpr int kLastError = X509_V_ERR_EC_KEY_EXPLICIT_PARAMS;

TEST(ReasonFor, TellsTheLeafFromItsChain) {
  EXPECT_EQ(reason_for(X509_V_ERR_CERT_HAS_EXPIRED, 0), Reason::kExpired);
  EXPECT_EQ(reason_for(X509_V_ERR_CERT_HAS_EXPIRED, 1), Reason::kChainExpired);
  EXPECT_EQ(reason_for(X509_V_ERR_CERT_NOT_YET_VALID, 0), Reason::kNotYetValid);
  EXPECT_EQ(reason_for(X509_V_ERR_CERT_NOT_YET_VALID, 2), Reason::kChainExpired);
}

TEST(ReasonFor, NeverBlamesAPeerForAFaultOfOurs) {
  for (const int error : {X509_V_OK, X509_V_ERR_UNSPECIFIED, X509_V_ERR_OUT_OF_MEM,
                          X509_V_ERR_APPLICATION_VERIFICATION, X509_V_ERR_INVALID_CALL,
                          X509_V_ERR_STORE_LOOKUP, X509_V_ERR_DANE_NO_MATCH}) {
    EXPECT_EQ(reason_for(error, 0), Reason::kInternalError) << error;
  }
}

TEST(ReasonFor, GivesEveryErrorACertificateReason) {
  const std::set<Reason> allowed{
      Reason::kCertMalformed, Reason::kSelfSigned,     Reason::kUntrustedIssuer,
      Reason::kExpired,       Reason::kNotYetValid,    Reason::kMissingIntermediate,
      Reason::kChainExpired,  Reason::kChainInvalid,   Reason::kWrongPurpose,
      Reason::kNameMismatch,  Reason::kNameConstraint, Reason::kWeakKey,
      Reason::kRevoked,       Reason::kWeakSignature,  Reason::kRevocationUnknown,
      Reason::kInternalError};
  std::set<Reason> seen;
  for (int error = 0; error <= kLastError + 10; ++error) {
    for (const int depth : {0, 1}) {
      EXPECT_TRUE(allowed.contains(reason_for(error, depth))) << error;
      seen.insert(reason_for(error, depth));
    }
  }
  EXPECT_EQ(seen, allowed);
}

}  // namespace
}  // namespace portcullis::certs
