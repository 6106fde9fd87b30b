#include "proxy/app/certificate_watch.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/unit/net/harness.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;
using net::test::run_until;
using std::chrono::milliseconds;

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

void swap_link(const fs::path& link, const fs::path& target) {
  const fs::path temporary = link.string() + ".new";
  fs::create_symlink(target, temporary);
  fs::rename(temporary, link);
}

class Folder : public ::testing::Test {
 protected:
  Folder() {
    std::string pattern = testing::TempDir() + "certificates-XXXXXX";
    directory = fs::canonical(::mkdtemp(pattern.data()));
  }
  ~Folder() override { fs::remove_all(directory); }

  fs::path directory;
};

TEST_F(Folder, DigestFollowsNamesAndContents) {
  const std::string a = directory / "a.pem";
  const std::string b = directory / "b.pem";
  const auto none = digest_of({a});
  write(a, "one");
  const auto one = digest_of({a});
  EXPECT_NE(none, one);
  EXPECT_EQ(one, digest_of({a}));
  write(a, "two");
  EXPECT_NE(one, digest_of({a}));
  write(a, "one");
  EXPECT_EQ(one, digest_of({a}));
  write(b, "one");
  EXPECT_NE(digest_of({a}), digest_of({b}));
  // What belongs to which file is part of it.
  write(b, "two");
  const auto whole = digest_of({a, b});
  write(a, "onet");
  write(b, "wo");
  EXPECT_NE(digest_of({a, b}), whole);
  fs::remove(a);
  EXPECT_EQ(none, digest_of({a}));
}

TEST_F(Folder, DigestOfAPatternIsThatOfItsFiles) {
  const std::string all = directory / "*.pem";
  write(directory / "a.pem", "one");
  const auto one = digest_of({all});
  write(directory / "b.txt", "not among them");
  EXPECT_EQ(one, digest_of({all}));
  write(directory / "b.pem", "two");
  const auto two = digest_of({all});
  EXPECT_NE(one, two);
  fs::rename(directory / "b.pem", directory / "c.pem");
  EXPECT_NE(two, digest_of({all}));
  EXPECT_NO_THROW(digest_of({directory / "missing" / "*.pem"}));
}

TEST_F(Folder, DigestOfWhatIsNoFileEnds) {
  ASSERT_EQ(::mkfifo((directory / "fifo").c_str(), 0600), 0);
  fs::create_symlink("loop", directory / "loop");
  EXPECT_NO_THROW(digest_of({directory / "fifo", directory / "loop", directory, "/dev/zero"}));
}

TEST_F(Folder, DirectoriesOfAPlainFile) {
  write(directory / "tls" / "a.pem", "");
  EXPECT_EQ(directories_of({directory / "tls" / "a.pem"}),
            std::set<std::string>{directory / "tls"});
}

TEST_F(Folder, DirectoriesBehindLinksOfFiles) {  // certbot
  write(directory / "archive" / "a1.pem", "");
  fs::create_directory(directory / "live");
  fs::create_symlink("../archive/a1.pem", directory / "live" / "a.pem");
  EXPECT_EQ(directories_of({directory / "live" / "a.pem"}),
            (std::set<std::string>{directory / "archive", directory / "live"}));
}

TEST_F(Folder, DirectoriesBehindLinksOfFolders) {  // Kubernetes
  write(directory / "..1" / "a.pem", "");
  fs::create_symlink("..1", directory / "..data");
  fs::create_symlink("..data/a.pem", directory / "a.pem");
  EXPECT_EQ(directories_of({directory / "a.pem"}),
            (std::set<std::string>{directory, directory / "..1"}));
}

TEST_F(Folder, DirectoriesOfAbsoluteLinks) {
  write(directory / "real" / "a.pem", "");
  fs::create_directory(directory / "named");
  fs::create_symlink(directory / "real", directory / "named" / "current");
  EXPECT_EQ(directories_of({directory / "named" / "current" / "a.pem"}),
            (std::set<std::string>{directory / "named", directory / "real"}));
}

