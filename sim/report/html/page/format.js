// How figures are written: always with a unit, durations with the two units that
// matter.

const thousands = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const threeDigits = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
const number = (n) => thousands.format(n);

function plural(n, what) {
  return `${number(n)} ${what}${n === 1 ? '' : 's'}`;
}

function percent(fraction) {
  return `${(100 * fraction).toFixed(1)} %`;
}

// duration writes seconds: 350ms, 1.5s, 3m12s, 3h12m, 2d3h.
function duration(seconds) {
  const ms = Math.round(seconds * 1000);
  const two = (large, largeName, small, smallName) => {
    const n = Math.round(ms / small);
    const per = large / small;
    const rest = n % per;
    return `${Math.floor(n / per)}${largeName}${rest ? `${rest}${smallName}` : ''}`;
  };
  if (ms < 1000) return ms === 0 && seconds > 0 ? '<1ms' : ms === 0 ? '0s' : `${ms}ms`;
  if (ms < 59950) return `${Math.round(ms / 100) / 10}s`;
  if (ms < 3599500) return two(60e3, 'm', 1e3, 's');
  if (ms < 48 * 3600e3 - 30e3) return two(3600e3, 'h', 60e3, 'm');
  return two(24 * 3600e3, 'd', 3600e3, 'h');
}

// offset writes an instant of the run exactly, as far as it is in milliseconds:
// 0, 1h, 2d3h30m, 4m0.5s.
function offset(seconds) {
  let ms = Math.round(seconds * 1000);
  if (ms === 0) return '0';
  let text = '';
  for (const [size, unit] of [[86400e3, 'd'], [3600e3, 'h'], [60e3, 'm']]) {
    const n = Math.floor(ms / size);
    if (n > 0) text += `${n}${unit}`;
    ms -= n * size;
  }
  return ms > 0 ? `${text}${ms / 1000}s` : text;
}

// utc writes the virtual instant that is seconds after the start.
function utc(start, seconds) {
  const text = new Date(Date.parse(start) + seconds * 1000).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)} UTC`;
}

function bytes(n) {
  for (const [size, unit] of [[2 ** 50, 'PiB'], [2 ** 40, 'TiB'], [2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB']]) {
    if (Math.abs(n) >= size) return `${threeDigits.format(n / size)} ${unit}`;
  }
  return `${number(n)} B`;
}

const isBytes = (resource) => resource === 'memory' || resource.endsWith('storage') || resource.startsWith('hugepages-');

// amount writes an amount of a resource as report.json has it.
function amount(resource, n) {
  if (isBytes(resource)) return bytes(n);
  if (resource === 'cpu') return `${n >= 100 ? number(n) : threeDigits.format(n)} ${n === 1 ? 'core' : 'cores'}`;
  return n >= 100 ? number(n) : threeDigits.format(n);
}

// tick writes an amount on an axis, where there is little room.
function tick(resource, n) {
  if (isBytes(resource)) return bytes(n);
  return compact(n);
}

function compact(n) {
  for (const [size, unit] of [[1e9, 'G'], [1e6, 'M'], [1e4, 'k']]) {
    if (Math.abs(n) >= size) return `${threeDigits.format(n / (unit === 'k' ? 1e3 : size))}${unit}`;
  }
  return threeDigits.format(n) === String(n) ? String(n) : new Intl.NumberFormat('en-US').format(n);
}

const sum = (list) => list.reduce((a, b) => a + b, 0);
const label = (resource) => ({ cpu: 'CPU', memory: 'Memory', pods: 'Pod slots' })[resource] || resource;
