// What becomes of a hand-over where a process may have no more descriptors.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include "proxy/handover/predecessors.h"
#include "proxy/handover/taker.h"
#include "proxy/net/local_socket.h"
#include "tests/unit/handover/process_before.h"

namespace portcullis::handover {
namespace {

using ::testing::HasSubstr;

// Of this process, while it lives: the descriptors that it has, and `spare` more.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t spare) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const net::Descriptor next(::dup(STDIN_FILENO));
    const rlimit few{static_cast<rlim_t>(next.get()) + spare, before_.rlim_max};
    EXPECT_TRUE(next && setrlimit(RLIMIT_NOFILE, &few) == 0);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST(HandOver, ASuccessorThatLivesIsNotGoneWhereDescriptorsHaveRunOut) {
  Before before;
  auto taker = Taker::ask(before.path(), kLong);
  ASSERT_TRUE(taker && taker->confirm(kLong));
  auto connection = std::move(*taker).predecessors();
  ASSERT_EQ(connection.size(), 1U);
  before.on_loop([](Giver& giver) {
    const FewDescriptors none(0);
    EXPECT_FALSE(net::duplicate(STDIN_FILENO));
    EXPECT_FALSE(giver.successor_is_gone());
  });
  connection.clear();
  before.on_loop([](Giver& giver) {
    const FewDescriptors none(0);
    EXPECT_TRUE(giver.successor_is_gone());
  });
}

// Of this thread only, and for good. Root may have any number of descriptors under way.
void give_up_root() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> none{};
  EXPECT_EQ(::syscall(SYS_capset, &header, none.data()), 0);
}

// Puts more descriptors under way than a process may have with FewDescriptors.
void send_many(const net::Descriptor& socket) {
  constexpr std::size_t kMany = 200;
  std::array<int, kMany> same{};
  same.fill(STDIN_FILENO);
  std::array<char, CMSG_SPACE(sizeof same)> buffer{};
  char octet = '.';
  iovec data{&octet, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = buffer.data();
  message.msg_controllen = buffer.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof same);
  std::memcpy(CMSG_DATA(header), same.data(), sizeof same);
  EXPECT_EQ(::sendmsg(socket.get(), &message, 0), 1);
}

TEST(HandOver, WhereTheKernelTakesNoMoreDescriptorsThatIsTheReason) {
  Before before;
  std::array<int, 2> pair{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
  const net::Descriptor sender(pair[0]);
  const net::Descriptor unread(pair[1]);
  send_many(sender);
  before.on_loop([](Giver&) { give_up_root(); });
  {
    const FewDescriptors few(40);
    EXPECT_FALSE(Taker::ask(before.path(), kLong));
  }
  EXPECT_THAT(before.given_up.get_future().get(), HasSubstr("descriptors have run out"));
  EXPECT_EQ(before.confirmed, 0);
  // It was not the successor's fault, and the next one has more luck.
  auto next = Taker::ask(before.path(), kLong);
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_TRUE(next->confirm(kLong));
}

}  // namespace
}  // namespace portcullis::handover
