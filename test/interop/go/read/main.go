// Command read reads what Sanad makes with Go's crypto/x509, and checks its signatures and paths.
//
// One argument: the folder with list.tsv. One line for each check: "ok" or "fail", artefact, check, detail.
package main

import (
	"bufio"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

type artefact struct {
	name, kind, profile, signer string
	path                        []string
	bytes                       []byte
}

var shelf = map[string]artefact{}

func main() {
	folder := os.Args[1]
	order := readList(folder)
	for _, name := range order {
		one := shelf[name]
		// docs/adr/0010: what Go cannot read, and why it is still made.
		if one.profile == "former" || shelf[one.signer].profile == "former" {
			continue
		}
		report(one, check(one))
	}
}

func readList(folder string) []string {
	file, err := os.Open(filepath.Join(folder, "list.tsv"))
	if err != nil {
		panic(err)
	}
	defer file.Close()
	var order []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		cells := strings.Split(lines.Text(), "\t")
		bytes, err := os.ReadFile(filepath.Join(folder, cells[0]))
		if err != nil {
			panic(err)
		}
		one := artefact{name: cells[0], kind: cells[1], profile: cells[2], signer: cells[3], bytes: bytes}
		if cells[4] != "-" {
			one.path = strings.Split(cells[4], ",")
		}
		shelf[one.name] = one
		order = append(order, one.name)
	}
	return order
}

func report(one artefact, err error) {
	var skipped skip
	switch {
	case errors.Is(err, errNotOurs):
	case errors.As(err, &skipped):
		fmt.Printf("skip\t%s\tread\t%s\n", one.name, skipped)
	case err == nil:
		fmt.Printf("ok\t%s\tread\n", one.name)
	default:
		fmt.Printf("fail\t%s\tread\t%s\n", one.name, strings.ReplaceAll(err.Error(), "\n", " "))
	}
}

// A kind that Go's standard library has no reader for.
var errNotOurs = errors.New("no reader")

// Why something is not read here.
type skip string

func (s skip) Error() string { return string(s) }

func check(one artefact) error {
	switch one.kind {
	case "certificate":
		return checkCertificate(one)
	case "request":
		return checkRequest(one)
	case "list":
		return checkList(one)
	case "jws":
		return checkJws(one)
	case "pem":
		return checkPem(one)
	case "json":
		var entry map[string]any
		return json.Unmarshal(one.bytes, &entry)
	case "vectors":
		return checkVectors(one)
	}
	return errNotOurs
}

func certificate(name string) (*x509.Certificate, error) {
	return x509.ParseCertificate(shelf[name].bytes)
}

func checkCertificate(one artefact) error {
	leaf, err := certificate(one.name)
	if err != nil {
		return err
	}
	if len(leaf.UnhandledCriticalExtensions) > 0 {
		return fmt.Errorf("critical extensions not handled: %v", leaf.UnhandledCriticalExtensions)
	}
	if one.path == nil {
		return leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature)
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for index, name := range one.path {
		issuer, err := certificate(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if index == len(one.path)-1 {
			roots.AddCert(issuer)
		} else {
			between.AddCert(issuer)
		}
	}
	usage := x509.ExtKeyUsageAny
	if one.profile == "tls" {
		usage = x509.ExtKeyUsageServerAuth
	}
	options := x509.VerifyOptions{
		Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{usage}, CurrentTime: time.Now().Add(time.Minute),
	}
	if one.profile == "tls" {
		options.DNSName = "management.example.org"
	}
	_, err = leaf.Verify(options)
	return err
}

func checkRequest(one artefact) error {
	request, err := x509.ParseCertificateRequest(one.bytes)
	if err != nil {
		return err
	}
	return request.CheckSignature()
}

// With the usage cRLSign, which the certificate of the country's own CA has (docs/revocation.md).
func checkList(one artefact) error {
	list, err := x509.ParseRevocationList(one.bytes)
	if err != nil {
		return err
	}
	issuer, err := certificate(one.signer)
	if err != nil {
		return err
	}
	if string(list.RawIssuer) != string(issuer.RawSubject) {
		return errors.New("another issuer")
	}
	if !list.NextUpdate.After(list.ThisUpdate) || list.Number == nil {
		return errors.New("no next update or no number")
	}
	return list.CheckSignatureFrom(issuer)
}

func checkJws(one artefact) error {
	signer, err := certificate(one.signer)
	if err != nil {
		return err
	}
	return verifyJws(string(one.bytes), signer.PublicKey)
}

func verifyJws(text string, key crypto.PublicKey) error {
	parts := strings.Split(strings.TrimSpace(text), ".")
	if len(parts) != 3 {
		return errors.New("not a compact JWS")
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return err
	}
	for _, part := range parts[:2] {
		if err := decodeObject(part); err != nil {
			return err
		}
	}
	signed := []byte(parts[0] + "." + parts[1])
	switch key := key.(type) {
	case *rsa.PublicKey:
		digest := sha256.Sum256(signed)
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature)
	case ed25519.PublicKey:
		if !ed25519.Verify(key, signed, signature) {
			return errors.New("the signature does not verify")
		}
		return nil
	}
	return fmt.Errorf("a key of type %T", key)
}

func decodeObject(part string) error {
	bytes, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return err
	}
	var object map[string]any
	return json.Unmarshal(bytes, &object)
}

func checkPem(one artefact) error {
	first, rest := pem.Decode(one.bytes)
	if first == nil {
		return errors.New("no key")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(first.Bytes)
	if err != nil {
		return err
	}
	second, _ := pem.Decode(rest)
	if second == nil {
		return errors.New("no certificate")
	}
	leaf, err := x509.ParseCertificate(second.Bytes)
	if err != nil {
		return err
	}
	key, isRsa := parsed.(*rsa.PrivateKey)
	if !isRsa || !key.PublicKey.Equal(leaf.PublicKey) {
		return errors.New("the key is not that of the certificate")
	}
	return nil
}
