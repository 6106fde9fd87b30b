#pragma once

#include <string_view>

namespace portcullis::status {

// The style of the page. Nothing else may style it: the server's Content-Security-Policy names the
// digest of these octets, which a unit test compares.
inline constexpr std::string_view kPageStyle = R"css(
:root{color-scheme:light dark;--bg:#f6f8fa;--card:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;
--ok:#116329;--okbg:#dafbe1;--attention:#7a4b00;--attentionbg:#fff1c2;--broken:#a40e26;
--brokenbg:#ffe3e0}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--card:#161b22;--fg:#e6edf3;--soft:#9da7b3;
--line:#30363d;--ok:#56d364;--okbg:#0f2d18;--attention:#e3b341;--attentionbg:#332701;
--broken:#ff9a92;--brokenbg:#4a1215}}
*{box-sizing:border-box}
body{margin:0;padding:1rem;background:var(--bg);color:var(--fg);font:15px/1.45 system-ui,sans-serif;
overflow-wrap:anywhere}
main{max-width:84rem;margin:0 auto}
h1{font-size:1.05rem;margin:0;font-weight:600}
h2{font-size:1rem;margin:0 0 .5rem}
p{margin:.2rem 0}
.soft{color:var(--soft)}
.mode{font-size:2.4rem;line-height:1.15;font-weight:800;letter-spacing:.03em;margin:.4rem 0 0}
section,header{background:var(--card);border:1px solid var(--line);border-radius:.5rem;
padding:.9rem 1rem;margin:0 0 .8rem;min-width:0}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(36rem,100%),1fr));gap:0 .8rem}
.light{display:inline-block;min-width:6.4rem;text-align:center;border-radius:1rem;padding:0 .6rem;
font-weight:700;font-size:.85rem}
.ok{color:var(--ok)}.attention{color:var(--attention)}.broken{color:var(--broken)}
.light.ok{background:var(--okbg)}.light.attention{background:var(--attentionbg)}
.light.broken{background:var(--brokenbg)}
.mode.ok,.mode.attention{background:none}
.finding{margin:.15rem 0 .4rem;padding-left:.7rem;border-left:3px solid currentColor}
.numbers{display:flex;flex-wrap:wrap;gap:.5rem 1.6rem;margin:0 0 .6rem}
.numbers div{min-width:4.5rem}
.numbers b{display:block;font-size:1.5rem;line-height:1.2;font-variant-numeric:tabular-nums}
.numbers.small b{font-size:1.05rem}
table{border-collapse:collapse;width:100%;font-size:.84rem}
th{text-align:left;color:var(--soft);font-weight:600;white-space:nowrap}
th,td{padding:.25rem .6rem .25rem 0;vertical-align:top;border-bottom:1px solid var(--line)}
tr:last-child td{border-bottom:0}
td.number{font-variant-numeric:tabular-nums;white-space:nowrap}
td{min-width:3.2rem}td.wide{min-width:7.4rem}
td.name{font-weight:600;min-width:8.5rem}
article{border-top:1px solid var(--line);padding:.5rem 0}
article:first-of-type{border-top:0;padding-top:0}
@media (max-width:60rem){thead{display:none}
table,tbody,tr,td{display:block;width:100%}
tr{padding:.45rem 0;border-bottom:1px solid var(--line)}tr:last-child{border-bottom:0}
td,td.name,td.wide{min-width:0}td.number{white-space:normal}
td{border:0;padding:.05rem 0 .05rem 7.2rem;min-height:1.3rem;position:relative}
td::before{content:attr(data-title);position:absolute;left:0;width:6.8rem;color:var(--soft)}
.mode{font-size:2rem}}
)css";

// As Content-Security-Policy names it.
inline constexpr std::string_view kPageStyleDigest =
    "sha256-Z5SxMjtkKiNo5DszSSdHxVWqB/NeIYRdLM6kUEMSTrg=";

}  // namespace portcullis::status
