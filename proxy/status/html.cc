#include "proxy/status/html.h"

namespace portcullis::status {

void Html::open(std::string_view element, std::string_view css_class) {
  out_.append("<").append(element);
  if (!css_class.empty()) out_.append(" class=\"").append(css_class).append("\"");
  out_ += ">";
}

void Html::close(std::string_view element) {
  out_.append("</").append(element).append(">\n");
}

void Html::line(std::string_view element, std::string_view words, std::string_view css_class) {
  open(element, css_class);
  text(words);
  close(element);
}

HtmlTable::HtmlTable(Html& html, std::initializer_list<std::string_view> titles)
    : html_(html), titles_(titles) {
  html_.raw("<table><thead><tr>");
  for (const auto title : titles_) {
    html_.raw("<th scope=\"col\">");
    html_.text(title);
    html_.raw("</th>");
  }
  html_.raw("</tr></thead><tbody>\n");
}

HtmlTable::~HtmlTable() {
  html_.raw("</tbody></table>\n");
}

void HtmlTable::row(const std::vector<Cell>& cells) {
  html_.raw("<tr>");
  for (std::size_t i = 0; i < cells.size() && i < titles_.size(); ++i) {
    html_.raw("<td data-title=\"");
    html_.text(titles_[i]);
    html_.raw("\"");
    if (!cells[i].css_class.empty()) {
      html_.raw(" class=\"");
      html_.raw(cells[i].css_class);
      html_.raw("\"");
    }
    html_.raw(">");
    html_.text(cells[i].text);
    html_.raw("</td>");
  }
  html_.raw("</tr>\n");
}

}  // namespace portcullis::status
