package report

import "strings"

var cellEscaper = strings.NewReplacer("|", "&#124;", "<", "&lt;", ">", "&gt;", "&", "&amp;",
	"`", "&#96;", "*", "&#42;", "_", "&#95;", "~", "&#126;", "\n", " ")

// MarkdownCell keeps text from ending its cell in a markdown table, and what is in
// it, such as names from a trace, from being markup.
func MarkdownCell(s string) string { return cellEscaper.Replace(s) }
