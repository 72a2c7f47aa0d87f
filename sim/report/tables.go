package report

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// ReadTable calls do for each row of a table of a finished run, such as pods.csv.
// do asks for cells by column, which must be one of those named. A table without
// one of them is an error; one that is not there satisfies fs.ErrNotExist.
func ReadTable(path string, columns []string, do func(cell func(column string) string) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	rows := csv.NewReader(f)
	rows.ReuseRecord = true
	head, err := rows.Read()
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	at := map[string]int{}
	for _, column := range columns {
		if at[column] = slices.Index(head, column); at[column] < 0 {
			return fmt.Errorf("read %s: it has no column %s", path, column)
		}
	}
	var row []string
	cell := func(column string) string { return row[at[column]] }
	for {
		row, err = rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = do(cell)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
	}
}

// ReadLines calls do for each line of a file of JSON objects of a finished run, such as
// decisions.jsonl. One that is not there satisfies fs.ErrNotExist.
func ReadLines[T any](path string, do func(*T)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	d := json.NewDecoder(bufio.NewReaderSize(f, 1<<16))
	for {
		var line T
		err := d.Decode(&line)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		do(&line)
	}
}
