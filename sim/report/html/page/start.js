// The last script: it draws the page. When all is there, the page says so.

try {
  show(() => {
    root.dataset.ready = String(Math.round(performance.now()));
  });
} catch (e) {
  complain(e.stack || e);
  document.getElementById('app').append(el('p', { class: 'noscript' }, `The page could not be drawn: ${e.message}`));
}
