// One place of the page where one of several figures is shown.
const views = new Map();

// Long lists of numbers stand in the page as base64 of their bits; see shape, slowest index first. NaN is "none".
function decoded(value) {
  if (Array.isArray(value)) {
    return value.map(decoded);
  }
  if (value === null || typeof value !== 'object') {
    return value;
  }
  if (value.bdata === undefined) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, decoded(inner)]));
  }
  const bytes = Uint8Array.from(atob(value.bdata), c => c.charCodeAt(0));
  const numbers = value.dtype === 'f4' ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
  const flat = Array.from(numbers, x => Number.isNaN(x) ? null : x);
  return value.shape.split(',').map(Number).slice(1).reverse().reduce((list, length) => {
    const rows = [];
    for (let i = 0; i < list.length; i += length) {
      rows.push(list.slice(i, i + length));
    }
    return rows;
  }, flat);
}

// Labels are written for Plotly, which reads entities; elsewhere they are plain text.
function plain(label) {
  return String(label ?? '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function shown(value) {
  if (value === null || value === undefined || Number.isNaN(value)) {
    return '–';
  }
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : plain(value);
}

class View {
  constructor(figure, set) {
    this.figure = figure;
    this.id = figure.dataset.set;
    this.set = set;
    this.plot = figure.querySelector('.chart');
    this.readout = figure.querySelector('.readout');
    this.keys = Object.keys(set.frames).map(key => key === '' ? [] : key.split(',').map(Number));
    this.choice = this.keys[0];
    this.cache = new Map();
    // The room is there before the figure, so that links into the page lead where they say.
    this.plot.style.minHeight = `${set.frames[this.choice.join(',')].layout.height}px`;
    this.dim = false;
    this.threshold = null;
    this.pinned = false;
    this.drawn = false;
  }

  // A figure with its numbers decoded.
  frame(choice = this.choice) {
    const key = choice.join(',');
    if (!this.cache.has(key)) {
      this.cache.set(key, decoded(this.set.frames[key]));
    }
    return this.cache.get(key);
  }

  menu(name) {
    return this.set.menus.findIndex(m => m.name === name);
  }

  // Chooses in one menu; the others stay where a figure for them exists, else go to the nearest that has one.
  choose(menu, index) {
    const wanted = this.choice.with(menu, index);
    const score = key => key.reduce((sum, c, i) => sum + (c === wanted[i] ? 2 ** (i === menu ? 20 : key.length - i) : 0), 0);
    this.choice = this.keys.reduce((best, key) => score(key) > score(best) ? key : best);
    this.pinned = false;
    this.show();
    this.changed();
  }

  // Controls listen to it.
  changed() {
    this.listeners?.forEach(listener => listener());
  }

  onChange(listener) {
    (this.listeners ??= []).push(listener);
  }

  traces() {
    const t = theme();
    const room = paper ?? this.plot.clientWidth;
    return this.frame().data.map(trace => {
      if (trace.meta === 'veil') {
        return { ...trace, visible: this.dim, colorscale: stops([t.page, t.page]) };
      }
      if (trace.texttemplate && room / trace.x.length < 52) {
        return { ...trace, texttemplate: '' };
      }
      const line = trace.line && { ...trace.line, color: t.lines[trace.line.color] ?? trace.line.color };
      const visible = this.threshold === null || trace.meta?.flow === undefined || trace.meta.flow >= this.threshold;
      return line ? { ...trace, line, visible } : trace;
    });
  }

  show() {
    this.drawn = true;
    const width = paper ?? this.plot.clientWidth;
    if (width < 100) {
      // The window is on its way to another size.
      return;
    }
    if (this.width !== undefined && this.width !== width) {
      // plotly.js keeps room for a colour bar that stood elsewhere when the window was narrow.
      Plotly.purge(this.plot);
    }
    this.width = width;
    const fixed = width < 600 || matchMedia('(pointer: coarse)').matches;
    const layout = dressed(this.frame().layout, width, fixed);
    this.plot.style.minHeight = `${layout.height}px`;
    const first = !this.plot.classList.contains('js-plotly-plot');
    Plotly.react(this.plot, structuredClone(this.traces()), layout, {
      displaylogo: false,
      displayModeBar: 'hover',
      showTips: false,
      modeBarButtonsToRemove: ['select2d', 'lasso2d', 'autoScale2d', 'toggleSpikelines'],
      toImageButtonOptions: { filename: `interp-${this.id}`, scale: 2 },
    });
    if (first) {
      this.plot.on('plotly_hover', event => this.pinned || this.tell(event.points[0]));
      this.plot.on('plotly_click', event => this.clicked(event.points[0]));
    }
    this.pinned || (this.readout.textContent = '');
  }

  clicked(point) {
    this.pinned = true;
    this.tell(point);
    if (this.set.click) {
      const [id, name] = this.set.click;
      const target = views.get(id);
      const menu = target.menu(name);
      const index = target.set.menus[menu].choices.indexOf(plain(point.y) + plain(point.x));
      if (index >= 0 && target.keys.some(key => key[menu] === index)) {
        target.choose(menu, index);
        target.figure.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
      } else {
        this.readout.textContent += ' — its figure is not in this file';
      }
    }
  }

  // Says in words what is pointed at.
  tell(point) {
    const layout = this.frame().layout;
    const title = axis => plain(layout[axis].title.text);
    const names = layout.meta?.more ?? [];
    let text;
    if (point.z !== undefined) {
      text = `${title('yaxis')} ${plain(point.y)}, ${title('xaxis')} ${plain(point.x)}: ${shown(point.z)}`;
    } else if (point.text !== undefined) {
      text = plain(point.text);
    } else {
      text = `${plain(typeof point.y === 'string' ? point.y : point.x)}: ${shown(typeof point.y === 'string' ? point.x : point.y)}`;
    }
    if (typeof point.text === 'string' && point.z !== undefined) {
      text += ` · ${plain(point.text)}`;
    }
    const more = Array.isArray(point.customdata) ? point.customdata : [];
    const parts = names.map((name, i) => `${name} ${shown(more[i])}`).slice(0, more.length);
    this.readout.textContent = [text, ...parts, ...(this.pinned ? this.each(point) : [])].join(' · ');
  }

  // The same cell in every prompt that can be chosen.
  each(point) {
    const menu = this.menu('prompt');
    if (menu < 0 || point.z === undefined || !Array.isArray(point.pointNumber)) {
      return [];
    }
    const [row, column] = point.pointNumber;
    const others = this.keys.filter(key => key.every((c, i) => i === menu || c === this.choice[i]));
    return others.length < 2 ? [] : ['one by one: ' + others.map(key =>
      `${this.set.menus[menu].choices[key[menu]].split(':')[0]} = ${shown(this.frame(key).data[0].z[row]?.[column])}`).join(', ')];
  }
}
