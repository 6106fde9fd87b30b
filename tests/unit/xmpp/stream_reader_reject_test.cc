#include <gmock/gmock.h>

#include "reader_support.h"

// What a peer may not send. Each case is read whole, cut at every byte and byte by byte.
namespace portcullis::xmpp {
namespace {

using namespace std::string_literals;
using test::in_stream;
using test::read_every_way;
using testing::IsEmpty;

struct Case {
  std::string name;
  std::string bytes;
  std::string reason = "xml_invalid";
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << testing::PrintToString(one.bytes);
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

void expect_last_is_fault(const std::string& bytes, const std::string& reason) {
  const auto seen = read_every_way(bytes);
  ASSERT_THAT(seen, testing::Not(IsEmpty())) << "the reader waits for more";
  EXPECT_EQ(seen.back(), "fault " + reason);
}

// ---- instead of, or in, the header --------------------------------------------------------------

class RejectedHeader : public testing::TestWithParam<Case> {};

TEST_P(RejectedHeader, IsAFault) {
  expect_last_is_fault(GetParam().bytes, GetParam().reason);
}

std::string header_with(const std::string& attributes) {
  return "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'" +
         attributes + ">";
}

std::string utf16(const std::string& text, bool big_endian) {
  std::string out;
  for (const char c : text) out += big_endian ? std::string{'\0', c} : std::string{c, '\0'};
  return out;
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, RejectedHeader,
    testing::Values(
        Case{"Http", "GET / HTTP/1.1\r\n"}, Case{"TlsClientHello", "\x16\x03\x01\x02"},
        Case{"TextInFront", "x" + header_with("")}, Case{"EndTagFirst", "</stream:stream>"},
        Case{"OtherRoot", "<stream xmlns='jabber:server'>"},
        Case{"OtherStreamNamespace",
             "<stream:stream xmlns='jabber:server' xmlns:stream='urn:other'>"},
        Case{"OtherRootName",
             "<stream:streams xmlns='jabber:server' "
             "xmlns:stream='http://etherx.jabber.org/streams'>"},
        Case{"UndeclaredPrefix", "<stream:stream xmlns='jabber:server'>"},
        Case{"OtherContentNamespace",
             "<stream:stream xmlns='jabber:component:accept' "
             "xmlns:stream='http://etherx.jabber.org/streams'>"},
        Case{"NoContentNamespace",
             "<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>"},
        Case{"StreamsAsDefaultNamespace", "<stream xmlns='http://etherx.jabber.org/streams'>"},
        Case{"StreamPrefixElsewhere",
             "<s:stream xmlns='jabber:server' xmlns:s='http://etherx.jabber.org/streams' "
             "xmlns:stream='urn:other'>"},
        Case{"DialbackPrefixElsewhere", header_with(" xmlns:db='urn:other'")},
        Case{"EmptyElement",
             "<stream:stream xmlns='jabber:server' "
             "xmlns:stream='http://etherx.jabber.org/streams'/>"},
        Case{"DuplicateAttribute", header_with(" to='a.example' to='b.example'")},
        Case{"DuplicateExpandedAttribute",
             header_with(" xmlns:p='urn:x' xmlns:q='urn:x' p:a='' q:a=''")},
        Case{"RedeclaredXml", header_with(" xmlns:xml='urn:x'")},
        Case{"RedeclaredXmlns", header_with(" xmlns:xmlns='urn:x'")},
        Case{"UndeclaringPrefix", header_with(" xmlns:p=''")},
        Case{"SeparatorInNamespace", header_with(" xmlns:p='urn:x\x01y'")},
        Case{"SeparatorAsReference", header_with(" xmlns:p='urn:x&#1;y'")},
        Case{"TagInsideTag", "<stream:stream <stream:stream>"},
        Case{"TagInsideValue", "<stream:stream to='<stream:stream>"}));

INSTANTIATE_TEST_SUITE_P(
    Declaration, RejectedHeader,
    testing::Values(Case{"Version11", "<?xml version='1.1'?>" + header_with("")},
                    Case{"NoVersion", "<?xml encoding='UTF-8'?>" + header_with("")},
                    Case{"Latin1", "<?xml version='1.0' encoding='ISO-8859-1'?>" + header_with("")},
                    Case{"Utf16Declared",
                         "<?xml version='1.0' encoding='UTF-16'?>" + header_with("")},
                    Case{"Ascii", "<?xml version='1.0' encoding='US-ASCII'?>" + header_with("")},
                    Case{"Twice", "<?xml version='1.0'?><?xml version='1.0'?>" + header_with("")},
                    Case{"Instruction", "<?pi data?>" + header_with(""), "xml_restricted"},
                    Case{"Doctype", "<!DOCTYPE x>" + header_with(""), "xml_restricted"},
                    Case{"DoctypeBehindDeclaration",
                         "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]>", "xml_restricted"},
                    Case{"BillionLaughs",
                         "<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>"
                         "<!ENTITY c '&b;&b;&b;'>]><l>&c;</l>",
                         "xml_restricted"},
                    Case{"Comment", "<!-- x -->" + header_with(""), "xml_restricted"},
                    Case{"Cdata", "<![CDATA[x]]>" + header_with("")}));

INSTANTIATE_TEST_SUITE_P(
    Encoding, RejectedHeader,
    testing::Values(Case{"Utf8Bom", "\xEF\xBB\xBF" + header_with("")},
                    Case{"Utf16BomBig", "\xFE\xFF" + utf16(header_with(""), true)},
                    Case{"Utf16BomLittle", "\xFF\xFE" + utf16(header_with(""), false)},
                    Case{"Utf16Big", utf16(header_with(""), true)},
                    Case{"Utf16Little", utf16(header_with(""), false)},
                    Case{"Utf16LittleBehindSpace", " \0"s + utf16(header_with(""), false)},
                    Case{"NulInFront", "\0"s + header_with("")},
                    Case{"NulInValue", header_with(" to='\0'"s)},
                    Case{"BadUtf8", header_with(" to='\xC3'")}),
    case_name);

// ---- behind the header --------------------------------------------------------------------------

class RejectedElement : public testing::TestWithParam<Case> {};

TEST_P(RejectedElement, IsAFault) {
  expect_last_is_fault(in_stream(GetParam().bytes), GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(
    Restricted, RejectedElement,
    testing::Values(Case{"Comment", "<!-- x -->", "xml_restricted"},
                    Case{"CommentInside", "<a><!-- > --></a>", "xml_restricted"},
                    Case{"UnfinishedComment", "<a><!-", "xml_restricted"},
                    Case{"Instruction", "<?pi?>", "xml_restricted"},
                    Case{"InstructionInside", "<a><?pi?></a>", "xml_restricted"},
                    Case{"Declaration", "<?xml version='1.0'?>", "xml_restricted"},
                    Case{"DeclarationInside", "<a><?xml version='1.0'?></a>", "xml_restricted"},
                    Case{"Doctype", "<!DOCTYPE x []>", "xml_restricted"},
                    Case{"DoctypeInside", "<a><!DOCTYPE x []></a>", "xml_restricted"},
                    Case{"UndefinedEntity", "<a>&nbsp;</a>", "xml_restricted"},
                    Case{"InvalidTagBeforeComment", "<p:a><!-- x -->", "xml_invalid"},
                    Case{"UndefinedEntityInValue", "<a b='&x;'/>", "xml_restricted"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    NotWellFormed, RejectedElement,
    testing::Values(
        Case{"Mismatch", "<a></b>"}, Case{"MismatchInside", "<a><b></c></a>"}, Case{"Text", "text"},
        Case{"TextBehindElement", "<a/>x"}, Case{"Reference", "&#32;"},
        Case{"Cdata", "<![CDATA[ ]]>"}, Case{"SecondHeader", in_stream("")},
        Case{"ForeignEnd", "</a>"}, Case{"OtherStreamEnd", "</stream>"},
        Case{"UndeclaredPrefix", "<p:a/>"}, Case{"UndeclaredAttributePrefix", "<a p:b=''/>"},
        Case{"PrefixOfASibling", "<a xmlns:p='urn:p'/><p:b/>"},
        Case{"DuplicateAttribute", "<a b='1' b='2'/>"}, Case{"ValueWithoutQuotes", "<a b=1/>"},
        Case{"NoValue", "<a b/>"}, Case{"TagInsideValue", "<a b='<c/>'/>"},
        Case{"TagInsideTag", "<a <b/>>"}, Case{"EmptyTag", "<>"}, Case{"EmptyEndTag", "<a></>"},
        Case{"SpaceInTag", "< a/>"}, Case{"EmptyEndOfTag", "<a></a/>"},
        Case{"CdataEndInText", "<a>]]></a>"},
        Case{"LowerCaseCdata", "<a><![cdata[x]]></a>", "xml_restricted"},
        Case{"ControlCharacter", "<a>\x0B</a>"}, Case{"ControlReference", "<a>&#11;</a>"},
        Case{"NulReference", "<a>&#0;</a>"}, Case{"SurrogateReference", "<a>&#xD800;</a>"},
        Case{"BeyondUnicode", "<a>&#x110000;</a>"}, Case{"Nul", "<a>\0</a>"s},
        Case{"NonCharacter", "<a>\xEF\xBF\xBF</a>"},
        Case{"SeparatorInNamespace", "<a xmlns='urn:x\x01message'/>"},
        Case{"BareAmpersand", "<a>a & b</a>"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Utf8, RejectedElement,
    testing::Values(
        Case{"LoneContinuation", "<a>\x80</a>"}, Case{"Overlong2", "<a>\xC0\xAF</a>"},
        Case{"Overlong3", "<a>\xE0\x80\xAF</a>"}, Case{"Overlong4", "<a>\xF0\x80\x80\xAF</a>"},
        Case{"Surrogate", "<a>\xED\xA0\x80</a>"}, Case{"BeyondUnicode", "<a>\xF4\x90\x80\x80</a>"},
        Case{"FiveBytes", "<a>\xF8\x88\x80\x80\x80</a>"}, Case{"FE", "<a>\xFE</a>"},
        Case{"FF", "<a>\xFF</a>"}, Case{"CutBeforeTag", "<a>\xC3</a>"},
        Case{"CutThreeBytes", "<a>\xE2\x82</a>"}, Case{"InName", "<a\xC0\xAF/>"},
        Case{"LeadSwallowsQuote", "<a b='\xC3'/>"}, Case{"LeadSwallowsTagEnd", "<a b=''\xC3></a>"},
        Case{"InNamespace", "<a xmlns='urn:\xC3\x28'/>"}),
    case_name);

TEST(AcceptedHeader, DeclarationsOfUtf8) {
  for (const char* declaration :
       {"<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
        "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n"})
    EXPECT_THAT(read_every_way(std::string(declaration) + header_with("")),
                testing::ElementsAre(testing::StartsWith("<?xml version='1.0'?><stream:stream")));
}

TEST(AcceptedElement, EveryLengthOfUtf8) {
  EXPECT_THAT(read_every_way(in_stream("<a>a\u00FC\u20AC\U0001F600\U0010FFFD</a>")),
              testing::ElementsAre(testing::_, "element <a>a\u00FC\u20AC\U0001F600\U0010FFFD</a>"));
}

}  // namespace
}  // namespace portcullis::xmpp
