// Draws the charts from the data in the page. The page's policy lets no other script run.
(function () {
  "use strict";
  var charts = JSON.parse(document.getElementById("charts").textContent);
  var config = { displayModeBar: false, responsive: true, scrollZoom: false };
  Object.keys(charts).forEach(function (name) {
    var place = document.getElementById(name);
    if (place && charts[name]) {
      window.Plotly.newPlot(place, charts[name].data, charts[name].layout, config);
    }
  });
})();
