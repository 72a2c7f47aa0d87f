// Package limits finds out how much memory, disk and what else the system gives this
// process, and sees to it that whoever gets too little is told so in a sentence.
package limits
