// Package builder compiles a simk with more in it: parts, scheduler plugins, formats that are
// registered by packages of other modules. Nobody can guess the flags that simk is built with, so
// it calls the go command with them:
//
//	err := builder.Build(ctx, builder.Options{Output: "simk-acme", With: modules, Run: run})
//
// It makes a module of its own, whose main.go imports sim/cli and the given packages, with the
// versions and replacements of simk's own go.mod. Test runs a user's go test with the same flags.
package builder
