#include "proxy/xmpp/plain_stanza.h"

#include <gmock/gmock.h>

#include <string>
#include <string_view>

#include "expat_oracle.h"
#include "guard_support.h"

namespace portcullis::xmpp {
namespace {

using namespace std::string_literals;
using test::rules_of;
using test::s2s_rules;
using test::stanza;
using Answer = PlainStanza::Answer;
using Verdict = PlainStanza::Verdict;
using Traffic = GuardRules::Traffic;

Answer answer(std::string_view bytes, const GuardRules& rules = s2s_rules()) {
  return PlainStanza(rules).check(bytes).answer;
}

// Accepts it whole, whatever follows, and no part of it.
void expect_accepted(const std::string& bytes, const GuardRules& rules = s2s_rules()) {
  const PlainStanza plain(rules);
  BoundaryScanner scanner;
  scanner.scan(bytes, BoundaryScanner::Unit::kElement);
  const Verdict accepted{Answer::kAccepted, bytes.size(), scanner.first_tag()};
  EXPECT_EQ(plain.check(bytes).answer, Answer::kAccepted) << bytes;
  for (const char* behind : {"", " ", "<", "x", "\xFF"})
    EXPECT_EQ(plain.check(bytes + behind), accepted) << bytes << behind;
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(plain.check(bytes.substr(0, size)), (Verdict{Answer::kIncomplete, 0}))
        << bytes.substr(0, size);
  EXPECT_EQ(test::objection(rules, bytes, bytes.size()), "") << bytes;
}

void expect_unsure(const std::string& bytes, const GuardRules& rules = s2s_rules()) {
  EXPECT_EQ(PlainStanza(rules).check(bytes), (Verdict{Answer::kUnsure, 0})) << bytes;
}

TEST(PlainStanza, AcceptsWhatServersSend) {
  expect_accepted(stanza("<body>Art thou not Romeo?</body><active xmlns='http://j.org/p/cs'/>",
                         " type='chat' id=\"a'1\" xml:lang='en'"));
  expect_accepted("<presence from='u@a.example/r' to='b.example'/>");
  expect_accepted(
      "<iq\n from='a.example'\tto='b.example'\r\n type='get' >"
      "<q xmlns='urn:q:1#x'><i a='' b='>'></i ></q\n></iq\t>");
}

TEST(PlainStanza, AcceptsItsDefaultNamespaceWritten) {
  expect_accepted(stanza("", " xmlns='jabber:server'"));
  expect_unsure(stanza("", " xmlns='jabber:client'"));
  expect_unsure(stanza("", " xmlns='jabber:server '"));
  expect_unsure(stanza("", " xmlns='jabber:serve&#114;'"));
  expect_unsure(stanza("", " xmlns=''"));
}

TEST(PlainStanza, FirstLevelElementsHaveNoOtherName) {
  for (const char* name : {"messages", "messag", "Message", "IQ", "x", "stream", "success", "r"})
    expect_unsure("<"s + name + " from='a.example' to='b.example'/>");
  for (const char* other :
       {"</message>", "</stream:stream>", "<?xml version='1.0'?>", "<!-- -->", "<stream:error/>",
        "<s:iq xmlns:s='jabber:server'/>", "< iq/>", "x", " <iq/>", ">"})
    expect_unsure(other);
}

TEST(PlainStanza, NamesAreAsciiWithoutPrefix) {
  for (const char* name : {"a", "_", "A-1._", "xml", "xmlns", "message"})
    expect_accepted(stanza("<"s + name + "/><" + name + "></" + name + ">"));
  for (const char* name : {"1", "-a", ".a", "a:b", ":a", "a:", "a\xC3\xA9", "a+", "a\x01", ""})
    expect_unsure(stanza("<"s + name + "/>"));
}

TEST(PlainStanza, AttributeNamesAreAsciiWithoutPrefixButXml) {
  for (const char* name : {"b", "_b", "b.-9", "xml:lang", "xml:space", "xmlnsb", "lang"})
    expect_accepted(stanza("<a "s + name + "='v'/>", " "s + name + "='v'"));
  for (const char* name : {"1", "x:lang", "xml:base", "xml:langs", "xml:", "xml::lang", "XML:lang",
                           "xmlns:x", "xmlns:", "b\xC3\xA9", ":b", "", "<", "xml:lang:x"})
    expect_unsure(stanza("<a "s + name + "='v'/>"));
}

TEST(PlainStanza, AttributesAreQuotedAndApart) {
  for (const char* attributes :
       {" b", " b=", " b=v", " b='v", " b='v'c='w'", " b ='v'", " b= 'v'", " b=\"v'", " ='v'",
        " b='v' /", " b='v',c='w'", " b='<'", "/", " b==''", " b='v''"})
    expect_unsure(stanza("<a"s + attributes + "></a>"));
}

TEST(PlainStanza, AttributesAreDifferent) {
  expect_accepted(stanza("<a b='' B='' lang='' xml:lang=''/>"));
  expect_unsure(stanza("<a b='' c='' b=''/>"));
  expect_unsure(stanza("<a xml:lang='' xml:lang=''/>"));
  expect_unsure(stanza("<a xmlns='u' xmlns='u'/>"));
  expect_unsure(stanza("", " from='x@a.example/r'"));
}

TEST(PlainStanza, AttributesAtAndOverTheLimit) {
  const auto with = [](int count) {
    std::string attributes;
    for (int i = 2; i < count; ++i) attributes += " a" + std::to_string(i) + "=''";
    return stanza("", attributes);
  };
  expect_accepted(with(16));
  expect_unsure(with(17));
  GuardRules rules = s2s_rules();
  rules.attributes = 4;
  expect_accepted(with(4), rules);
  expect_unsure(with(5), rules);
  // Declarations count as well.
  expect_unsure(stanza("<a b='' c='' d='' xmlns='u'><e b='' c='' d='' e='' xmlns='u'/></a>"),
                rules);
}

TEST(PlainStanza, ChildrenDeclareDefaultNamespaces) {
  for (const char* uri : {"u", "jabber:client", "http://etherx.jabber.org/streams",
                          "http://x/y?z=1#a-b_c~[]@!$()*+,;%41", "jabber:server:dialback2"})
    expect_accepted(stanza("<a xmlns='"s + uri + "'/>"));
  for (const char* uri :
       {"", "jabber:server:dialback", "http://www.w3.org/XML/1998/namespace",
        "http://www.w3.org/2000/xmlns/", "u&amp;v", "u v", "u|v", "u\xC3\xA9", "u\n", "u\x01"})
    expect_unsure(stanza("<a xmlns='"s + uri + "'/>"));
  // The quote ends it.
  expect_unsure(stanza("<a xmlns='u'v'/>"));
}

TEST(PlainStanza, ReferencesAreThePredefinedOnes) {
  expect_accepted(stanza("&lt;&gt;&amp;&quot;&apos;x&lt;", " id='&lt;&gt;&amp;&quot;&apos;'"));
  for (const char* reference : {"&#65;", "&#x41;", "&#0;", "&x;", "&;", "&", "&lt", "&LT;", "&l t;",
                                "& lt;", "&ampx;", "&apo;"}) {
    expect_unsure(stanza(reference + "."s));
    expect_unsure(stanza("<a b='"s + reference + ".'/>"));
  }
}

TEST(PlainStanza, TextHasNoEndOfCdata) {
  expect_accepted(stanza("]] > ] ]> ]]"));
  expect_accepted(stanza("]]<a/>>]]&amp;>&lt;]>", " id=']]>'"));
  expect_accepted("<message from='a.example' to='b.example' id='x]]'>></message>");
  expect_unsure(stanza("]]>"));
  expect_unsure(stanza("x]]]>"));
  for (std::size_t before = 0; before < 40; ++before)
    expect_unsure(stanza(std::string(before, 'x') + "]]>" + std::string(20, 'y')));
}

TEST(PlainStanza, HasNoCdataCommentOrInstruction) {
  for (const char* inside : {"<![CDATA[x]]>", "<!-- x -->", "<?x y?>", "<!DOCTYPE x>", "<!x>"})
    expect_unsure(stanza(inside));
}

TEST(PlainStanza, EndTagsMatch) {
  for (const char* inside : {"<a></b>", "<a></aa>", "<aa></a>", "<a></A>", "</a>", "<a><b></a></b>",
                             "<a></ a>", "<a></a x=''>", "<a></>", "<a></a/>", "< a></a>"})
    expect_unsure(stanza(inside));
  expect_unsure("<iq from='a.example' to='b.example'></message>");
  EXPECT_EQ(answer("<iq from='a.example' to='b.example'><iq></iq>"), Answer::kIncomplete);
}

TEST(PlainStanza, DepthAtAndOverTheLimit) {
  const auto deep = [](std::size_t depth, const char* innermost) {
    std::string open;
    std::string close;
    for (std::size_t i = 2; i < depth; ++i) {
      open += "<a>";
      close += "</a>";
    }
    return stanza(open + innermost + close);
  };
  for (const char* innermost : {"<b/>", "<b></b>"}) {
    expect_accepted(deep(16, innermost));
    expect_unsure(deep(17, innermost));
    GuardRules rules = s2s_rules();
    rules.depth = 3;
    expect_accepted(deep(3, innermost), rules);
    expect_unsure(deep(4, innermost), rules);
  }
  GuardRules none = s2s_rules();
  none.depth = 0;
  expect_unsure(stanza(), none);
}

TEST(PlainStanza, SizeAtAndOverTheLimit) {
  GuardRules rules = s2s_rules();
  const std::string bytes = stanza("text");
  rules.stanza_bytes = bytes.size();
  expect_accepted(bytes, rules);
  EXPECT_TRUE(PlainStanza(rules).accepts_start(stanza().substr(0, stanza().find('>') + 1)));
  rules.stanza_bytes = bytes.size() - 1;
  EXPECT_EQ(answer(bytes, rules), Answer::kIncomplete);
  rules.stanza_bytes = 5;
  EXPECT_FALSE(PlainStanza(rules).accepts_start(stanza().substr(0, stanza().find('>') + 1)));
}

TEST(PlainStanza, AddressesAreThePairsToTheByte) {
  const auto iq = [](const std::string& from, const std::string& to) {
    return "<iq from='" + from + "' to='" + to + "'/>";
  };
  for (const char* form : {"", "u@", "u\xC3\xBC@"})
    for (const char* resource : {"", "/r", "/x@evil.example", "/x/y"})
      expect_accepted(iq(form + "a.example"s + resource, form + "b.example"s + resource));
  for (const char* jid :
       {"", "evil.example", "A.example", "a.example.", "u@A.EXAMPLE", "sub.a.example", "b.example",
        "@a.example", "a.example/", "/a.example", "u@a.example@evil.example",
        "evil.example/a.example", "a.example@evil.example", "u&amp;@a.example", "&#97;.example",
        " a.example", "a.example\n"})
    expect_unsure(iq(jid, "b.example"));
  for (const char* jid : {"", "a.example", "B.example", "u@evil.example/b.example", "b.example "})
    expect_unsure(iq("a.example", jid));
}

TEST(PlainStanza, AddressesAreThere) {
  expect_unsure("<iq to='b.example'/>");
  expect_unsure("<iq from='a.example'/>");
  expect_unsure("<iq/>");
  expect_unsure("<iq>");
  expect_unsure("<iq From='a.example' to='b.example'/>");
  for (const auto member : {&GuardRules::from, &GuardRules::to}) {
    GuardRules rules = s2s_rules();
    (rules.*member).reset();
    expect_unsure(stanza(), rules);
  }
}

TEST(PlainStanza, ClientsAddressWhomTheyWant) {
  for (const auto traffic : {Traffic::kClientToHost, Traffic::kHostToClient}) {
    const GuardRules rules = rules_of(traffic);
    expect_accepted("<message/>", rules);
    expect_accepted("<iq to='&lt;@' xmlns='jabber:client'><q xmlns='urn:q'/></iq>", rules);
    expect_unsure("<iq xmlns='jabber:server'/>", rules);
    for (const char* other : {"<r xmlns='urn:xmpp:sm:3'/>", "<active xmlns='urn:xmpp:csi:0'/>",
                              "<x:message xmlns:x='jabber:client'/>"})
      expect_unsure(other, rules);
  }
}

TEST(PlainStanza, NothingIsPlainInTheSilentDirection) {
  for (const auto traffic : {Traffic::kS2sSilent, Traffic::kS2sObservedAnswers}) {
    const GuardRules rules = rules_of(traffic);
    expect_unsure(stanza(), rules);
    EXPECT_FALSE(PlainStanza(rules).accepts_start("<iq from='a.example' to='b.example'>"));
  }
}

TEST(PlainStanza, ObservedStanzasArePlainWhenOfThePairAndDialbackNever) {
  GuardRules rules = rules_of(Traffic::kS2sObserved);
  rules.declared = {{"db", "jabber:server:dialback"}};
  rules.admits = [](const DomainName&, const DomainName&) { return true; };
  expect_accepted(stanza("<body/>"), rules);
  // Admitted, but that is for expat to find out.
  expect_unsure("<iq from='c.example' to='b.example'/>", rules);
  for (const char* element : {"<db:result from='a.example' to='b.example'/>",
                              "<result xmlns='jabber:server:dialback' from='a.example' "
                              "to='b.example'/>",
                              "<result from='a.example' to='b.example'/>"})
    expect_unsure(element, rules);
  expect_unsure(stanza("<result xmlns='jabber:server:dialback'/>"), rules);
  expect_unsure(stanza("<db:result/>"), rules);
}

TEST(PlainStanza, StartTagsAlone) {
  const GuardRules rules = s2s_rules();
  const PlainStanza plain(rules);
  EXPECT_TRUE(plain.accepts_start("<iq from='a.example' to='b.example'>"));
  EXPECT_TRUE(plain.accepts_start("<iq from='a.example' to='b.example'/>"));
  for (const char* tag :
       {"<iq from='evil.example' to='b.example'>", "<iq>", "<x>", "",
        "<iq from='a.example' to='b.example'", "</iq>", "<iq from='a.example' to='b.example'>x",
        "<iq xmlns:x='u' from='a.example' to='b.example'>"})
    EXPECT_FALSE(plain.accepts_start(tag)) << tag;
}

}  // namespace
}  // namespace portcullis::xmpp
