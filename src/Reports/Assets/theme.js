// Colours that depend on light and dark. Figures carry the light ones; what is drawn is a copy with the colours of the moment.
const themes = {
  light: {
    ink: '#1d2430', lines: {}, grid: '#e4e8ee', page: '#ffffff', hole: '#eef0f4', accent: '33, 113, 181',
    diverging: ['#2166ac', '#67a9cf', '#d1e5f0', '#f7f7f7', '#fddbc7', '#ef8a62', '#b2182b'],
    sequential: ['#fbfcfe', '#dbe9f6', '#a6cee4', '#5ba3cf', '#2171b5', '#08306b'],
  },
  dark: {
    ink: '#e2e7ef', lines: { '#0072b2': '#4fb0ee', '#a3acb9': '#6b7688' }, grid: '#343c4a', page: '#171b22', hole: '#10131a', accent: '122, 184, 240',
    diverging: ['#8cc4f7', '#4a90d0', '#2b4a6b', '#262b34', '#6b3c2b', '#cf6a45', '#f7b08c'],
    sequential: ['#1b2029', '#1f3a57', '#275f92', '#3d8ac6', '#7ab8f0', '#dceeff'],
  },
};
const system = matchMedia('(prefers-color-scheme: dark)');
let chosen = null;
// Width of figures on paper: A4 or Letter with margins. Null = they are on a screen.
let paper = null;

function theme() {
  return themes[chosen ?? (system.matches ? 'dark' : 'light')];
}

function stops(colours) {
  return colours.map((colour, i) => [i / (colours.length - 1), colour]);
}

// Axes and texts in the colours of the moment; colour bars above the figure where it is narrow.
function dressed(layout, width, fixed) {
  const t = theme();
  const narrow = width < 600;
  const copy = structuredClone(layout);
  copy.paper_bgcolor = 'rgba(0,0,0,0)';
  copy.plot_bgcolor = copy.coloraxis ? t.hole : 'rgba(0,0,0,0)';
  copy.font = { family: 'system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif', size: narrow ? 11 : 12, color: t.ink };
  copy.hoverlabel = { align: 'left', bgcolor: t.page, bordercolor: t.grid, font: { color: t.ink, size: 12 } };
  copy.width = Math.min(width, copy.meta?.maxWidth ?? width);
  copy.modebar = { bgcolor: 'rgba(0,0,0,0)', color: t.grid, activecolor: t.ink };
  for (const name of ['xaxis', 'yaxis']) {
    Object.assign(copy[name], { gridcolor: t.grid, linecolor: t.grid, zerolinecolor: t.ink, zerolinewidth: 1, tickcolor: t.grid });
    copy[name].fixedrange = fixed;
  }
  copy.dragmode = fixed ? false : 'zoom';
  for (const note of copy.annotations ?? []) {
    note.font = { color: t.ink, size: 11 };
  }
  if (copy.coloraxis) {
    copy.coloraxis.colorscale = stops(t[copy.meta.scale]);
    copy.coloraxis.colorbar.tickfont = { size: 10 };
    if (narrow) {
      Object.assign(copy.coloraxis.colorbar, { orientation: 'h', thickness: 8, len: 0.9, x: 0.5, y: 1.02, yanchor: 'bottom' });
      copy.coloraxis.colorbar.title.side = 'top';
      copy.height += 50;
    }
    copy.margin.r = narrow ? 8 : 90;
  }
  if (narrow) {
    Object.assign(copy.margin, { l: 40, b: 40 });
    // Slanted labels need the room; the figure's heading and the readout say what the columns are.
    copy.xaxis.title.text = copy.xaxis.type === 'category' || copy.xaxis.tickvals ? '' : copy.xaxis.title.text;
  }
  return copy;
}
