// The order of search results, in addition to Sphinx's own: a section that is headed by what was asked for comes first;
// a section of a chapter comes before the glossary, which leads to it.
// `var`, because Sphinx's own script declares it so as well.
var Scorer = {
  score([page, title, anchor, , score]) {
    const asked = (new URLSearchParams(location.search).get("q") || "").trim().toLowerCase();
    const heading = title.split(" > ").pop().toLowerCase();
    return score + (heading === asked ? 200 : 0) + (page.startsWith("book/ch") && anchor ? 50 : 0);
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
