#include "tests/scenario/session/login_stage.h"

// What a client tries before it is logged in, where its address may try so much only. The backend
// never hears of what is refused here, and the stream goes on.
namespace portcullis::session::stage {
namespace {

constexpr std::string_view kFeatures =
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    "<mechanism>PLAIN</mechanism></mechanisms></stream:features>";
constexpr std::string_view kSasl2 =
    "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>AGEAYg=="
    "</initial-response></authenticate>";
constexpr std::string_view kRegister =
    "<iq type='set' id='r1'><query xmlns='jabber:iq:register'><username>u</username>"
    "<password>p</password></query></iq>";
constexpr std::string_view kIqLogin =
    "<iq type='set' id='l1'><query xmlns='jabber:iq:auth'><username>u</username>"
    "<password>p</password><resource>x</resource></query></iq>";

const std::string kAuth = auth("AGEAYg==", "PLAIN");

std::string failure(std::string_view condition) {
  return "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><" + std::string(condition) +
         "/></failure>";
}
std::string failure2(std::string_view condition) {
  return "<failure xmlns='urn:xmpp:sasl:2'><" + std::string(condition) +
         " xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>";
}
std::string wait_error(std::string_view id) {
  return "<iq type='error' id='" + std::string(id) +
         "'><error type='wait'><resource-constraint "
         "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>";
}

// An address that may try so much. Each stage has one of its own.
struct Address {
  int failures_left = 1;
  int registrations_left = 1;
  int failed = 0;
};

struct Login {
  Party& client;
  Party& backend;
  std::shared_ptr<Address> address;
};

Login offered(Stage& stage, Address may = {}) {
  auto address = std::make_shared<Address>(may);
  stage.attempts.may_try = [address](Attempt attempt) {
    if (attempt == Attempt::kLogin) return address->failures_left > 0;
    return address->registrations_left-- > 0;
  };
  stage.attempts.login_failed = [address] {
    --address->failures_left;
    ++address->failed;
  };
  auto [party, backend] = offer_login(stage, kFeatures);
  return {party, backend, std::move(address)};
}

TEST(LoginAttempts, AFailedLoginCounts) {
  for (const auto& [attempt, answer, refusal] : {
           std::tuple{kAuth, failure("not-authorized"), failure("temporary-auth-failure")},
           std::tuple{std::string(kSasl2), failure2("not-authorized"),
                      failure2("temporary-auth-failure")},
           std::tuple{std::string(kIqLogin),
                      std::string("<iq type='error' id='l1'><error type='auth'/></iq>"),
                      wait_error("l1")},
       }) {
    play([&, &a = attempt, &b = answer, &c = refusal](Stage& stage) {
      auto [party, backend, address] = offered(stage);
      party.says(a);
      backend.hears(a);
      backend.says(b);
      party.hears(b);
      EXPECT_EQ(address->failed, 1);
      party.says(a);
      party.hears(c);
      backend.hears("");
      EXPECT_EQ(address->failed, 1);
      EXPECT_EQ(party.state(), "logging-in");
      address->failures_left = 1;  // time has passed
      party.says(a);
      backend.hears(a);
    });
  }
}

TEST(LoginAttempts, OneThatSucceedsDoesNot) {
  play([](Stage& stage) {
    auto [party, backend, address] = offered(stage);
    party.says(kAuth);
    backend.says(kSuccess);
    party.hears(kSuccess);
    EXPECT_EQ(address->failed, 0);
  });
  play([](Stage& stage) {
    auto [party, backend, address] = offered(stage);
    party.says(kSasl2);
    backend.says("<success xmlns='urn:xmpp:sasl:2'/>");
    EXPECT_EQ(party.state(), "awaiting-login-features");
    EXPECT_EQ(address->failed, 0);
  });
}

TEST(LoginAttempts, WhatSaysNothingOfAPasswordDoesNotCount) {
  for (const auto* condition : {"temporary-auth-failure", "aborted"}) {
    play([condition](Stage& stage) {
      auto [party, backend, address] = offered(stage);
      party.says(kAuth);
      backend.says(failure(condition));
      EXPECT_EQ(address->failed, 0);
    });
  }
  play([](Stage& stage) {
    auto [party, backend, address] = offered(stage);
    backend.says(failure("not-authorized"));  // unasked
    backend.says("<iq type='error' id='1'/>");
    EXPECT_EQ(address->failed, 0);
  });
}

TEST(LoginAttempts, StepsOfOneLoginAreOneAttempt) {
  play([](Stage& stage) {
    auto [party, backend, address] = offered(stage);
    const std::string challenge =
        "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>x</challenge>";
    const std::string response = "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>x</response>";
    party.says(auth("AGEAYg==", "SCRAM-SHA-1"));
    for (int i = 0; i < 3; ++i) {
      backend.says(challenge);
      party.says(response);
    }
    backend.says(failure("not-authorized"));
    EXPECT_EQ(address->failed, 1);
  });
}

// The answers to all of them would come before the first is counted. So one is held until the one
// before it is answered.
TEST(LoginAttempts, ManyInOneGoAreTriedOneByOne) {
  play([](Stage& stage) {
    auto [party, backend, address] = offered(stage, {.failures_left = 2});
    std::string all;
    for (int i = 0; i < 10; ++i) all += kIqLogin;
    party.says(all);
    for (int failed = 0; failed < 2; ++failed) {
      EXPECT_EQ(address->failed, failed);
      backend.hears(std::string(kIqLogin));
      backend.says("<iq type='error' id='l1'/>");
    }
    EXPECT_EQ(address->failed, 2);
    backend.hears("");
  });
}

TEST(LoginAttempts, WaysCannotBeMixedToHideOne) {
  play([](Stage& stage) {
    auto [party, backend, address] = offered(stage, {.failures_left = 2});
    party.says(kIqLogin);
    party.says(kAuth);
    party.says(kSasl2);
    backend.hears(std::string(kIqLogin));
    backend.says("<iq type='error' id='l1'/>");
    EXPECT_EQ(address->failed, 1);
    backend.hears(kAuth);
    backend.says(failure("not-authorized"));
    EXPECT_EQ(address->failed, 2);
    backend.hears("");
  });
}

// Only the answer to it judges a login, whatever else the backend answers meanwhile.
TEST(LoginAttempts, TheAnswerToAnotherRequestJudgesNoLogin) {
  play([](Stage& stage) {
    auto [party, backend, address] = offered(stage);
    const std::string odd = "<iq type='foo' id='f'/>";
    const std::string form = "<iq type='get' id='r'><query xmlns='jabber:iq:auth'/></iq>";
    party.says(odd + form + std::string(kIqLogin) + std::string(kIqLogin));
    backend.hears(odd);
    backend.says("<iq type='error' id='f'/>");
    backend.hears(form);
    backend.says("<iq type='result' id='r'><query xmlns='jabber:iq:auth'/></iq>");
    backend.hears(std::string(kIqLogin));
    backend.says("<iq type='result' id='r'/>");
    EXPECT_EQ(address->failed, 0);
    backend.says("<iq type='error' id='l1'/>");
    EXPECT_EQ(address->failed, 1);
    backend.hears("");  // the next one was refused here
  });
}

// Servers answer such a login with a form that names what is missing.
TEST(LoginAttempts, AFormIsNoFailure) {
  play([](Stage& stage) {
    auto [party, backend, address] = offered(stage);
    party.says(kIqLogin);
    backend.says("<iq type='result' id='l1'><query xmlns='jabber:iq:auth'/></iq>");
    party.says(kIqLogin);
    EXPECT_EQ(address->failed, 0);
    backend.hears(std::string(kIqLogin).append(kIqLogin));
  });
}

// Prosody takes a password from a "get", too.
TEST(LoginAttempts, APasswordIsALoginWhateverTheTypeSays) {
  const std::string sneaky =
      "<iq type='get' id='l1'><query xmlns='jabber:iq:auth'><username>u</username>"
      "<password>p</password><resource>x</resource></query></iq>";
  const std::string asks = "<iq type='get' id='l1'><query xmlns='jabber:iq:auth'/></iq>";
  play([&](Stage& stage) {
    auto [party, backend, address] = offered(stage, {.failures_left = 0});
    party.says(sneaky);
    party.hears(wait_error("l1"));
    party.says(asks);
    backend.hears(asks);
  });
}

TEST(LoginAttempts, RegistrationsAreCountedAndRefused) {
  const std::string form = "<iq type='get' id='f1'><query xmlns='jabber:iq:register'/></iq>";
  const std::string data =
      "<iq type='set' id='r2' to='legacy.example'><x:query xmlns:x='jabber:iq:register'>"
      "<x xmlns='jabber:x:data' type='submit'/></x:query></iq>";
  play([&](Stage& stage) {
    auto [party, backend, address] = offered(stage, {.failures_left = 0});
    for (int i = 0; i < 3; ++i) {
      party.says(form);
      backend.hears(form);
      backend.says("<iq type='result' id='f1'/>");
    }
    party.says(kRegister);
    backend.hears(kRegister);
    backend.says("<iq type='result' id='r1'/>");
    party.forget();
    party.says(kRegister);
    party.hears(wait_error("r1"));
    party.says(data);
    party.hears(
        "<iq type='error' id='r2' from='legacy.example'><error type='wait'>"
        "<resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
    backend.hears("");
  });
}

}  // namespace
}  // namespace portcullis::session::stage
