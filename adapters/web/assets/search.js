// Search over everything published, in the browser: every word has to begin some word of a paper.
(function () {
  "use strict";
  var ID = 0, SLUG = 1, TITLE = 2, AUTHORS = 3, DAY = 4, CATEGORIES = 5, TEASER = 6;
  var MOST = 50;
  // Where a word is found decides how much it counts.
  var WEIGHTS = [[ID, 8], [TITLE, 4], [AUTHORS, 3], [CATEGORIES, 2], [TEASER, 1]];
  var form = document.getElementById("search");
  var query = document.getElementById("query");
  var found = document.getElementById("found");
  var results = document.getElementById("results");
  var papers = (window.papercourierPapers || []).map(function (paper) {
    return { paper: paper, texts: WEIGHTS.map(function (pair) { return " " + fold(paper[pair[0]]); }) };
  });

  function fold(text) {
    return text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
      .replace(/ß/g, "ss").replace(/ø/g, "o").replace(/ł/g, "l")
      .replace(/[^\p{L}\p{N}.\/]+/gu, " ");
  }

  function words(text) {
    // A pasted link or "arXiv:2601.13824v2" is the ID in it.
    var id = /(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?\/\d{7})(v\d+)?/i.exec(text);
    return id ? [id[1].toLowerCase()] : fold(text).split(" ").filter(Boolean);
  }

  function score(texts, wanted) {
    var sum = 0;
    for (var i = 0; i < wanted.length; i += 1) {
      var best = 0;
      for (var j = 0; j < texts.length && best === 0; j += 1) {
        if (texts[j].indexOf(" " + wanted[i]) >= 0) {
          best = WEIGHTS[j][1];
        }
      }
      if (best === 0) {
        return 0;
      }
      sum += best;
    }
    return sum;
  }

  function element(name, className, text) {
    var made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  }

  function row(paper) {
    var item = element("li", "paper", "");
    var heading = element("h2", "", "");
    var link = element("a", "", paper[TITLE]);
    link.href = form.dataset.root + "papers/" + encodeURIComponent(paper[SLUG]) + form.dataset.suffix;
    heading.appendChild(link);
    item.appendChild(heading);
    item.appendChild(element("p", "authors", paper[AUTHORS]));
    item.appendChild(element("p", "teaser", paper[TEASER]));
    var facts = element("p", "facts", "");
    facts.appendChild(element("span", "category", paper[CATEGORIES]));
    facts.appendChild(document.createTextNode(" "));
    facts.appendChild(element("span", "", paper[ID]));
    facts.appendChild(document.createTextNode(" "));
    facts.appendChild(element("span", "", paper[DAY]));
    item.appendChild(facts);
    return item;
  }

  function show() {
    var wanted = words(query.value);
    results.textContent = "";
    if (!wanted.length) {
      found.textContent = papers.length + (papers.length === 1 ? " paper" : " papers") + " to search.";
      return;
    }
    var hits = [];
    papers.forEach(function (each, place) {
      var points = score(each.texts, wanted);
      if (points) {
        hits.push({ paper: each.paper, points: points, place: place });
      }
    });
    hits.sort(function (a, b) { return b.points - a.points || a.place - b.place; });
    found.textContent = hits.length === 0
      ? "Nothing found for “" + query.value.trim() + "”: try fewer or shorter words."
      : hits.length + (hits.length === 1 ? " paper" : " papers") +
        (hits.length > MOST ? ", the first " + MOST + " shown." : ".");
    hits.slice(0, MOST).forEach(function (hit) { results.appendChild(row(hit.paper)); });
  }

  function remember() {
    try {
      var address = query.value.trim() ? "?q=" + encodeURIComponent(query.value.trim()) : "?";
      history.replaceState(null, "", address);
    } catch (error) {
      // Some browsers let no file change its address.
    }
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    remember();
    show();
  });
  query.addEventListener("input", show);
  query.value = new URLSearchParams(location.search).get("q") || "";
  show();
})();
