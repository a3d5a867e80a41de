// Figures are drawn when they come near the window, so that a page of many opens at once.
const started = performance.now();
const sets = JSON.parse(document.getElementById('figures').textContent);
const near = new IntersectionObserver(entries => {
  for (const entry of entries) {
    if (entry.isIntersecting) {
      near.unobserve(entry.target);
      views.get(entry.target.dataset.set).show();
    }
  }
}, { rootMargin: '400px' });

function redraw() {
  for (const view of views.values()) {
    view.onTheme?.();
    view.listeners && view.set.gallery && view.changed();
    view.drawn && view.show();
  }
}

for (const figure of document.querySelectorAll('figure[data-set]')) {
  const view = new View(figure, sets[figure.dataset.set]);
  views.set(view.id, view);
  buildControls(view);
  buildGallery(view);
  buildTokens(view);
  listenForKeys(view);
  near.observe(figure);
}

document.getElementById('theme').addEventListener('click', () => {
  chosen = theme() === themes.dark ? 'light' : 'dark';
  document.documentElement.dataset.theme = chosen;
  redraw();
});
system.addEventListener('change', () => chosen ?? redraw());

let width = innerWidth;
addEventListener('resize', () => {
  if (innerWidth !== width) {
    width = innerWidth;
    redraw();
  }
});

// On paper everything is there, and light.
let before = null;
addEventListener('beforeprint', () => {
  before = chosen;
  chosen = 'light';
  paper = 690;
  document.documentElement.dataset.theme = 'light';
  for (const view of views.values()) {
    view.show();
  }
  document.querySelectorAll('details').forEach(details => { details.open = true; });
});
addEventListener('afterprint', () => {
  chosen = before;
  paper = null;
  if (chosen) {
    document.documentElement.dataset.theme = chosen;
  } else {
    delete document.documentElement.dataset.theme;
  }
  redraw();
});

document.documentElement.dataset.startedIn = Math.round(performance.now() - started);
