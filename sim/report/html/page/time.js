// The time that the page shows: the trace's, from the run's start on, or the clock's.

const clockZero = Date.parse(report.simulated.start);

function setTime(which) {
  zero = which === 'clock' ? clockZero : 0;
  remember('time', which === 'clock' && 'clock');
  unzoom(); // it is in the other time
  charts.forEach(draw);
  retimed.forEach((again) => again());
}

if (remembers('time') === 'clock') zero = clockZero;

const timeSwitch = () => choice('Times', [
  ['trace', 'Trace time', 'Since the start of the run'], ['clock', 'Clock', 'Date and time of day, UTC'],
], zero === 0 ? 'trace' : 'clock', setTime);
