// select2 draws an empty choice as a text box without a name: it gets its label's.
"use strict";
(function ($) {
  function name(where) {
    $(where).find("select.admin-autocomplete").each(function () {
      var label = document.querySelector('label[for="' + this.id + '"]');
      var box = document.getElementById("select2-" + this.id + "-container");
      if (label && box) box.setAttribute("aria-label", label.textContent.trim());
    });
  }
  $(function () { name(document); });
  document.addEventListener("formset:added", function (event) { name(event.target); });
}(django.jQuery));