TEST_F(Folder, DirectoryThatIsNotThereYet) {
  EXPECT_EQ(directories_of({directory / "no" / "such" / "a.pem"}),
            std::set<std::string>{directory});
}

TEST_F(Folder, DirectoriesOfALoopEnd) {
  fs::create_symlink("b", directory / "a");
  fs::create_symlink("a", directory / "b");
  EXPECT_EQ(directories_of({directory / "a" / "x.pem"}), std::set<std::string>{directory});
}

TEST_F(Folder, EveryFileOfAConfigurationIsWatched) {
  policy::Config config;
  config.hosts.push_back({*DomainName::parse("a.example"), {}, {{"chain", "key"}}, {}});
  config.hosts.back().backend.s2s = Endpoint{"127.0.0.1", 1};
  config.hosts.back().backend.certificate = "backend";
  config.s2s.settings.crls = {"crls/*.pem"};
  policy::S2sRule rule;
  rule.settings.roots = "corp";
  config.s2s.rules.push_back(rule);
  config.c2s.client_roots = "staff";
  config.local_ca.directory = "ca";
  EXPECT_EQ(files_of(config),
            (std::vector<std::string>{"backend", "ca/ca.key", "ca/ca.pem", "chain", "corp",
                                      "crls/*.pem", "key", "staff"}));
}

TEST_F(Folder, EveryFileThatMayComeIntoAFolderIsWatched) {
  policy::Config config;
  config.hosts.push_back({*DomainName::parse("a.example"), {}, {}, {}, "/acme"});
  config.local_ca.directory = "";
  const auto files = files_of(config);
  for (const auto* file : {"/acme/live/a.example/fullchain.pem", "/acme/live/a.example/privkey.pem",
                           "/acme/certificates/a.example.key", "/acme/a.example-rsa.pem"})
    EXPECT_EQ(std::count(files.begin(), files.end(), file), 1) << file;
}

TEST_F(Folder, DigestFollowsRights) {
  const std::string key = directory / "a.key";
  write(key, "one");
  fs::permissions(key, fs::perms(0644));
  const auto open_to_all = digest_of({key});
  fs::permissions(key, fs::perms(0600));
  const auto mended = digest_of({key});
  EXPECT_NE(open_to_all, mended);
  EXPECT_EQ(mended, digest_of({key}));
  if (::geteuid() != 0) return;
  ASSERT_EQ(::chown(key.c_str(), 0, 4242), 0);
  EXPECT_NE(mended, digest_of({key}));
}

TEST_F(Folder, AboveADirectoryThatCannotBeReadIsWatched) {
  if (::geteuid() == 0) GTEST_SKIP() << "root can read every directory";
  write(directory / "closed" / "a.key", "");
  fs::permissions(directory / "closed", fs::perms::none);
  EXPECT_EQ(directories_of({directory / "closed" / "a.key"}).count(directory), 1U);
  fs::permissions(directory / "closed", fs::perms::owner_all);
}

// A configuration that names `file`; what `reload` does is told by `takes`.
class Watch : public Folder {
 protected:
  void start(const std::string& file, CertificateWatch::Timing timing = fast()) {
    files = {file};
    loaded = digest_of(files);
    begin(timing);
  }
  void begin(CertificateWatch::Timing timing = fast()) {
    watch = std::make_unique<CertificateWatch>(
        loop, timing,
        CertificateWatch::Owner{[this] { return files; }, [this] { return loaded; },
                                [this](bool again) { return reload(again); }},
        log);
  }
  static CertificateWatch::Timing fast() {
    return {milliseconds(20), milliseconds(200), std::chrono::hours(1), std::chrono::hours(1)};
  }
  bool reload(bool again) {
    attempts.push_back(again);
    if (takes) loaded = digest_of(files);
    return takes;
  }
  bool attempted(std::size_t count) {
    return run_until(loop, [&] { return attempts.size() >= count; });
  }
  // Whatever was under way is over when a change that counts has been seen.
  void expect_no_attempt_before(const std::function<void()>& change) {
    const auto before = attempts.size();
    change();
    EXPECT_TRUE(attempted(before + 1));
    EXPECT_EQ(attempts.size(), before + 1);
  }

