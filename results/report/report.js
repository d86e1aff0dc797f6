// Draws the plots of the page with Plotly, which stands in an element before this one. Without it,
// or without scripts at all, the tables say the same.
(() => {
  'use strict';
  if (!window.Plotly) return;
  const data = JSON.parse(document.getElementById('plot-data').textContent);
  const unique = (list) => [...new Set(list)];
  // Plotly reads a little HTML in texts: names are shown as they are.
  const plain = (text) =>
      String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  const palette =
      ['#1f77b4', '#d95f02', '#2ca02c', '#c2185b', '#7b5bb5', '#8c6d31', '#00838f', '#6d6d6d'];
  const shapes = ['circle', 'square', 'diamond', 'cross', 'x', 'triangle-up', 'star'];
  const colour = (i) => palette[i % palette.length];

  const layout = (more) => {
    const style = getComputedStyle(document.documentElement);
    const axis = {gridcolor: style.getPropertyValue('--line'), zeroline: false, automargin: true};
    return {
      paper_bgcolor: 'rgba(0,0,0,0)',
      plot_bgcolor: 'rgba(0,0,0,0)',
      font: {color: style.getPropertyValue('--ink')},
      margin: {t: 20},
      ...more,
      xaxis: {...axis, ...more.xaxis},
      yaxis: {...axis, ...more.yaxis},
    };
  };

  // A plot with its choices: select elements whose values `draw` gets, by name.
  const drawn = [];
  const plot = (id, choices, draw) => {
    const place = document.getElementById(id);
    if (!place) return;
    const bar = document.createElement('div');
    bar.className = 'choices';
    const selects = {};
    const update = () => {
      const values =
          Object.fromEntries(Object.entries(selects).map(([name, select]) => [name, select.value]));
      const {traces, layout: more} = draw(values);
      Plotly.react(place, traces, layout(more), {responsive: true, displaylogo: false});
    };
    for (const [name, options] of Object.entries(choices)) {
      const label = document.createElement('label');
      const select = document.createElement('select');
      label.append(name + ' ', select);
      for (const [value, text] of options) select.add(new Option(text, value));
      select.addEventListener('change', update);
      selects[name] = select;
      bar.append(label);
    }
    place.hidden = false;
    place.before(bar);
    update();
    drawn.push(update);
  };
  const columns = data.columns.map((name, i) => [String(i), name]);
  const runs = (column) => data.curves.filter((run) => String(run.column) === column);

  if (data.curves.length) {
    plot(
        'plot-curves',
        {task: columns, curve: [['selection', 'validation score'], ['loss', 'training loss']]},
        (chosen) => ({
          traces:
              runs(chosen.task)
                  .map((run) => ({
                         x: chosen.curve === 'loss' ? run.loss_step : run.step,
                         y: run[chosen.curve],
                         mode: 'lines',
                         name: plain(`${data.rows[run.row]}, seed ${run.seed}`),
                         legendgroup: String(run.row),
                         line: {
                           color: colour(run.row),
                           dash: ['solid', 'dot', 'dash'][Math.floor(run.row / palette.length) % 3],
                           width: 1.5
                         },
                       })),
          layout: {
            xaxis: {title: {text: 'step'}},
            yaxis: {title: {text: chosen.curve === 'loss' ? 'loss, nats' : 'validation score, %'}}
          },
        }));
    plot(
        'plot-seeds', {task: columns},
        (chosen) => ({
          traces: [{
            x: runs(chosen.task).map((run) => run.score),
            y: runs(chosen.task).map((run) => plain(data.rows[run.row])),
            text: runs(chosen.task).map((run) => `seed ${run.seed}`),
            mode: 'markers',
            marker: {size: 9, opacity: 0.7},
          }],
          layout: {
            xaxis: {title: {text: 'test score, %'}},
            height: 120 + 24 * unique(runs(chosen.task).map((run) => run.row)).length
          },
        }));
  }
  if (data.cost.length) {
    const names = {
      parameters: 'trained parameters',
      hours: 'device hours',
      hours_with_sources: 'device hours with phase 1'
    };
    plot('plot-cost', {task: columns, against: Object.entries(names)}, (chosen) => {
      const points = data.cost.filter((point) => point.column === data.columns[chosen.task]);
      return {
        traces: points.map((point, i) => ({
                             x: [point[chosen.against]],
                             y: [point.score],
                             name: plain(point.label),
                             mode: 'markers',
                             marker: {
                               size: 11,
                               color: colour(i),
                               symbol: shapes[Math.floor(i / palette.length) % shapes.length]
                             },
                           })),
        layout: {
          xaxis: {title: {text: names[chosen.against]}, type: 'log'},
          yaxis: {title: {text: 'test score, %'}}
        },
      };
    });
  }
  const heat = (x, y, z, low, high) => ({
    traces: [{
      type: 'heatmap',
      x: x.map(plain),
      y: y.map(plain),
      z,
      zmin: low,
      zmax: high,
      colorscale: 'Viridis',
      texttemplate: '%{z:.2f}'
    }],
    layout: {
      height: 180 + 32 * y.length,
      xaxis: {type: 'category'},
      yaxis: {type: 'category', autorange: 'reversed'}
    },
  });
  if (data.attention.length) {
    const keys = unique(data.attention.map((row) => JSON.stringify([row.label, row.seed])));
    plot(
        'plot-attention',
        {method: keys.map((key) => [key, `${JSON.parse(key)[0]}, seed ${JSON.parse(key)[1]}`])},
        (chosen) => {
          const [label, seed] = JSON.parse(chosen.method);
          const rows = data.attention.filter((row) => row.label === label && row.seed === seed);
          const names = unique(rows.flatMap((row) => row.names));
          return heat(
              names, rows.map((row) => row.task),
              rows.map(
                  (row) => names.map(
                      (name) => (
                          row.names.includes(name) ? row.weights[row.names.indexOf(name)] : null))),
              0, undefined);
        });
  }
  if (data.similarity.length) {
    const groups = data.similarity.map((each, i) => [String(i), each.group]);
    plot('plot-similarity', groups.length > 1 ? {prompts: groups} : {}, (chosen) => {
      const {sources, targets, cosine} = data.similarity[Number(chosen.prompts || 0)];
      return heat(sources, targets, cosine, -1, 1);
    });
  }
  window.matchMedia('(prefers-color-scheme: dark)')
      .addEventListener('change', () => drawn.forEach((update) => update()));
  document.documentElement.dataset.plots = String(drawn.length);
})();
