#include "certs/own/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

class KeyRights : public testing::Test {
 protected:
  KeyRights() { std::ofstream(path_) << "key"; }

  // The fault, or "".
  std::string with(mode_t mode) {
    EXPECT_EQ(::chmod(path_.c_str(), mode), 0);
    const auto checked = read_key_file(path_);
    return checked ? "" : checked.error().message;
  }

  test::TempDir files_;
  const std::string path_ = files_.path() + "/a.key";
};

TEST_F(KeyRights, OfTheOwnerAloneAreAccepted) {
  for (const mode_t mode : {0400U, 0600U, 0700U}) EXPECT_EQ(with(mode), "") << mode;
}

TEST_F(KeyRights, OfOthersAreNot) {
  for (const mode_t mode : {0644U, 0604U, 0444U, 0602U, 0601U, 0666U}) {
    EXPECT_NE(with(mode).find("others can use the key"), std::string::npos) << mode;
    EXPECT_NE(with(mode).find(path_ + ": mode is 0"), std::string::npos) << mode;
  }
}

TEST_F(KeyRights, OfAGroupToChangeItAreNot) {
  for (const mode_t mode : {0660U, 0620U, 0610U, 0670U})
    EXPECT_NE(with(mode).find("may do more than read"), std::string::npos) << mode;
}

TEST_F(KeyRights, OfAGroupToReadAKeyOfRootAreAccepted) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  ASSERT_EQ(::chown(path_.c_str(), 0, 4242), 0);
  EXPECT_EQ(with(0640), "");
  EXPECT_EQ(with(0440), "");
  ASSERT_EQ(::chown(path_.c_str(), 4242, 4242), 0);
  for (const mode_t mode : {0640U, 0440U})
    EXPECT_NE(with(mode).find("a group may read a key of root only"), std::string::npos);
}

TEST_F(KeyRights, OfAnotherOwnerAreNot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  ASSERT_EQ(::chown(path_.c_str(), 4242, 0), 0);
  for (const mode_t mode : {0400U, 0600U})
    EXPECT_NE(with(mode).find("neither root nor the user"), std::string::npos) << mode;
}

TEST_F(KeyRights, OfALinkAreThoseOfItsTarget) {
  const std::string link = files_.path() + "/link.key";
  ASSERT_EQ(::symlink("a.key", link.c_str()), 0);
  ::chmod(path_.c_str(), 0644);
  EXPECT_FALSE(read_key_file(link));
  ::chmod(path_.c_str(), 0600);
  EXPECT_EQ(read_key_file(link).value(), "key");
}

TEST_F(KeyRights, AreAskedOfAFileOnly) {
  EXPECT_FALSE(read_key_file(files_.path() + "/none.key"));
  EXPECT_FALSE(read_key_file(files_.path()));
  const std::string pipe = files_.path() + "/pipe.key";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_NE(read_key_file(pipe).error().message.find("is not a file"), std::string::npos);
}