  net::Loop loop;
  telemetry::Log log{{}, [this](std::string_view line) { lines.emplace_back(line); }};
  std::vector<std::string> lines;
  std::vector<std::string> files;
  FilesDigest loaded{};
  bool takes = true;
  std::vector<bool> attempts;  // what `again` was
  std::unique_ptr<CertificateWatch> watch;
};

TEST_F(Watch, TakesAFileWrittenInPlace) {
  write(directory / "a.pem", "one");
  start(directory / "a.pem");
  write(directory / "a.pem", "two");
  EXPECT_TRUE(attempted(1));
  EXPECT_EQ(attempts, std::vector<bool>{false});
}

TEST_F(Watch, TakesAFileWhoseRightsWereMended) {
  write(directory / "a.key", "one");
  fs::permissions(directory / "a.key", fs::perms(0644));
  start(directory / "a.key");
  fs::permissions(directory / "a.key", fs::perms(0600));
  EXPECT_TRUE(attempted(1));
}

TEST_F(Watch, TakesASwappedLinkAgainAndAgain) {
  for (int i = 1; i <= 4; ++i)
    write(directory / "archive" / ("a" + std::to_string(i) + ".pem"), std::to_string(i));
  fs::create_directory(directory / "live");
  fs::create_symlink("../archive/a1.pem", directory / "live" / "a.pem");
  start(directory / "live" / "a.pem");
  for (std::size_t i = 2; i <= 4; ++i) {
    swap_link(directory / "live" / "a.pem", "../archive/a" + std::to_string(i) + ".pem");
    ASSERT_TRUE(attempted(i - 1));
  }
}

TEST_F(Watch, TakesASwappedFolderAgainAndAgain) {
  write(directory / "..1" / "a.pem", "1");
  fs::create_symlink("..1", directory / "..data");
  fs::create_symlink("..data/a.pem", directory / "a.pem");
  start(directory / "a.pem");
  for (std::size_t i = 2; i <= 4; ++i) {
    const std::string next = ".." + std::to_string(i);
    write(directory / next / "a.pem", next);
    swap_link(directory / "..data", next);
    fs::remove_all(directory / (".." + std::to_string(i - 1)));
    ASSERT_TRUE(attempted(i - 1));
  }
}

TEST_F(Watch, TakesAFolderMadeAnew) {
  write(directory / "tls" / "a.pem", "one");
  start(directory / "tls" / "a.pem");
  fs::remove_all(directory / "tls");
  takes = false;
  EXPECT_TRUE(attempted(1)) << "a file that is gone is another content";
  takes = true;
  write(directory / "tls" / "a.pem", "two");
  EXPECT_TRUE(run_until(loop, [&] { return loaded == digest_of(files); }));
}

TEST_F(Watch, TakesWhatHasChangedBeforeItBegan) {
  write(directory / "a.pem", "one");
  files = {directory / "a.pem"};
  loaded = digest_of(files);
  write(directory / "a.pem", "two");
  begin();
  EXPECT_TRUE(attempted(1));
  EXPECT_EQ(loaded, digest_of(files));
}

TEST_F(Watch, TheSameContentIsNotLoaded) {
  write(directory / "a.pem", "one");
  start(directory / "a.pem");
  write(directory / "a.pem", "one");
  write(directory / "neighbour", "what nobody names");
  bool looked = false;
  net::Timer later(loop, [&] { looked = true; });
  later.start(milliseconds(300));  // more than `patience`, from the same clock
  EXPECT_TRUE(run_until(loop, [&] { return looked; }));
  EXPECT_TRUE(attempts.empty());
  expect_no_attempt_before([this] { write(directory / "a.pem", "two"); });
}

