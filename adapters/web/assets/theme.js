// Before anything is drawn: the theme chosen last time, so that the page does not flash.
(function () {
  "use strict";
  try {
    var theme = localStorage.getItem("papercourier-theme");
    if (theme === "light" || theme === "dark") {
      document.documentElement.dataset.theme = theme;
    }
  } catch (error) {
    // Storage is forbidden here: the system's theme it is.
  }
})();
