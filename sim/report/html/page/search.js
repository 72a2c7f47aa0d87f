// Tables that can be searched and sorted.

const few = 8; // rows that need no search

// What to do when the reader chooses another time.
const retimed = [];

// searchable makes a table. columns: {title, value, show, num, wide}; value sorts
// and is searched, show is what is seen. It has a method set(rows).
function searchable({ columns, rows, label: name, sortBy = -1, descending = true, empty, query = '', changed, page = 20, always = false }) {
  let shown = page;
  let found = [];
  const input = el('input', { type: 'search', placeholder: 'Search, all words must occur', 'aria-label': `Search ${name}`, spellcheck: 'false', autocomplete: 'off', value: query });
  const count = el('output', { class: 'count', 'aria-live': 'polite' });
  const heads = columns.map((c, i) => el('th', { scope: 'col', class: c.num ? 'num' : null },
    el('button', { type: 'button', click: () => sort(i) }, c.title)));
  const body = el('tbody');
  const more = el('button', { type: 'button', class: 'more', click: () => { shown += 500; render(); } });

  const text = (c, row) => String((c.show ? flat(c.show(row)) : c.value(row)) ?? '');
  const flat = (v) => (v instanceof Node ? v.textContent : v);

  function sort(i) {
    descending = sortBy === i ? !descending : Boolean(columns[i].num);
    sortBy = i;
    update();
  }

  function update() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = rows.filter((row) => {
      row.haystack ??= columns.map((c) => `${text(c, row)} ${c.more ? c.more(row) : ''}`).join(' ').toLowerCase();
      return words.every((w) => row.haystack.includes(w));
    });
    if (sortBy >= 0) {
      const value = columns[sortBy].value;
      found = found.map((row, i) => [row, i]).sort(([a, i], [b, j]) => {
        const [x, y] = [value(a), value(b)];
        const order = x < y ? -1 : x > y ? 1 : 0;
        return (descending ? -order : order) || i - j;
      }).map(([row]) => row);
    }
    heads.forEach((h, i) => {
      if (i === sortBy) h.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      else h.removeAttribute('aria-sort');
    });
    shown = page;
    render();
  }

  function render() {
    body.replaceChildren(...found.slice(0, shown).map((row) => el('tr', null, columns.map((c) => el('td', { class: [c.num && 'num', c.wide && 'wide'].filter(Boolean).join(' ') || null }, c.show ? c.show(row) : c.value(row))))));
    if (found.length === 0) body.append(el('tr', null, el('td', { class: 'empty', colspan: columns.length }, rows.length === 0 ? empty : 'Nothing has all these words.')));
    count.textContent = found.length === rows.length ? number(rows.length) : `${number(found.length)} of ${number(rows.length)}`;
    more.hidden = found.length <= shown;
    more.textContent = `Show more: ${number(found.length - shown)} are left`;
  }

  input.addEventListener('input', () => {
    update();
    if (changed) changed(input.value);
  });
  input.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape') return;
    search('');
    input.blur();
  });

  function search(words) {
    input.value = words;
    update();
    if (changed) changed(words);
  }

  function set(next, by) {
    rows = next;
    [sortBy, descending] = by || [sortBy, descending];
    update();
  }

  retimed.push(() => {
    rows.forEach((row) => { delete row.haystack; });
    render();
  });
  update();
  const box = el('div', { class: 'searchable' },
    el('div', { class: 'search', hidden: rows.length <= few && !always }, input, count),
    el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': name }, el('table', null, el('thead', null, el('tr', null, heads)), body)), more);
  return { box, input, set, search };
}

// The page's address remembers where the reader is, so that it can be passed on.
function remember(name, value) {
  const hash = new URLSearchParams(location.hash.slice(1));
  if (value) hash.set(name, value);
  else hash.delete(name);
  history.replaceState(null, '', `#${hash}`);
}

const remembers = (name) => new URLSearchParams(location.hash.slice(1)).get(name) || '';
