"use strict";
// The page works without this script; it adds the chart, the filters and the reader's own zone.
(() => {
  const chart = document.getElementById("timeline");
  const figure = JSON.parse(document.getElementById("figure").textContent);

  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    return { ink: style.getPropertyValue("--ink").trim(), line: style.getPropertyValue("--line").trim() };
  };

  const themed = () => {
    const { ink, line } = colours();
    return {
      "font.color": ink, "xaxis.gridcolor": line, "yaxis.gridcolor": line, "xaxis.linecolor": line,
      "xaxis.zerolinecolor": line, "yaxis.zerolinecolor": line,
    };
  };

  if (chart && window.Plotly && figure.data.length) {
    Plotly.newPlot(chart, figure.data, figure.layout, {
      responsive: true, displaylogo: false, displayModeBar: innerWidth < 700 ? false : "hover",
      modeBarButtonsToRemove: ["select2d", "lasso2d"],
    })
      .then(() => {
        Plotly.relayout(chart, themed());
        chart.on("plotly_click", (event) => { location.hash = "finding-" + event.points[0].customdata; });
      });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => Plotly.relayout(chart, themed()));
  }

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
      const details = target.querySelector("details");
      if (details) details.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  reveal();
  addEventListener("beforeprint", () => document.querySelectorAll("details.evidence").forEach((d) => { d.open = true; }));

  for (const time of document.querySelectorAll("time")) {
    time.title = new Date(time.dateTime).toLocaleString(undefined, { timeZoneName: "short" });
  }
})();
