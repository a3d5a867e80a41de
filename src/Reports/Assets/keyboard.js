// Arrow keys move through the values of a figure; Enter keeps one, as a click does; Escape lets go.
const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0] };

function visibleCurve(view) {
  return view.plot._fullData.findIndex(trace => trace.visible === true && trace.hoverinfo !== 'skip' && (trace.z || trace.x));
}

function moved(view, [up, right]) {
  const trace = view.plot._fullData[view.curve];
  if (trace.z) {
    const rows = trace.z.length, columns = trace.z[0].length;
    const [row, column] = view.cursor ?? [rows - 1, -1];
    return [Math.min(Math.max(row + up, 0), rows - 1), Math.min(Math.max(column + right, 0), columns - 1)];
  }
  // Bars that lie have their first value at the bottom.
  const step = trace.orientation === 'h' ? up || right : right || up;
  const count = (trace.y ?? trace.x).length;
  return Math.min(Math.max((view.cursor ?? (step > 0 ? -1 : count)) + step, 0), count - 1);
}

function point(view) {
  const trace = view.plot._fullData[view.curve];
  const data = view.frame().data[view.curve];
  if (trace.z) {
    const [row, column] = view.cursor;
    return {
      x: data.x[column], y: data.y[row], z: data.z[row][column], pointNumber: view.cursor,
      text: data.text?.[row]?.[column], customdata: data.customdata?.[row]?.[column],
    };
  }
  return { x: data.x[view.cursor], y: data.y[view.cursor], text: data.text?.[view.cursor], customdata: data.customdata?.[view.cursor] };
}

function listenForKeys(view) {
  view.plot.addEventListener('keydown', event => {
    if (!view.drawn || event.target !== view.plot) {
      return;
    }
    if (steps[event.key]) {
      view.curve = visibleCurve(view);
      if (view.curve < 0) {
        return;
      }
      view.pinned = false;
      view.cursor = moved(view, steps[event.key]);
      Plotly.Fx.hover(view.plot, [{ curveNumber: view.curve, pointNumber: view.cursor }]);
      view.tell(point(view));
      event.preventDefault();
    } else if (event.key === 'Enter' && view.cursor !== undefined) {
      view.clicked(point(view));
    } else if (event.key === 'Escape') {
      view.pinned = false;
      view.readout.textContent = '';
      Plotly.Fx.unhover(view.plot);
    }
  });
  view.onChange(() => { view.cursor = undefined; });
}
