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
  if (data.searches.some((search) => search.configurations.length)) {
    const searches = data.searches.map((search, i) => [String(i), search.label]);
    // "learning_rate" for "method.attempt.learning_rate" where no other key ends so.
    const shortNames = (keys) => {
      const ends = keys.map((key) => key.name.split('.').pop());
      return keys.map(
          (key, i) => (ends.indexOf(ends[i]) === ends.lastIndexOf(ends[i]) ? ends[i] : key.name));
    };
    plot('plot-history', {search: searches}, (chosen) => {
      const tried = data.searches[chosen.search].configurations;
      const seeds = tried.flatMap((each) => each.scores.map((score) => [each.number, score]));
      let best = -Infinity;
      return {
        traces: [
          {
            x: seeds.map((pair) => pair[0]),
            y: seeds.map((pair) => pair[1]),
            name: 'a seed',
            mode: 'markers',
            marker: {size: 6, opacity: 0.5, color: palette[7]}
          },
          {
            x: tried.map((each) => each.number),
            y: tried.map((each) => each.mean),
            name: 'mean',
            mode: 'markers',
            marker: {size: 9, color: palette[0]}
          },
          {
            x: tried.map((each) => each.number),
            y: tried.map((each) => (best = Math.max(best, each.mean))),
            name: 'best so far',
            mode: 'lines',
            line: {shape: 'hv', color: palette[1]}
          },
        ],
        layout: {
          xaxis: {title: {text: 'configuration'}},
          yaxis: {title: {text: 'validation score, %'}}
        },
      };
    });
    // Lines rather than Plotly's own parallel coordinates, which need WebGL.
    plot('plot-parallel', {search: searches}, (chosen) => {
      const {keys, configurations} = data.searches[chosen.search];
      const means = configurations.map((each) => each.mean);
      const low = Math.min(...means), high = Math.max(...means);
      const axes = [...shortNames(keys), 'score'];
      const notSet = -0.12;
      const order = [...configurations].sort((a, b) => a.mean - b.mean);
      const quarters = ['lowest quarter', 'third quarter', 'second quarter', 'best quarter'];
      const colours = ['#b8bec7', '#e6a04b', '#4a90c9', '#c2185b'];
      const traces = quarters.map((name, quarter) => {
        const lines = order.filter((_, i) => Math.floor((4 * i) / order.length) === quarter);
        const line = (each) =>
            [...each.places.map((place) => place ?? notSet),
             high > low ? (each.mean - low) / (high - low) : 0.5];
        const text = (each) =>
            keys.map((key, i) => `${plain(key.name)} = ${plain(each.texts[i] || 'not set')}`)
                .join('<br>') +
            `<br>configuration ${each.number}: ${each.mean.toFixed(2)}`;
        return {
          x: lines.flatMap(() => [...axes.map((_, i) => i), null]),
          y: lines.flatMap((each) => [...line(each), null]),
          text: lines.flatMap((each) => [...axes.map(() => text(each)), null]),
          hoverinfo: 'text',
          name,
          mode: 'lines+markers',
          marker: {size: 5},
          line: {color: colours[quarter], width: quarter === 3 ? 2.5 : 1.2},
        };
      });
      const ticks = [...keys.map((key) => key.ticks), [low.toFixed(1), high.toFixed(1)]];
      const annotations = ticks.flatMap(
          (texts, axis) => texts.map((text, i) => ({
                                       x: axis,
                                       y: texts.length > 1 ? i / (texts.length - 1) : 0.5,
                                       text: plain(text),
                                       showarrow: false,
                                       xanchor: 'left',
                                       xshift: 6,
                                     })));
      if (configurations.some((each) => each.places.includes(null))) {
        annotations.push(
            {x: 0, y: notSet, text: 'not set', showarrow: false, xanchor: 'right', xshift: -6});
      }
      return {
        traces: traces.filter((trace) => trace.x.length),
        layout: {
          annotations,
          xaxis: {
            tickvals: axes.map((_, i) => i),
            ticktext: axes.map(plain),
            side: 'top',
            range: [-0.4, axes.length - 0.4]
          },
          yaxis: {visible: false, range: [-0.2, 1.1]},
        },
      };
    });
    plot('plot-importance', {search: searches}, (chosen) => {
      const {keys, optuna} = data.searches[chosen.search];
      const names = shortNames(keys).map(plain);
      const bars = (name, values) =>
          ({type: 'bar', orientation: 'h', y: names, x: values, name: plain(name)});
      const traces =
          [bars('rank correlation, without its sign', keys.map((key) => Math.abs(key.rank)))];
      if (optuna) traces.push(bars(optuna, keys.map((key) => key.optuna ?? null)));
      return {
        traces,
        layout: {
          height: 200 + 50 * keys.length,
          showlegend: true,
          xaxis: {title: {text: 'importance'}, range: [0, 1]},
          yaxis: {type: 'category', autorange: 'reversed'}
        },
      };
    });
  }
  window.matchMedia('(prefers-color-scheme: dark)')
      .addEventListener('change', () => drawn.forEach((update) => update()));
  document.documentElement.dataset.plots = String(drawn.length);
})();
