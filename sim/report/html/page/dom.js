// Elements are made here alone. What is in the data enters a page as text, never
// as markup: it comes from a trace.

const data = JSON.parse(document.getElementById('data').textContent);
const root = document.documentElement;

// What goes wrong is noted where tests, and people with a broken page, find it.
const errors = [];
function complain(message) {
  errors.push(String(message));
  root.dataset.errors = errors.join('\n');
}
window.addEventListener('error', (e) => complain(e.message));
window.addEventListener('unhandledrejection', (e) => complain(e.reason));
document.addEventListener('securitypolicyviolation', (e) => complain(`blocked: ${e.violatedDirective}`));

// el makes an element. Attributes that are functions are listeners; children are
// elements, text, or nothing.
function el(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === 'function') e.addEventListener(name, value);
    else e.setAttribute(name, value === true ? '' : value);
  }
  put(e, children);
  return e;
}

function put(e, children) {
  for (const c of children.flat(Infinity)) {
    if (c !== undefined && c !== null && c !== false && c !== '') e.append(c);
  }
}

function section(id, title, note, ...children) {
  return el('section', { id, 'aria-labelledby': `${id}-title` },
    el('div', { class: 'section-head' }, el('h2', { id: `${id}-title` }, title), note && el('p', { class: 'note' }, note)), children);
}

// choice is a row of buttons of which one is pressed.
function choice(name, options, chosen, choose) {
  const buttons = options.map(([value, text, title]) => el('button', {
    type: 'button', title, 'aria-pressed': String(value === chosen), click: () => {
      buttons.forEach((b, i) => b.setAttribute('aria-pressed', String(options[i][0] === value)));
      choose(value);
    },
  }, text));
  return el('div', { class: 'choice', role: 'group', 'aria-label': name }, buttons);
}

// bars lists amounts with their shares of the largest one.
function bars(rows, kind) {
  const most = Math.max(...rows.map((r) => r.n), 1);
  return el('ul', { class: `bars ${kind}` }, rows.map((r) => {
    const track = el('span', { class: 'track', 'aria-hidden': 'true' }, el('span', { class: 'fill' }));
    track.firstChild.style.width = `${Math.max(100 * r.n / most, 1)}%`;
    const inside = [el('span', { class: 'n' }, number(r.n)), el('span', { class: 'what' }, r.what), track];
    return el('li', null, r.click ? el('button', { type: 'button', class: 'row', click: r.click, title: r.title }, inside) : el('div', { class: 'row' }, inside));
  }));
}