TEST_F(KeyRights, AFileThatIsNoKeyIsNotReadInWhole) {
  std::ofstream(path_) << std::string(70'000, 'x');
  EXPECT_NE(with(0600).find("too large"), std::string::npos);
}

// ---- Whoever can write to the folder can put another key there.

class KeyFolder : public KeyRights {
 protected:
  KeyFolder() {
    ::chmod(path_.c_str(), 0600);
    ::chmod(files_.path().c_str(), 0700);
  }
  std::string in(mode_t mode) {
    EXPECT_EQ(::chmod(files_.path().c_str(), mode), 0);
    return with(0600);
  }
};

TEST_F(KeyFolder, OfTheOwnerAloneIsAccepted) {
  for (const mode_t mode : {0700U, 0755U, 0711U, 0500U}) EXPECT_EQ(in(mode), "") << mode;
}

TEST_F(KeyFolder, OfEverybodyIsNot) {
  for (const mode_t mode : {0777U, 0757U, 0702U}) {
    EXPECT_NE(in(mode).find("every user of this machine can put other files"), std::string::npos)
        << mode;
    EXPECT_EQ(in(mode).find(files_.path() + ": mode is"), 0U);
  }
}

// As Kubernetes mounts a Secret: nobody can replace the file of another.
TEST_F(KeyFolder, OfEverybodyIsAcceptedWithTheStickyBit) {
  EXPECT_EQ(in(01777), "");
  EXPECT_EQ(in(03777), "");
}

TEST_F(KeyFolder, OfAGroupIsAcceptedWhereItIsRootsOrOurs) {
  EXPECT_EQ(in(0770), "");
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  ASSERT_EQ(::chown(files_.path().c_str(), 0, 4242), 0);
  EXPECT_NE(in(0770).find("the group 4242 can put other files"), std::string::npos);
  EXPECT_EQ(in(01770), "");
  EXPECT_EQ(in(0750), "");
}

TEST_F(KeyFolder, OfAnotherOwnerIsNot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  ASSERT_EQ(::chown(files_.path().c_str(), 4242, 0), 0);
  EXPECT_NE(in(0755).find("neither root nor the user"), std::string::npos);
  EXPECT_NE(in(01777).find("neither root nor the user"), std::string::npos);
}

// Whoever can write to a folder further up can put another folder there, with a key in it.
TEST_F(KeyFolder, IsLookedAtUpToTheRoot) {
  const std::string top = files_.path() + "/top";
  std::filesystem::create_directories(top + "/middle/own");
  const std::string key = top + "/middle/own/a.key";
  std::ofstream(key) << "key";
  ::chmod(key.c_str(), 0600);
  ::chmod((top + "/middle/own").c_str(), 0700);
  EXPECT_EQ(read_key_file(key).value(), "key");
  ::chmod(top.c_str(), 0777);
  EXPECT_EQ(read_key_file(key).error().message.find(top + ": mode is 0777"), 0U);
  ::chmod(top.c_str(), 01777);
  EXPECT_EQ(read_key_file(key).value(), "key");
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  ASSERT_EQ(::chown((top + "/middle").c_str(), 4242, 0), 0);
  EXPECT_EQ(read_key_file(key).error().message.find(top + "/middle: mode is"), 0U);
}

TEST_F(KeyFolder, OfEachLinkOnTheWayIsLookedAt) {
  const std::string folder = files_.path() + "/links";
  std::filesystem::create_directory(folder);
  const std::string link = files_.path() + "/outer.key";
  ASSERT_EQ(::symlink("links/inner.key", link.c_str()), 0);
  ASSERT_EQ(::symlink(path_.c_str(), (folder + "/inner.key").c_str()), 0);
  EXPECT_EQ(read_key_file(link).value(), "key");
  ::chmod(folder.c_str(), 0777);
  EXPECT_EQ(read_key_file(link).error().message.find(folder + ": mode is 0777"), 0U);
  // The sticky bit keeps others from replacing the link, but not its owner.
  ::chmod(folder.c_str(), 01777);
  EXPECT_EQ(read_key_file(link).value(), "key");
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  ASSERT_EQ(::lchown((folder + "/inner.key").c_str(), 4242, 4242), 0);
  EXPECT_EQ(
      read_key_file(link).error().message.find(folder + "/inner.key: mode is 0777; its owner"), 0U);
}

TEST_F(KeyFolder, OfALinkAndOfItsTargetAreBothLookedAt) {
  const test::TempDir links;
  const std::string link = links.path() + "/link.key";
  ASSERT_EQ(::symlink(path_.c_str(), link.c_str()), 0);
  EXPECT_TRUE(read_key_file(link));
  ::chmod(links.path().c_str(), 0777);
  EXPECT_EQ(read_key_file(link).error().message.find(links.path() + ": mode is 0777"), 0U);
  ::chmod(links.path().c_str(), 0700);
  ::chmod(files_.path().c_str(), 0777);
  EXPECT_EQ(read_key_file(link).error().message.find(files_.path() + ": mode is 0777"), 0U);
}

// ---- Another user of the service than the one that asks

TEST_F(KeyRights, AreThoseForTheUserThatIsNamed) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  constexpr ServiceUser kOther{4242, 4242};
  constexpr ServiceUser kThird{4243, 4243};
  ::chmod(path_.c_str(), 0600);
  EXPECT_EQ(read_key_file(path_, kOther).value(), "key") << "a key of root";
  ASSERT_EQ(::chown(path_.c_str(), 4242, 4242), 0);
  EXPECT_EQ(read_key_file(path_, kOther).value(), "key");
  EXPECT_FALSE(read_key_file(path_, kThird));
  EXPECT_FALSE(read_key_file(path_)) << "root itself has no trust in that user";
  ASSERT_EQ(::chown(files_.path().c_str(), 0, 4242), 0);
  ::chmod(files_.path().c_str(), 0770);
  EXPECT_TRUE(read_key_file(path_, kOther)) << "its group may write to the folder";
  EXPECT_FALSE(read_key_file(path_, kThird));
}

// ---- A file that is exchanged while it is looked at

// What is judged is what is read: a look by name, and reading by name after it, would take the
// content of the one for the rights of the other.
TEST_F(KeyRights, AreThoseOfWhatIsReadWhileTheFileIsExchanged) {
  const std::string next = files_.path() + "/next";
  const std::string open_to_all = files_.path() + "/open";
  std::ofstream(open_to_all) << "bad";
  ::chmod(open_to_all.c_str(), 0644);
  std::atomic<bool> done{false};
  std::thread exchanger([&] {
    for (int turn = 0; !done; ++turn) {
      std::remove(next.c_str());
      if (turn % 3 == 2) {
        if (::symlink("open", next.c_str()) != 0) break;
      } else {
        const bool good = turn % 3 == 0;
        std::ofstream(next) << (good ? "good" : "bad");
        ::chmod(next.c_str(), good ? 0600 : 0644);
      }
      std::rename(next.c_str(), path_.c_str());
    }
  });
  int taken = 0;
  int refused = 0;
  int wrong = 0;
  for (int i = 0; i < 200'000 && (i < 20'000 || taken == 0 || refused == 0); ++i) {
    const auto read = read_key_file(path_);
    if (!read) {
      ++refused;
      continue;
    }
    ++taken;
    if (*read == "key") continue;  // the file before the first exchange
    if (*read != "good") ++wrong;
  }
  done = true;
  exchanger.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(taken, 0);
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace portcullis::certs