TEST_F(Watch, SeveralChangesAreOneReload) {
  write(directory / "a.pem", "one");
  start(directory / "a.pem", {milliseconds(100), std::chrono::seconds(20), std::chrono::hours(1),
                              std::chrono::hours(1)});
  int writes = 0;
  net::Timer writer(loop, [&] {
    write(directory / "a.pem", std::to_string(++writes));
    if (writes < 10) writer.start(milliseconds(5));
  });
  writer.start(milliseconds(0));
  EXPECT_TRUE(attempted(1));
  EXPECT_EQ(writes, 10);
  EXPECT_EQ(loaded, digest_of(files));
}

TEST_F(Watch, EndlessChangesDoNotPutItOffForEver) {
  write(directory / "a.pem", "one");
  start(directory / "a.pem",
        {milliseconds(100), milliseconds(150), std::chrono::hours(1), std::chrono::hours(1)});
  write(directory / "a.pem", "two");
  net::Timer noise(loop, [&] {
    write(directory / "noise", "x");
    noise.start(milliseconds(5));
  });
  noise.start(milliseconds(0));
  EXPECT_TRUE(attempted(1));
}

TEST_F(Watch, AContentThatIsRefusedIsTriedOnceMore) {
  write(directory / "a.pem", "one");
  start(directory / "a.pem",
        {milliseconds(10), milliseconds(50), milliseconds(30), std::chrono::hours(1)});
  takes = false;
  write(directory / "a.pem", "half");
  EXPECT_TRUE(attempted(2));
  EXPECT_EQ(attempts, (std::vector<bool>{false, true}));
  takes = true;
  expect_no_attempt_before([this] { write(directory / "a.pem", "whole"); });
  EXPECT_FALSE(attempts.back()) << "other content is a first try";
}

TEST_F(Watch, ARefusedContentIsNotTriedAtEveryChange) {
  write(directory / "a.pem", "one");
  start(directory / "a.pem");
  takes = false;
  write(directory / "a.pem", "half");
  EXPECT_TRUE(attempted(1));
  write(directory / "neighbour", "what nobody names");
  expect_no_attempt_before([this] { write(directory / "a.pem", "still half"); });
}

TEST_F(Watch, GoingBackToWhatRunsClearsTheFailure) {
  write(directory / "a.pem", "one");
  start(directory / "a.pem");
  takes = false;
  write(directory / "a.pem", "half");
  EXPECT_TRUE(attempted(1));
  takes = true;
  write(directory / "a.pem", "one");
  EXPECT_TRUE(attempted(2)) << "so that nothing goes on saying that the last reload failed";
}

TEST_F(Watch, PollingFindsWhatTheKernelDoesNotTell) {
  write(directory / "elsewhere" / "a.pem", "one");
  start(directory / "elsewhere" / "a.pem",
        {milliseconds(10), milliseconds(50), std::chrono::hours(1), milliseconds(50)});
  // The configuration names another file, and nobody said so.
  write(directory / "unwatched" / "b.pem", "two");
  files = {directory / "unwatched" / "b.pem"};
  EXPECT_TRUE(attempted(1));
}

TEST_F(Watch, RefreshFollowsTheConfiguration) {
  write(directory / "first" / "a.pem", "one");
  write(directory / "second" / "b.pem", "one");
  start(directory / "first" / "a.pem");
  files = {directory / "second" / "b.pem"};
  loaded = digest_of(files);
  watch->refresh();
  write(directory / "first" / "a.pem", "two");
  expect_no_attempt_before([this] { write(directory / "second" / "b.pem", "two"); });
}

TEST_F(Watch, NothingIsLoadedAfterItsEnd) {
  write(directory / "a.pem", "one");
  start(directory / "a.pem");
  write(directory / "a.pem", "two");
  watch.reset();
  bool over = false;
  net::Timer later(loop, [&] { over = true; });
  later.start(milliseconds(300));
  EXPECT_TRUE(run_until(loop, [&] { return over; }));
  EXPECT_TRUE(attempts.empty());
}

}  // namespace
}  // namespace portcullis::app
