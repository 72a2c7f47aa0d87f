// Light and dark: as the system says, unless the reader says otherwise.

const systemDark = window.matchMedia('(prefers-color-scheme: dark)');
const redraws = [];

function remembered() {
  try {
    return localStorage.getItem('simk-theme');
  } catch {
    return null; // not allowed to remember
  }
}

let theme = new URLSearchParams(location.hash.slice(1)).get('theme') || remembered();
if (!['light', 'dark'].includes(theme)) theme = 'auto';

function showTheme() {
  root.dataset.theme = theme !== 'auto' ? theme : systemDark.matches ? 'dark' : 'light';
  redraws.forEach((draw) => draw());
}

function setTheme(next) {
  theme = next;
  try {
    localStorage.setItem('simk-theme', theme);
  } catch {
    // then it holds for this page
  }
  showTheme();
}

showTheme();
systemDark.addEventListener('change', showTheme);

const themeSwitch = () => choice('Colours', [
  ['auto', 'Auto', 'As the system says'], ['light', 'Light', 'Light colours'], ['dark', 'Dark', 'Dark colours'],
], theme, setTheme);

// color reads one of the style sheet's colours, as it is now.
const color = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();

// Colours of any number of things, told apart by colour-blind people, too.
const palette = (i) => color(`series-${i % 8}`);
