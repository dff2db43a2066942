"use strict";
// The page works without this script; it adds the chart, the filters and the reader's own zone.
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Set();

  const themed = (figure) => {
    const style = getComputedStyle(document.documentElement);
    const [ink, line, paper] = ["--ink", "--line", "--paper"].map((name) => style.getPropertyValue(name).trim());
    const changes = {
      "font.color": ink, "hoverlabel.bgcolor": paper, "hoverlabel.font.color": ink, "hoverlabel.bordercolor": line,
    };
    for (const axis of Object.keys(figure.layout).filter((name) => /^[xy]axis\d*$/.test(name))) {
      for (const part of ["gridcolor", "linecolor", "zerolinecolor"]) changes[`${axis}.${part}`] = line;
    }
    return changes;
  };

  const { nonce } = document.currentScript;
  const run = (source) => {
    const script = document.createElement("script");
    script.nonce = nonce;
    script.textContent = source.textContent;
    document.head.append(script);
  };

  const draw = (place) => {
    const figure = figures[place.dataset.figure];
    if (!figure || drawn.has(place)) return;
    if (!window.Plotly) run(document.getElementById("plotly"));
    drawn.add(place);
    Plotly.newPlot(place, figure.data, figure.layout, {
      responsive: true, displaylogo: false, displayModeBar: innerWidth < 700 ? false : "hover",
    }).then(() => {
      Plotly.relayout(place, themed(figure));
      // The words below say what it shows; a screen reader has no use for its single strokes.
      for (const part of place.querySelectorAll(".main-svg")) part.setAttribute("aria-hidden", "true");
      place.on("plotly_click", ({ points: [point] }) => {
        if (point.customdata) location.hash = "finding-" + point.customdata;
      });
    });
  };
  const inside = (details) => details.querySelectorAll(":scope > figure > .chart").forEach(draw);

  // Drawn only when somebody comes near: what is far below must not keep the first screen waiting.
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) draw(target);
  }, { rootMargin: "600px" });
  for (const place of document.querySelectorAll(".chart")) {
    const details = place.closest("details");
    if (details) details.addEventListener("toggle", () => { if (details.open) inside(details); });
    else near.observe(place);
  }
  dark.addEventListener("change", () => {
    for (const place of drawn) Plotly.relayout(place, themed(figures[place.dataset.figure]));
  });

  // A table that scrolls must be reachable by keyboard; one that does not would only be in the way.
  // What is folded is asked only when it is opened: it would all have to be laid out at once.
  const reachable = (boxes) => boxes.forEach((box) => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  });
  for (const details of document.querySelectorAll("details")) {
    details.addEventListener("toggle", () => reachable(details.querySelectorAll(".wide")));
  }
  reachable([...document.querySelectorAll(".wide")].filter((box) => !box.closest("details")));

  const words = document.getElementById("filter-words");
  const severity = document.getElementById("filter-severity");
  const detector = document.getElementById("filter-detector");
  const count = document.getElementById("filter-count");
  const cards = [...document.querySelectorAll(".finding")];

  // Lower-cased once: the text of thousands of lines costs more than looking through it.
  const texts = new Map();
  const textOf = (element) => {
    if (!texts.has(element)) texts.set(element, element.textContent.toLowerCase());
    return texts.get(element);
  };
  const has = (element, wanted) => wanted.every((word) => textOf(element).includes(word));

  // Of the lines behind a finding those that hold all words; all, where none does alone.
  const narrow = (card, wanted) => {
    const rows = [...card.querySelectorAll("details.evidence > .wide tbody > tr")];
    const fitting = wanted.length ? rows.filter((row) => has(row, wanted)) : rows;
    const shown = new Set(fitting.length ? fitting : rows);
    for (const row of rows) row.hidden = !shown.has(row);
    return wanted.length ? fitting.length : 0;
  };

  let narrowed = [];
  const filter = () => {
    const wanted = words.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0, lines = 0;
    for (const card of narrowed) narrow(card, []);
    narrowed = [];
    for (const card of cards) {
      const fits = has(card, wanted)
        && (!severity.value || card.dataset.severity === severity.value)
        && (!detector.value || card.dataset.detector === detector.value);
      card.hidden = !fits;
      shown += fits;
      if (fits && wanted.length) {
        lines += narrow(card, wanted);
        narrowed.push(card);
      }
    }
    const within = wanted.length ? `, ${lines} lines with these words` : "";
    count.textContent = `${shown} of ${cards.length} shown${within}`;
  };
  if (words) {
    for (const field of [words, severity, detector]) field.addEventListener("input", filter);
    filter();
  }

  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (let around = target; around; around = around.parentElement) {
      around.hidden = false;
      if (around.tagName === "DETAILS") around.open = true;
    }
    const evidence = target.matches(".finding") && target.querySelector("details.evidence");
    if (evidence) evidence.open = true;
    target.scrollIntoView();
    const first = target.querySelector("a, summary");
    if (first) first.focus({ preventScroll: true });
  };
  addEventListener("hashchange", reveal);
  reveal();
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
    document.querySelectorAll(".chart").forEach(draw);
    // Drawn as wide as the window, a figure has to shrink with the paper.
    for (const svg of document.querySelectorAll(".chart .main-svg")) {
      svg.setAttribute("viewBox", `0 0 ${svg.getAttribute("width")} ${svg.getAttribute("height")}`);
    }
  });
  addEventListener("afterprint", () => {
    for (const svg of document.querySelectorAll(".chart .main-svg")) svg.removeAttribute("viewBox");
  });

  const here = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });
  const local = (time) => here.format(new Date(time.dateTime));
  const { timeZone } = here.resolvedOptions();
  const zone = document.getElementById("zone");
  if (zone && timeZone !== "UTC") {
    zone.textContent = `Beside them: your zone, ${timeZone}.`;
    for (const time of document.querySelectorAll("header > p time, dd time")) time.dataset.here = local(time);
  }
  document.addEventListener("pointerover", ({ target }) => {
    const time = target.closest && target.closest("time");
    if (time && !time.title) time.title = `${local(time)} ${timeZone}`;
  });
})();
