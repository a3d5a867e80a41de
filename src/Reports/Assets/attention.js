// Small pictures of all choices of a menu, and tokens as text with the weights of a row.
const pictures = new IntersectionObserver(entries => {
  for (const entry of entries) {
    if (entry.isIntersecting) {
      pictures.unobserve(entry.target);
      entry.target.draw();
    }
  }
}, { rootMargin: '200px' });

function colourAt(scale, share) {
  const at = Math.min(Math.max(share, 0), 1) * (scale.length - 1);
  const low = Math.min(Math.floor(at), scale.length - 2);
  const channel = (hex, i) => parseInt(hex.slice(1 + 2 * i, 3 + 2 * i), 16);
  return [0, 1, 2].map(i => Math.round(channel(scale[low], i) + (at - low) * (channel(scale[low + 1], i) - channel(scale[low], i))));
}

// A map in few cells; each shows the largest of those that it stands for.
function pooled(z, most) {
  const fit = length => Math.min(length, most);
  const rows = fit(z.length), columns = fit(z[0].length);
  const small = Array.from({ length: rows }, () => new Array(columns).fill(0));
  z.forEach((row, y) => row.forEach((value, x) => {
    const target = small[Math.floor(y * rows / z.length)], at = Math.floor(x * columns / row.length);
    target[at] = Math.max(target[at], value ?? 0);
  }));
  return small;
}

function drawPicture(canvas, map) {
  const z = pooled(map, 64);
  const rows = z.length, columns = z[0].length;
  Object.assign(canvas, { width: columns, height: rows });
  const context = canvas.getContext('2d');
  const image = context.createImageData(columns, rows);
  const most = Math.max(...z.map(row => Math.max(...row.map(v => v ?? 0)))) || 1;
  const scale = theme().sequential;
  const colours = Array.from({ length: 256 }, (_, i) => [...colourAt(scale, i / 255), 255]);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      // Row 0 is at the bottom, as in the figure.
      image.data.set(colours[Math.round(255 * (z[rows - 1 - y][x] ?? 0) / most)], 4 * (y * columns + x));
    }
  }
  context.putImageData(image, 0, 0);
}

function buildGallery(view) {
  const menu = view.menu(view.set.gallery);
  if (menu < 0) {
    return;
  }
  const gallery = view.figure.querySelector('.gallery');
  const names = view.set.menus[menu].choices;
  gallery.hidden = false;
  let shownFor = '';
  const update = () => {
    const rest = view.choice.with(menu, -1).join(',');
    if (rest !== shownFor) {
      shownFor = rest;
      const choices = view.keys.filter(key => key.every((c, i) => i === menu || c === view.choice[i])).map(key => key[menu]).sort((a, b) => a - b);
      gallery.replaceChildren(...choices.map(choice => {
        const canvas = element('canvas', {});
        const button = element('button', { type: 'button', title: names[choice] }, canvas, element('span', { textContent: names[choice] }));
        button.dataset.choice = choice;
        button.draw = () => drawPicture(canvas, view.frame(view.choice.with(menu, choice)).data[0].z);
        button.addEventListener('click', () => view.choose(menu, choice));
        pictures.observe(button);
        return button;
      }));
    }
    for (const button of gallery.children) {
      button.setAttribute('aria-pressed', String(Number(button.dataset.choice) === view.choice[menu]));
    }
  };
  view.onChange(update);
  view.onTheme = () => { shownFor = ''; update(); };
  update();
}

function buildTokens(view) {
  if (Object.keys(view.set.tokens).length === 0) {
    return;
  }
  const place = view.figure.querySelector('.tokens');
  place.hidden = false;
  const prompt = view.menu('prompt');
  let read = -1;
  let forward = false;
  const direction = element('select', { name: 'direction' },
    element('option', { value: 'from', textContent: 'what the token under the pointer takes from each' }),
    element('option', { value: 'to', textContent: 'what each takes from the token under the pointer' }));
  const line = element('p', { className: 'text' });
  const colour = () => {
    const { z, x, y } = view.frame().data[0];
    const row = i => z[y.indexOf(x[i])];
    const weights = x.map((_, i) => (forward ? row(i)?.[read] : row(read)?.[i]) ?? 0);
    const most = Math.max(...weights) || 1;
    [...line.children].forEach((token, i) => {
      token.style.backgroundColor = `rgba(${theme().accent}, ${(0.75 * weights[i] / most).toFixed(3)})`;
      token.title = `${i}: ${shown(weights[i])}`;
      token.classList.toggle('read', i === read);
    });
  };
  const update = () => {
    const tokens = view.set.tokens[view.set.menus[prompt].choices[view.choice[prompt]]] ?? [];
    read = read < 0 || read >= tokens.length ? tokens.length - 1 : read;
    line.replaceChildren(...tokens.map((text, i) => {
      const token = element('span', { textContent: text, tabIndex: 0 });
      const look = () => { read = i; colour(); };
      token.addEventListener('pointerenter', look);
      token.addEventListener('focus', look);
      token.addEventListener('click', look);
      return token;
    }));
    colour();
  };
  direction.addEventListener('change', () => { forward = direction.value === 'to'; colour(); });
  place.append(element('label', {}, 'shade:', direction), line);
  view.onChange(update);
  update();
}
