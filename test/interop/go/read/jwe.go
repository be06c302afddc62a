//go:build go1.20

package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
)

// openJwe decrypts a compact JWE of ECDH-ES (RFC 7518 §4.6, direct agreement) with A256GCM (§5.3).
func openJwe(text string, private *ecdh.PrivateKey) (string, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 5 || parts[1] != "" {
		return "", errors.New("not a compact JWE of direct agreement")
	}
	var bytes [5][]byte
	for index, part := range parts {
		decoded, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil {
			return "", err
		}
		bytes[index] = decoded
	}
	var header struct {
		Alg, Enc string
		Epk      struct{ X string }
	}
	if err := json.Unmarshal(bytes[0], &header); err != nil {
		return "", err
	}
	if header.Alg != "ECDH-ES" || header.Enc != "A256GCM" {
		return "", errors.New("another algorithm")
	}
	point, err := base64.RawURLEncoding.DecodeString(header.Epk.X)
	if err != nil {
		return "", err
	}
	public, err := ecdh.X25519().NewPublicKey(point)
	if err != nil {
		return "", err
	}
	shared, err := private.ECDH(public)
	if err != nil {
		return "", err
	}
	block, err := aes.NewCipher(deriveKey(shared, header.Enc))
	if err != nil {
		return "", err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return "", err
	}
	plain, err := gcm.Open(nil, bytes[2], append(bytes[3], bytes[4]...), []byte(parts[0]))
	return string(plain), err
}

// RFC 7518 §4.6.2: Concat KDF, one round, empty party infos, 256 bits.
func deriveKey(shared []byte, algorithm string) []byte {
	number := func(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
	digest := sha256.New()
	digest.Write(number(1))
	digest.Write(shared)
	digest.Write(number(len(algorithm)))
	digest.Write([]byte(algorithm))
	digest.Write(number(0))
	digest.Write(number(0))
	digest.Write(number(256))
	return digest.Sum(nil)
}

// The message of the vectors: JWE opened by hand from RFC 7518 §4.6, then its JWS.
func checkVectors(one artefact) error {
	var vectors struct {
		DevicePublicKey  string
		ServerPrivateKey struct{ D string }
		Accepted         struct{ Message string }
	}
	if err := json.Unmarshal(one.bytes, &vectors); err != nil {
		return err
	}
	secret, err := base64.RawURLEncoding.DecodeString(vectors.ServerPrivateKey.D)
	if err != nil {
		return err
	}
	private, err := ecdh.X25519().NewPrivateKey(secret)
	if err != nil {
		return err
	}
	jws, err := openJwe(vectors.Accepted.Message, private)
	if err != nil {
		return err
	}
	block, _ := pem.Decode([]byte(vectors.DevicePublicKey))
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return err
	}
	return verifyJws(jws, key)
}
