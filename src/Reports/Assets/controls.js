// Menus, sliders and switches over a figure.
function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function offered(view, menu) {
  return [...new Set(view.keys.map(key => key[menu]))].sort((a, b) => a - b);
}

function menuControl(view, index) {
  const menu = view.set.menus[index];
  const choices = offered(view, index);
  if (choices.length < 2) {
    return null;
  }
  return menu.slider && choices.length > 3 ? sliderControl(view, index, choices) : selectControl(view, index, choices);
}

function selectControl(view, index, choices) {
  const menu = view.set.menus[index];
  const select = element('select', { name: menu.name });
  select.append(...choices.map(c => element('option', { value: c, textContent: menu.choices[c] })));
  select.addEventListener('change', () => view.choose(index, Number(select.value)));
  const update = () => { select.value = view.choice[index]; };
  view.onChange(update);
  update();
  return element('label', {}, menu.label, select);
}

function sliderControl(view, index, choices) {
  const menu = view.set.menus[index];
  const range = element('input', { type: 'range', name: menu.name, min: 0, max: choices.length - 1, step: 1 });
  const output = element('output', {});
  range.addEventListener('input', () => view.choose(index, choices[Number(range.value)]));
  const update = () => {
    range.value = choices.indexOf(view.choice[index]);
    output.textContent = menu.choices[view.choice[index]];
    range.setAttribute('aria-valuetext', output.textContent);
  };
  view.onChange(update);
  update();
  return element('label', { className: 'wide' }, menu.label, range, output);
}

// A switch over the cells that are not told from no effect.
function dimControl(view) {
  const any = Object.values(view.set.frames).some(f => f.data.some(trace => trace.meta === 'veil'));
  if (!any) {
    return null;
  }
  const box = element('input', { type: 'checkbox', name: 'dim' });
  box.addEventListener('change', () => { view.dim = box.checked; view.show(); });
  const update = () => { box.disabled = !view.frame().data.some(trace => trace.meta === 'veil'); };
  view.onChange(update);
  update();
  return element('label', {}, box, 'dim cells with q > 0.05');
}

// A slider that hides thin edges. Traces have one width each, and carry the least flow that they stand for.
function thresholdControl(view) {
  const any = Object.values(view.set.frames).some(f => f.data.some(trace => trace.meta?.flow !== undefined));
  if (!any) {
    return null;
  }
  const range = element('input', { type: 'range', name: 'threshold', min: 0, step: 1 });
  const output = element('output', {});
  const steps = () => [...new Set(view.frame().data.map(trace => trace.meta?.flow).filter(flow => flow !== undefined))].sort((a, b) => a - b);
  let part = 0.25;
  const apply = () => {
    const all = steps();
    range.max = Math.max(0, all.length - 1);
    range.value = Math.round(part * (all.length - 1));
    view.threshold = all[Number(range.value)] ?? 0;
    output.textContent = `from ${Number((view.threshold).toPrecision(2))}`;
    range.setAttribute('aria-valuetext', output.textContent);
  };
  range.addEventListener('input', () => {
    part = steps().length > 1 ? Number(range.value) / (steps().length - 1) : 0;
    apply();
    view.show();
  });
  view.onChange(() => { apply(); view.show(); });
  apply();
  return element('label', { className: 'wide' }, 'edges', range, output);
}

function buildControls(view) {
  const made = [...view.set.menus.keys()].map(i => menuControl(view, i));
  view.figure.querySelector('.controls').append(...[...made, dimControl(view), thresholdControl(view)].filter(control => control));
}
