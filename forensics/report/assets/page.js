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

  const draw = (place) => {
    const figure = figures[place.dataset.figure];
    if (!figure || drawn.has(place) || !window.Plotly) return;
    drawn.add(place);
    Plotly.newPlot(place, figure.data, figure.layout, {
      responsive: true, displaylogo: false, displayModeBar: innerWidth < 700 ? false : "hover",
      modeBarButtonsToRemove: ["select2d", "lasso2d"],
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

  for (const place of document.querySelectorAll(".chart")) {
    const details = place.closest("details");
    if (details) details.addEventListener("toggle", () => { if (details.open) inside(details); });
    else setTimeout(draw, 0, place); // the page is there to be read before its charts are drawn
  }
  dark.addEventListener("change", () => {
    for (const place of drawn) Plotly.relayout(place, themed(figures[place.dataset.figure]));
  });

  // A table that scrolls must be reachable by keyboard; one that does not would only be in the way.
  const reachable = (within) => within.querySelectorAll(".wide").forEach((box) => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  });
  for (const details of document.querySelectorAll("details")) {
    details.addEventListener("toggle", () => reachable(details));
  }
  reachable(document);

  const words = document.getElementById("filter-words");
  const severity = document.getElementById("filter-severity");
  const detector = document.getElementById("filter-detector");
  const count = document.getElementById("filter-count");
  const cards = [...document.querySelectorAll(".finding")];

  const filter = () => {
    const wanted = words.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const card of cards) {
      const text = card.textContent.toLowerCase();
      const fits = wanted.every((word) => text.includes(word))
        && (!severity.value || card.dataset.severity === severity.value)
        && (!detector.value || card.dataset.detector === detector.value);
      card.hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown} of ${cards.length} shown`;
  };
  if (words) {
    for (const field of [words, severity, detector]) field.addEventListener("input", filter);
    filter();
  }

  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.classList.contains("finding")) {
      target.hidden = false;
      const details = target.querySelector("details.evidence");
      if (details) details.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  reveal();
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details.evidence").forEach((details) => { details.open = true; });
    document.querySelectorAll(".chart").forEach(draw);
  });

  for (const time of document.querySelectorAll("time")) {
    time.title = new Date(time.dateTime).toLocaleString(undefined, { timeZoneName: "short" });
  }
})();
