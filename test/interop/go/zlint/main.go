// Command zlint runs zlint's rules over the certificates and lists that Sanad makes.
//
// One argument: the folder with list.tsv. Lines: "lint", artefact, rule, status; then "ok", artefact, "linted".
package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
	"github.com/zmap/zlint/v3/lint"
)

func main() {
	folder := os.Args[1]
	file, err := os.Open(filepath.Join(folder, "list.tsv"))
	if err != nil {
		panic(err)
	}
	defer file.Close()
	rules := pkixRules()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		cells := strings.Split(lines.Text(), "\t")
		name, kind, profile := cells[0], cells[1], cells[2]
		// What others make in the field is read, not judged. docs/adr/0010: the former form cannot be read.
		if profile == "stand-in" || profile == "former" {
			continue
		}
		bytes, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			panic(err)
		}
		if kind == "certificate" {
			parsed, err := x509.ParseCertificate(bytes)
			report(name, err, func() *zlint.ResultSet { return zlint.LintCertificateEx(parsed, rules) })
		} else if kind == "list" {
			parsed, err := x509.ParseRevocationList(bytes)
			report(name, err, func() *zlint.ResultSet { return zlint.LintRevocationListEx(parsed, rules) })
		}
	}
}

// All rules; which of them do not fit a private PKI is for the list of exceptions to say.
func pkixRules() lint.Registry { return lint.GlobalRegistry() }

func report(name string, err error, judge func() *zlint.ResultSet) {
	if err != nil {
		fmt.Printf("fail\t%s\tlinted\t%s\n", name, err)
		return
	}
	results := judge().Results
	rules := make([]string, 0, len(results))
	for rule := range results {
		rules = append(rules, rule)
	}
	sort.Strings(rules)
	for _, rule := range rules {
		// Notices are advice and name no rule that is broken.
		if result := results[rule]; result.Status >= lint.Warn {
			fmt.Printf("lint\t%s\t%s\t%s\n", name, rule, strings.ReplaceAll(result.Status.String()+" "+result.Details, "\n", " "))
		}
	}
	fmt.Printf("ok\t%s\tlinted\n", name)
}
